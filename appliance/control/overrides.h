// SPDX-License-Identifier: Apache-2.0
// What was changed on the machine since it was imported: values that count instead of the import's.
// Kept on the data partition, so that nothing has to be deployed anew. Pure functions.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "appliance/properties/settings.h"

namespace pcg::appliance {

// Name of a property -> its value; empty: as if it had not been given at import.
using Overrides = std::map<std::string, std::string, std::less<>>;

// Name -> the value to be, or nothing: what the import says.
using Change = std::map<std::string, std::optional<std::string>, std::less<>>;

// JSON, one member for each. appliance.bad_value: not that, or a name or size that cannot be.
Result<Overrides> parseOverrides(std::string_view text);
std::string writeOverrides(const Overrides& overrides);

// `overrides` with the change. What makes no sense without a value that was cleared goes with it:
// user, password and exceptions with the proxy, the password with the user.
Overrides changedBy(const Properties& imported, Overrides overrides, const Change& change);
Properties layered(Properties imported, const Overrides& overrides);

// What the import said when each of the overrides was made: name -> SHA-256 of its value in hex, or
// empty: nothing. Kept beside them, in the same form.
using ImportSeen = std::map<std::string, std::string, std::less<>>;
ImportSeen seenBy(const Properties& imported,
                  const Overrides& overrides,
                  const Change& change,
                  const ImportSeen& before);

// appliance.import_changed for each value that the import says otherwise now than when it was
// overridden: somebody changed the VM's options, and it had no effect.
std::vector<Problem> shadowed(const Properties& imported,
                              const Overrides& overrides,
                              const ImportSeen& seen);

// No passwords on a screen or in an answer.
bool isPassword(std::string_view name);

// What a change touches.
struct Effect {
    bool wayOut = true;   // it can cut the way to the control plane: it is to be tried
    bool gateway = true;  // the gateway reads some of it, at its start
};

Effect effectOf(const Settings& before, const Settings& after);

// The problems of `after` that `before` did not have.
std::vector<Problem> newProblems(const Properties& before, const Properties& after, WallTime now);

}  // namespace pcg::appliance
