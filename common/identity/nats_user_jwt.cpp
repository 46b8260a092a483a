// SPDX-License-Identifier: Apache-2.0
#include "common/base/text.h"
#include "common/codec/base64url.h"
#include "common/codec/json.h"
#include "common/identity/errc.h"
#include "common/identity/nats_jwt.h"

namespace pcg::identity {
namespace {

namespace json = codec::json;

constexpr std::chrono::minutes kClockGrace{5};
constexpr std::size_t kMaxNameSize = 256;
constexpr std::size_t kNkeySize = 56;

Error jwtError(std::string_view what) {
    return {kJwt, "The bus token is refused: " + std::string(what)};
}

Result<json::Object> decodeObject(std::string_view encoded) {
    const auto text = codec::base64UrlDecode(encoded);
    if (!text) return fail(jwtError("a part of it is not base64url."));
    auto object = json::parseObject(asText(*text), kMaxJwtSize);
    if (!object) return fail(jwtError("a part of it is not a JSON object."));
    return object;
}

Result<> checkHeader(std::string_view encoded) {
    const auto header = PCG_TRY(decodeObject(encoded));
    const auto type = PCG_TRY(header.string("typ", 16));
    const auto algorithm = PCG_TRY(header.string("alg", 32));
    if (type != "JWT" || algorithm != "ed25519-nkey" || header.size() != 2) {
        return fail(jwtError("its header is not that of a NATS token."));
    }
    return {};
}

bool isEmptyObject(const json::Object& object, std::string_view name) {
    const auto* value = object.find(name);
    return value == nullptr || (value->asObject() != nullptr && value->asObject()->size() == 0);
}

bool hasOwnPermissions(const json::Object& nats) {
    for (const auto* name : {"resp", "subs", "data", "payload", "bearer_token", "src", "times"}) {
        if (nats.has(name)) return true;
    }
    return !isEmptyObject(nats, "pub") || !isEmptyObject(nats, "sub");
}

template <class Key>
Result<Key> readKey(const json::Object& object, std::string_view name) {
    const auto text = PCG_TRY(object.string(name, kNkeySize));
    return Key::parse(text);
}

Result<VerifiedUserJwt> readClaims(const json::Object& payload) {
    const auto* nats = PCG_TRY(payload.object("nats"));
    const auto type = PCG_TRY(nats->string("type", 32));
    const auto version = PCG_TRY(nats->integer("version"));
    if (type != "user" || version != 2) {
        return fail(kJwt, "it is not the token of a user, version 2.");
    }
    auto subject = PCG_TRY(readKey<UserKey>(payload, "sub"));
    auto issuer = PCG_TRY(readKey<AccountKey>(payload, "iss"));
    auto account = issuer;  // signed by the account itself, unless it says for whom
    if (nats->has("issuer_account"))
        account = PCG_TRY(readKey<AccountKey>(*nats, "issuer_account"));
    auto name = PCG_TRY(payload.optionalString("name", kMaxNameSize));
    const auto issuedAt = PCG_TRY(payload.integer("iat", 0));
    const auto expires = PCG_TRY(payload.optionalInteger("exp", 0));
    return VerifiedUserJwt{std::move(subject),
                           std::move(issuer),
                           std::move(account),
                           std::move(name).value_or(""),
                           issuedAt,
                           expires,
                           hasOwnPermissions(*nats)};
}

}  // namespace

Result<VerifiedUserJwt> verifyUserJwt(std::string_view text) {
    if (text.size() > kMaxJwtSize) return fail(jwtError("it is longer than 16 KiB."));
    const auto parts = split(text, '.');
    if (parts.size() != 3) return fail(jwtError("it does not have three parts."));
    if (const auto header = checkHeader(parts[0]); !header)
        return fail(jwtError(header.error().message()));
    const auto payload = PCG_TRY(decodeObject(parts[1]));
    auto claims = readClaims(payload);
    if (!claims) return fail(jwtError(claims.error().message()));
    const auto signature = codec::base64UrlDecode(parts[2]);
    const auto signedText = text.substr(0, parts[0].size() + 1 + parts[1].size());
    if (!signature ||
        !crypto::verifyEd25519(claims->issuer.raw(), asBytes(signedText), *signature)) {
        return fail(jwtError("its signature is not that of the issuer it names."));
    }
    return claims;
}

Result<> checkGatewayJwt(const VerifiedUserJwt& jwt,
                         const UserKey& own,
                         const AccountKey& account,
                         WallTime now,
                         std::chrono::seconds maxLifetime) {
    if (jwt.subject != own) return fail(jwtError("it is for another gateway's key."));
    if (jwt.account != account)
        return fail(jwtError("it is for another account than the bundle names."));
    if (jwt.hasOwnPermissions) return fail(jwtError("it brings permissions of its own."));
    if (!jwt.expires) return fail(jwtError("it never expires."));
    if (jwt.issuedAt > toUnixSeconds(now + kClockGrace)) {
        return fail(jwtError("it was issued in the future; check the clock of this machine."));
    }
    if (*jwt.expires <= toUnixSeconds(now - kClockGrace)) {
        return fail(kJwtExpired, "The bus token has expired; check the clock of this machine.");
    }
    if (*jwt.expires > toUnixSeconds(now + maxLifetime + kClockGrace)) {
        return fail(jwtError("it lives longer than the protocol allows."));
    }
    return {};
}

}  // namespace pcg::identity
