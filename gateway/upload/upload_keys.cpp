// SPDX-License-Identifier: Apache-2.0
#include "gateway/upload/upload_keys.h"

#include "gateway/state/access_keys.h"
#include "vcenter-proxy/errc.h"

namespace pcg::gateway::upload {

UploadKeys::Grant::Grant(UploadKeys& keys, wire::EndpointId endpoint, wire::AccessKeyId key)
    : keys_(keys), endpoint_(std::move(endpoint)), key_(std::move(key)) {
    auto text = toHex(keys.random_.array<32>());
    secret_ = Secret::takeText(text);
    keys_.grants_.push_back(this);
}

UploadKeys::Grant::~Grant() { keys_.grants_.remove(this); }

net::Task<Result<proxy::Principal>> UploadKeys::granted(wire::EndpointId endpoint,
                                                        wire::AccessKeyId key) {
    auto work = [endpoint, key](Storage storage) {
        return usableAccessKey(storage, endpoint, key);
    };
    PCG_CO_TRY(auto principal, co_await state_.run(std::move(work)));
    if (!principal) {
        co_return fail(proxy::errc::kInvalidLogin, "The access key was revoked or has expired.");
    }
    co_return std::move(*principal);
}

net::Task<Result<proxy::Principal>> UploadKeys::verify(wire::EndpointId endpoint,
                                                       wire::AccessKeyId key,
                                                       Secret secret) {
    bool known = false;
    for (const auto* grant : grants_) {
        const bool same = grant->endpoint_ == endpoint && grant->key_ == key;
        known = (same && constantTimeEqual(grant->secret_.reveal(), secret.reveal())) || known;
    }
    if (known) co_return co_await granted(std::move(endpoint), std::move(key));
    co_return co_await stored_.verify(std::move(endpoint), std::move(key), std::move(secret));
}

net::Task<Result<proxy::Principal>> UploadKeys::verifyBy(
    wire::EndpointId endpoint, wire::AccessKeyId key, std::shared_ptr<const proxy::Proof> proof) {
    bool known = false;
    for (const auto* grant : grants_) {
        const bool same = grant->endpoint_ == endpoint && grant->key_ == key;
        known = (same && proof->holds(grant->secret_)) || known;
    }
    if (known) co_return co_await granted(std::move(endpoint), std::move(key));
    co_return co_await stored_.verifyBy(std::move(endpoint), std::move(key), std::move(proof));
}

}  // namespace pcg::gateway::upload
