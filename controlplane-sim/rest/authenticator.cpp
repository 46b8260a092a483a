// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/authenticator.h"

#include "common/base/secret.h"
#include "common/base/text.h"
#include "controlplane-sim/tenancy/errc.h"

#include <optional>

namespace pcg::controlplane {
namespace {

constexpr std::size_t kMaxTokenBytes = 256;

Error unauthenticated() {
    return Error{kUnauthenticated,
                 "A valid API token is needed: send it as \"Authorization: Bearer TOKEN\"."};
}

std::optional<crypto::Digest256> tokenDigest(const http::RequestHead& request) {
    constexpr std::string_view kScheme = "Bearer ";
    const auto* header = request.headers.find("Authorization");
    if (header == nullptr || request.headers.count("Authorization") != 1) return std::nullopt;
    const std::string_view value = *header;
    if (!equalsIgnoreCaseAscii(value.substr(0, kScheme.size()), kScheme)) return std::nullopt;
    const auto token = trimAscii(value.substr(kScheme.size()));
    if (token.empty() || token.size() > kMaxTokenBytes) return std::nullopt;
    return crypto::sha256(token);
}

}  // namespace

net::Task<Result<Authenticated>> Authenticator::tenant(const http::RequestHead& request) const {
    const auto digest = tokenDigest(request);
    if (!digest) co_return fail(unauthenticated());
    const auto now = clock_.wallNow();
    auto lookUp = [digest = *digest, now](store::Database& database) {
        return Accounts(database).byTokenSha256(digest, now);
    };
    PCG_CO_TRY(auto who, co_await store_.run(std::move(lookUp)));
    if (!who) co_return fail(unauthenticated());
    co_return std::move(*who);
}

Result<> Authenticator::platformOperator(const http::RequestHead& request) const {
    const auto digest = tokenDigest(request);
    if (!digest || !constantTimeEqual(*digest, operatorTokenSha256_))
        return fail(unauthenticated());
    return {};
}

}  // namespace pcg::controlplane
