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

Overrides changedBy(Overrides overrides, const Change& change);
Properties layered(Properties imported, const Overrides& overrides);

// The problems of `after` that `before` did not have.
std::vector<Problem> newProblems(const Properties& before, const Properties& after, WallTime now);

}  // namespace pcg::appliance
