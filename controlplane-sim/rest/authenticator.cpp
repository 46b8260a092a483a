// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/authenticator.h"

#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/codec/base64url.h"
#include "common/crypto/kdf.h"
#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/sessions.h"

namespace pcg::controlplane {
namespace {

constexpr std::size_t kMaxTokenBytes = 256;
constexpr std::size_t kMaxCookies = 8192;
constexpr std::string_view kCsrfPurpose = "PCG-CSRF-1";

Error unauthenticated() {
    return Error{kUnauthenticated,
                 "A valid API token is needed: send it as \"Authorization: Bearer TOKEN\". In a "
                 "browser, sign in again."};
}

Error crossSite() {
    return Error{kCsrf,
                 "The change did not come from a page of this portal: send the session's "
                 "\"X-CSRF-Token\" (GET /api/v1/session has it)."};
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

bool isChange(const http::RequestHead& request) {
    return request.method != "GET" && request.method != "HEAD";
}

// Its own word, or a stream of events, which a browser opens again by itself. Who says so of what
// they do ask for ends their own session sooner and gains nothing.
Sessions::Use useOf(const http::RequestHead& request) {
    const auto* accept = request.headers.find("Accept");
    const bool isStream = accept != nullptr && *accept == "text/event-stream";
    return isStream || request.headers.find("Pcg-Unattended") != nullptr ? Sessions::Use::Unattended
                                                                         : Sessions::Use::Attended;
}

}  // namespace

std::string Authenticator::csrfToken(std::string_view sessionId) {
    return codec::base64UrlEncode(crypto::hmacSha256(asBytes(sessionId), asBytes(kCsrfPurpose)));
}

std::optional<std::string> Authenticator::sessionId(const http::RequestHead& request) {
    std::optional<std::string> found;
    for (const auto& header : request.headers) {
        if (!equalsIgnoreCaseAscii(header.name, "Cookie")) continue;
        if (header.value.size() > kMaxCookies) return std::nullopt;
        for (const auto piece : split(header.value, ';')) {
            const auto pair = trimAscii(piece);
            const auto equals = pair.find('=');
            if (equals == std::string_view::npos || pair.substr(0, equals) != kSessionCookie)
                continue;
            if (found) return std::nullopt;
            found = std::string(pair.substr(equals + 1));
        }
    }
    if (found && (found->empty() || found->size() > kMaxTokenBytes)) return std::nullopt;
    return found;
}

Result<> Authenticator::sameSite(const http::RequestHead& request) const {
    if (!isChange(request)) return {};
    const auto* site = request.headers.find("Sec-Fetch-Site");
    if (site == nullptr || *site == "same-origin" || *site == "none") return {};
    return fail(crossSite());
}

net::Task<Result<Authenticated>> Authenticator::tenant(const http::RequestHead& request) const {
    if (request.headers.find("Authorization") == nullptr) co_return co_await bySession(request);
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

net::Task<Result<Authenticated>> Authenticator::bySession(const http::RequestHead& request) const {
    const auto id = sessionId(request);
    if (!id) co_return fail(unauthenticated());
    const auto now = clock_.wallNow();
    auto lookUp =
        [digest = crypto::sha256(*id), now, use = useOf(request)](store::Database& database) {
            return Sessions(database).byDigest(digest, now, use);
        };
    PCG_CO_TRY(auto who, co_await store_.run(std::move(lookUp)));
    if (!who) co_return fail(unauthenticated());
    if (isChange(request)) {
        PCG_CO_CHECK(sameSite(request));
        const auto expected = csrfToken(*id);
        const auto* given = request.headers.find("X-CSRF-Token");
        if (given == nullptr || !constantTimeEqual(asBytes(*given), asBytes(expected)))
            co_return fail(crossSite());
    }
    co_return std::move(*who);
}

Result<> Authenticator::platformOperator(const http::RequestHead& request) const {
    const auto digest = tokenDigest(request);
    if (!digest || !constantTimeEqual(*digest, operatorTokenSha256_))
        return fail(unauthenticated());
    return {};
}

}  // namespace pcg::controlplane

namespace pcg::controlplane::rest {

tl::unexpected<Refusal> stepUpNeeded() {
    return refuse(403,
                  "api.step_up",
                  "This takes your password again: POST /api/v1/session/step-up, and repeat it "
                  "within five minutes.");
}

}  // namespace pcg::controlplane::rest
