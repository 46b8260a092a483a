// SPDX-License-Identifier: Apache-2.0
// The admin's policy and switches, and the machines that were made through this gateway, in its
// database. They belong to the data center and outlive a pairing. Storage thread.
#pragma once

#include "gateway/state/state_store.h"

#include <optional>
#include <string>
#include <vector>

namespace pcg::gateway {

struct StoredPolicy {
    std::string text;    // empty: there is none
    std::string set_at;  // RFC 3339; of the text
    bool read_only = false;
    std::string read_only_since;
    bool paused = false;
    std::string paused_since;
    std::string paused_why;
    bool learning = false;
    std::string learning_since;
    std::string learned;  // JSON of what was observed

    friend bool operator==(const StoredPolicy&, const StoredPolicy&) = default;
};

Result<StoredPolicy> loadPolicy(Storage storage);

// Each writes what it names and nothing else: two may be on their way at once.
Result<> storePolicyText(Storage storage, const StoredPolicy& policy);
Result<> storeReadOnly(Storage storage, const StoredPolicy& policy);
Result<> storePause(Storage storage, const StoredPolicy& policy);
Result<> storeLearning(Storage storage, const StoredPolicy& policy);
Result<> storeLearned(Storage storage, const StoredPolicy& policy);

struct OwnMachine {
    std::string endpoint;   // id
    std::string authority;  // the address that it was made at: another vCenter has other ids
    std::string key;
    std::string machine;  // "vm-42"

    friend auto operator<=>(const OwnMachine&, const OwnMachine&) = default;
};

inline constexpr std::int64_t kMostOwnMachines = 20'000;

Result<std::vector<OwnMachine>> loadOwnMachines(Storage storage);

// The oldest ones leave when there are more than kMostOwnMachines.
Result<> storeOwnMachine(Storage storage, const OwnMachine& machine);

}  // namespace pcg::gateway
