// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/proxy_state.h"

#include "common/wire/endpoint_form.h"
#include "gateway/state/access_keys.h"
#include "gateway/state/endpoints.h"
#include "vcenter-proxy/errc.h"

namespace pcg::gateway {
namespace {

Error wrongKey() {
    return {proxy::errc::kInvalidLogin,
            "The access key or its secret is wrong, or the key was revoked or has expired."};
}

}  // namespace

net::Task<Result<proxy::Credential>> StoredCredentials::credentialFor(wire::EndpointId endpoint) {
    auto work = [endpoint](Storage storage) { return endpointCredentials(storage, endpoint); };
    PCG_CO_TRY(auto stored, co_await state_.run(std::move(work)));
    PCG_CO_TRY(const auto address, wire::EndpointAddress::parse(stored.url));
    co_return proxy::Credential{
        std::move(stored.username), std::move(stored.password), address.authority()};
}

net::Task<Result<proxy::Principal>> StoredAccessKeys::verify(wire::EndpointId endpoint,
                                                             wire::AccessKeyId key,
                                                             Secret secret) {
    auto work = [endpoint, key, secret = std::move(secret)](Storage storage) {
        return verifyAccessKey(storage, endpoint, key, secret);
    };
    PCG_CO_TRY(auto principal, co_await state_.run(std::move(work)));
    if (!principal) co_return fail(wrongKey());
    co_return std::move(*principal);
}

net::Task<Result<proxy::Principal>> StoredAccessKeys::verifyBy(
    wire::EndpointId endpoint, wire::AccessKeyId key, std::shared_ptr<const proxy::Proof> proof) {
    auto work = [endpoint, key, proof = std::move(proof)](Storage storage) {
        return verifyAccessKeyBy(storage, endpoint, key, *proof);
    };
    PCG_CO_TRY(auto principal, co_await state_.run(std::move(work)));
    if (!principal) co_return fail(wrongKey());
    co_return std::move(*principal);
}

}  // namespace pcg::gateway
