// SPDX-License-Identifier: Apache-2.0
#include "common/identity/nats_jwt.h"

#include "common/codec/base32.h"
#include "common/codec/base64url.h"
#include "common/codec/json.h"
#include "common/crypto/digest.h"

namespace pcg::identity {
namespace {

namespace json = codec::json;

constexpr std::string_view kHeader = R"({"typ":"JWT","alg":"ed25519-nkey"})";
constexpr int kVersion = 2;

json::Array arrayOf(const std::vector<std::string>& texts) {
    json::Array array;
    for (const auto& text : texts) array.emplace_back(text);
    return array;
}

json::Object allowing(const std::vector<std::string>& subjects) {
    json::Object permission;
    if (!subjects.empty()) permission.set("allow", arrayOf(subjects));
    return permission;
}

// An empty allow-list means "everything" to the server; a scope without one would be a hole.
std::vector<std::string> orNothing(const std::vector<std::string>& subjects) {
    static const std::string kNobodysSubject = "pcg.v1.none";
    return subjects.empty() ? std::vector{kNobodysSubject} : subjects;
}

json::Object templateOf(const UserScope& scope) {
    json::Object permissions;
    permissions.set("pub", allowing(orNothing(scope.publish)))
        .set("sub", allowing(orNothing(scope.subscribe)))
        .set("subs", scope.subscriptions)
        .set("data", kUnlimited)
        .set("payload", scope.maxPayload)
        .set("allowed_connection_types", arrayOf({"STANDARD", "WEBSOCKET"}));
    return permissions;
}

json::Array scopesOf(const AccountClaims& claims) {
    json::Array scopes;
    for (const auto& scope : claims.scopes) {
        json::Object entry;
        entry.set("kind", "user_scope")
            .set("key", scope.signingKey.text())
            .set("role", scope.role)
            .set("template", templateOf(scope));
        scopes.emplace_back(std::move(entry));
    }
    return scopes;
}

json::Object limitsOf(const AccountLimits& limits) {
    json::Object object;
    object.set("subs", limits.subscriptions)
        .set("data", kUnlimited)
        .set("payload", limits.maxPayload)
        .set("disallow_bearer", true)
        .set("conn", limits.connections);
    return object;
}

json::Object revocationsOf(const AccountClaims& claims) {
    json::Object revocations;
    if (claims.allRevokedUntil) revocations.set("*", *claims.allRevokedUntil);
    for (const auto& [key, until] : claims.revokedUsers) revocations.set(key.text(), until);
    return revocations;
}

struct Token {
    std::string name;
    std::string subject;
    std::optional<std::int64_t> expires;
    json::Object nats;
};

json::Object payloadOf(const Token& token,
                       const std::string& issuer,
                       WallTime now,
                       std::string_view id) {
    json::Object payload;
    if (token.expires) payload.set("exp", *token.expires);
    if (!id.empty()) payload.set("jti", id);
    payload.set("iat", toUnixSeconds(now)).set("iss", issuer);
    if (!token.name.empty()) payload.set("name", token.name);
    return payload.set("sub", token.subject).set("nats", token.nats);
}

template <NkeyKind kKind>
Result<std::string> sign(const NkeyPair<kKind>& signer, const Token& token, WallTime now) {
    const auto& issuer = signer.publicKey().text();
    // The server does not check `jti`; ours covers all the claims, so two different tokens never
    // share one.
    const auto id =
        codec::base32Encode(crypto::sha256(json::write(payloadOf(token, issuer, now, {}))));
    const auto payload = json::write(payloadOf(token, issuer, now, id));
    auto text =
        codec::base64UrlEncode(asBytes(kHeader)) + "." + codec::base64UrlEncode(asBytes(payload));
    const auto signature = PCG_TRY(signer.sign(asBytes(text)));
    return text + "." + codec::base64UrlEncode(signature);
}

}  // namespace

std::int64_t toUnixSeconds(WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

Result<std::string> makeOperatorJwt(const OperatorKeyPair& key,
                                    const OperatorClaims& claims,
                                    WallTime now) {
    json::Object nats;
    json::Array signingKeys;
    for (const auto& signingKey : claims.signingKeys) signingKeys.emplace_back(signingKey.text());
    nats.set("signing_keys", std::move(signingKeys))
        .set("system_account", claims.systemAccount.text())
        .set("strict_signing_key_usage", true)
        .set("type", "operator")
        .set("version", kVersion);
    return sign(
        key, Token{claims.name, key.publicKey().text(), std::nullopt, std::move(nats)}, now);
}

Result<std::string> makeAccountJwt(const OperatorKeyPair& signer,
                                   const AccountClaims& claims,
                                   WallTime now) {
    json::Object nats;
    nats.set("limits", limitsOf(claims.limits)).set("signing_keys", scopesOf(claims));
    if (auto revocations = revocationsOf(claims); revocations.size() > 0) {
        nats.set("revocations", std::move(revocations));
    }
    json::Object nothing;
    nothing.set("pub", json::Object()).set("sub", json::Object());
    nats.set("default_permissions", std::move(nothing))
        .set("type", "account")
        .set("version", kVersion);
    return sign(
        signer, Token{claims.name, claims.subject.text(), std::nullopt, std::move(nats)}, now);
}

Result<std::string> makeUserJwt(const AccountKeyPair& signer,
                                const UserClaims& claims,
                                WallTime now) {
    json::Object nats;
    nats.set("pub", json::Object())
        .set("sub", json::Object())
        .set("issuer_account", claims.account.text())
        .set("type", "user")
        .set("version", kVersion);
    std::optional<std::int64_t> expires;
    if (claims.expires) expires = toUnixSeconds(*claims.expires);
    return sign(signer, Token{claims.name, claims.subject.text(), expires, std::move(nats)}, now);
}

}  // namespace pcg::identity
