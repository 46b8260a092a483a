// SPDX-License-Identifier: Apache-2.0
// The access keys with which clients log in to an endpoint: minted here, shown once, kept as
// hashes; those of a MAAS also sealed, because its clients sign with the secret instead of
// showing it.
//
// A secret is 256 random bits, so one salted SHA-256 is enough: there is no dictionary to slow down
// (unlike a password, for which a slow hash would be right). Storage thread.
#pragma once

#include "common/base/secret.h"
#include "gateway/state/state_store.h"
#include "vcenter-proxy/access_keys.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace pcg::gateway {

struct AccessKeyRecord {
    wire::AccessKeyId id;
    wire::EndpointId endpoint;
    proxy::Role role = proxy::Role::Inventory;
    std::string label;  // what it is for, in the words of whoever made it; may be empty
    std::string createdAt;
    std::optional<WallTime> expiresAt;
    bool revoked = false;
    std::optional<WallTime> lastUsedAt;  // to a minute
    std::string fileRole = {};           // of the policy file, by name; empty: `role` counts

    std::string_view roleName() const {
        return fileRole.empty() ? proxy::roleName(role) : std::string_view(fileRole);
    }
};

struct MintedKey {
    AccessKeyRecord record;
    Secret password;
};

// Good ones; revoked and expired ones do not count.
inline constexpr std::size_t kMaxKeysPerEndpoint = 256;
// Of those that ended, so that somebody can still look up what one was. The audit knows more.
inline constexpr std::size_t kMaxEndedKeysPerEndpoint = 64;
inline constexpr std::chrono::days kEndedKeysKept{90};

struct NewKey {
    proxy::Role role = proxy::Role::Inventory;
    std::optional<WallTime> expiresAt;
    std::string label;
    std::string fileRole = {};  // then `role` is not looked at
};

// gateway.no_such_endpoint, gateway.too_many. Forgets keys of the endpoint that ended long ago.
Result<MintedKey> createAccessKey(Storage storage, const wire::EndpointId& endpoint, NewKey key);

// Of all endpoints, with those that were revoked a while ago behind all others; or those of one
// endpoint that are not revoked. The oldest first, and none is left out.
Result<std::vector<AccessKeyRecord>> listAccessKeys(Storage storage);
Result<std::vector<AccessKeyRecord>> listAccessKeys(Storage storage,
                                                    const wire::EndpointId& endpoint);
Result<std::optional<AccessKeyRecord>> findAccessKey(Storage storage, const wire::AccessKeyId& id);

// gateway.no_such_key. Revoking twice is fine.
Result<> revokeAccessKey(Storage storage, const wire::AccessKeyId& id);

// Nothing for an unknown, revoked, expired or foreign key and for a wrong secret, in the same time.
Result<std::optional<proxy::Principal>> verifyAccessKey(Storage storage,
                                                        const wire::EndpointId& endpoint,
                                                        const wire::AccessKeyId& id,
                                                        const Secret& password);

// For whoever proved once that the key is theirs: what it may do now. Nothing for an unknown,
// revoked, expired or foreign key.
Result<std::optional<proxy::Principal>> usableAccessKey(Storage storage,
                                                        const wire::EndpointId& endpoint,
                                                        const wire::AccessKeyId& id);

// The same for a key whose secret was used without being shown; nothing also for the key of an
// endpoint whose clients do not sign.
Result<std::optional<proxy::Principal>> verifyAccessKeyBy(Storage storage,
                                                          const wire::EndpointId& endpoint,
                                                          const wire::AccessKeyId& id,
                                                          const proxy::Proof& proof);

// How a client of a MAAS takes the key: "pcg:ID:SECRET".
std::string maasApiKey(const MintedKey& key);

}  // namespace pcg::gateway
