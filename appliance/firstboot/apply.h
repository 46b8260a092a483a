// SPDX-License-Identifier: Apache-2.0
// From the places where properties stand to the files of the system: at each boot, and again when
// something is changed while the machine runs.
#pragma once

#include "appliance/control/overrides.h"
#include "appliance/properties/sources.h"

namespace pcg::appliance {

inline constexpr const char* kOverridesPath = "/data/appliance/overrides.json";

// What was kept; a file that cannot be read is named in `problems` and counts as none.
Overrides readOverrides(const std::string& root, std::vector<Problem>& problems);

// Writes every file below `root`, removes those that these settings do not have, and sets the host
// name (only with an empty root). False if something could not be written; it is on stderr.
bool applySettings(const std::string& root,
                   const std::string& source,
                   const ReadSettings& read,
                   const std::vector<Problem>& more);

}  // namespace pcg::appliance
