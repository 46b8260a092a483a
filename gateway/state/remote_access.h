// SPDX-License-Identifier: Apache-2.0
// What the data center lets the tenant administer from its side, and the key that the tenant seals
// credentials to: both belong to one pairing and end with it. Storage thread.
#pragma once

#include "common/base/secret.h"
#include "gateway/state/state_store.h"

#include <optional>
#include <string_view>

namespace pcg::gateway {

// Nothing by default.
struct RemoteAccess {
    bool endpoints = false;
    bool keys = false;

    friend bool operator==(const RemoteAccess&, const RemoteAccess&) = default;
};

// "nothing", "endpoints", "keys" or "all", the words that the console and pcgctl take; nothing for
// any other.
std::optional<RemoteAccess> parseRemoteWord(std::string_view word);
std::string_view remoteWord(RemoteAccess access);

// Nothing if nobody has said anything for this pairing.
Result<std::optional<RemoteAccess>> storedRemoteAccess(Storage storage, const store::Scope& scope);
Result<> storeRemoteAccess(Storage storage, const store::Scope& scope, RemoteAccess access);

// The private scalar of the sealing key (32 bytes); made when the pairing has none yet. Sealed
// under the pairing's own keys, so that it is unreadable when those are destroyed.
Result<Secret> sealingKey(Storage storage, const store::Scope& scope);

}  // namespace pcg::gateway
