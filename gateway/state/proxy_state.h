// SPDX-License-Identifier: Apache-2.0
// What the proxy asks for, answered from the gateway's state: credentials for a Login, and whether
// an access key is good.
//
// Loop thread in front, storage thread behind. The store outlives both.
#pragma once

#include "gateway/state/state_store.h"
#include "vcenter-proxy/access_keys.h"
#include "vcenter-proxy/credential_vault.h"

namespace pcg::gateway {

class StoredCredentials final : public proxy::CredentialVault {
  public:
    explicit StoredCredentials(StateStore& state) : state_(state) {}

    net::Task<Result<proxy::Credential>> credentialFor(wire::EndpointId endpoint) override;

  private:
    StateStore& state_;
};

class StoredAccessKeys final : public proxy::AccessKeys {
  public:
    explicit StoredAccessKeys(StateStore& state) : state_(state) {}

    net::Task<Result<proxy::Principal>> verify(wire::EndpointId endpoint,
                                               wire::AccessKeyId key,
                                               Secret secret) override;

    net::Task<Result<proxy::Principal>> verifyBy(
        wire::EndpointId endpoint,
        wire::AccessKeyId key,
        std::shared_ptr<const proxy::Proof> proof) override;

  private:
    StateStore& state_;
};

}  // namespace pcg::gateway
