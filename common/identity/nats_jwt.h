// SPDX-License-Identifier: Apache-2.0
// The three tokens by which a NATS server knows whom to let in: operator, account and user JWT,
// version 2.
//
// Signed with Ed25519 over "header.payload" ("ed25519-nkey", nats-io/jwt v2). Every user of ours is
// issued by a *scoped* signing key: what it may do stands in the account's token, and a user token
// that brings permissions of its own is refused by the server, so a leaked signing key cannot widen
// anything. Only allow-lists exist here. The server leaves a limit of 0 out and reads an absent
// limit as 0; -1 is unlimited. Times in whole seconds.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/identity/nkey.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pcg::identity {

inline constexpr std::int64_t kUnlimited = -1;

struct OperatorClaims {
    std::string name;
    std::vector<OperatorKey> signingKeys;
    AccountKey systemAccount;
};

// What users issued by one signing key may do. "{{subject()}}" as a whole token stands for the
// user's own nkey; inside a token it is not expanded by nats-server 2.9.
struct UserScope {
    AccountKey signingKey;
    std::string role;
    std::vector<std::string> publish;
    std::vector<std::string> subscribe;
    std::int64_t subscriptions = kUnlimited;
    std::int64_t maxPayload = kUnlimited;  // octets
};

struct AccountLimits {
    std::int64_t connections = 0;
    std::int64_t subscriptions = 0;
    std::int64_t maxPayload = 0;  // octets
};

// No imports, exports, leaf nodes, JetStream or bearer tokens: there is no field to allow them.
struct AccountClaims {
    AccountKey subject;
    std::string name;
    AccountLimits limits;
    std::vector<UserScope> scopes;
    // User tokens issued at or before that second are refused, and their connections closed.
    std::map<UserKey, std::int64_t> revokedUsers;
    std::optional<std::int64_t> allRevokedUntil;  // "*": every user
};

// Under a scope: no permissions of its own.
struct UserClaims {
    UserKey subject;
    std::string name;
    AccountKey account;
    std::optional<WallTime> expires;
};

// The operator's own token, signed by itself.
Result<std::string> makeOperatorJwt(const OperatorKeyPair& key,
                                    const OperatorClaims& claims,
                                    WallTime now);

// `signer` is the operator's identity or one of its signing keys.
Result<std::string> makeAccountJwt(const OperatorKeyPair& signer,
                                   const AccountClaims& claims,
                                   WallTime now);

// `signer` is the signing key of the scope that the user shall have.
Result<std::string> makeUserJwt(const AccountKeyPair& signer,
                                const UserClaims& claims,
                                WallTime now);

// Seconds since 1970, as JWT counts.
std::int64_t toUnixSeconds(WallTime time);

// A user token whose signature was checked against the issuer that it names. Whether that issuer
// may issue for the account is known to the server only; whoever received the token through a
// signed bundle takes it from there.
struct VerifiedUserJwt {
    UserKey subject;
    AccountKey issuer;
    AccountKey account;
    std::string name;
    std::int64_t issuedAt = 0;
    std::optional<std::int64_t> expires;
    bool hasOwnPermissions = false;  // or limits, or is a bearer token
};

inline constexpr std::size_t kMaxJwtSize = 16 * 1024;

Result<VerifiedUserJwt> verifyUserJwt(std::string_view text);  // identity.jwt

// What a gateway demands of the token that it is given (PCG-PAIR-1, M12): for its own key, for the
// account it was told, without permissions of its own, issued not later than now and expiring
// within (now, now + maxLifetime], both with five minutes of grace.
Result<> checkGatewayJwt(const VerifiedUserJwt& jwt,
                         const UserKey& own,
                         const AccountKey& account,
                         WallTime now,
                         std::chrono::seconds maxLifetime);

}  // namespace pcg::identity
