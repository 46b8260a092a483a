// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/access_keys.h"

#include "vcenter-proxy/errc.h"

namespace pcg::proxy {

net::Task<Result<Principal>> AccessKeys::verifyBy(wire::EndpointId,
                                                  wire::AccessKeyId,
                                                  std::shared_ptr<const Proof>) {
    co_return fail(errc::kInvalidLogin, "no secrets are kept here that could prove a signature");
}

}  // namespace pcg::proxy
