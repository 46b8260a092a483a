// SPDX-License-Identifier: Apache-2.0
// Access keys as uploads use them: whoever ordered one proved once to know the key's secret, which
// is not kept; while the upload runs it logs in with a secret of that run instead, which never
// leaves the process. What the key may do is asked anew each time, so that a revoked one ends here,
// too.
//
// Loop thread; the keys behind it outlive it.
#pragma once

#include "gateway/state/state_store.h"
#include "vcenter-proxy/access_keys.h"

#include <list>

namespace pcg::gateway::upload {

class UploadKeys final : public proxy::AccessKeys {
  public:
    UploadKeys(proxy::AccessKeys& stored, StateStore& state, Random& random)
        : stored_(stored), state_(state), random_(random) {}

    // Good for this key at this endpoint, as long as it lives.
    class Grant {
      public:
        Grant(UploadKeys& keys, wire::EndpointId endpoint, wire::AccessKeyId key);
        ~Grant();
        Grant(const Grant&) = delete;
        Grant& operator=(const Grant&) = delete;

        Secret secret() const { return secret_.clone(); }

      private:
        friend class UploadKeys;

        UploadKeys& keys_;
        wire::EndpointId endpoint_;
        wire::AccessKeyId key_;
        Secret secret_;
    };

    net::Task<Result<proxy::Principal>> verify(wire::EndpointId endpoint,
                                               wire::AccessKeyId key,
                                               Secret secret) override;

    net::Task<Result<proxy::Principal>> verifyBy(
        wire::EndpointId endpoint,
        wire::AccessKeyId key,
        std::shared_ptr<const proxy::Proof> proof) override;

  private:
    net::Task<Result<proxy::Principal>> granted(wire::EndpointId endpoint, wire::AccessKeyId key);

    proxy::AccessKeys& stored_;
    StateStore& state_;
    Random& random_;
    std::list<const Grant*> grants_;  // as many as uploads run
};

}  // namespace pcg::gateway::upload
