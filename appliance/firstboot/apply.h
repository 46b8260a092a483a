// SPDX-License-Identifier: Apache-2.0
// From the places where properties stand to the files of the system: at each boot, and again when
// something is changed while the machine runs.
#pragma once

#include "appliance/control/overrides.h"
#include "appliance/properties/sources.h"

namespace pcg::appliance {

inline constexpr const char* kOverridesPath = "/data/appliance/overrides.json";

// Beside them: what the import said then. A file of its own, so that an older version, which goes
// on with the same data partition, still reads the overrides.
inline constexpr const char* kSeenPath = "/data/appliance/import-seen.json";
// The values that the files were made of, in memory: they may differ from what the import says now.
inline constexpr const char* kRunningPath = "/run/pcg/running.json";

// What was kept; a file that cannot be read is named in `problems` and counts as none.
Overrides readOverrides(const std::string& root, std::vector<Problem>& problems);
ImportSeen readSeen(const std::string& root);  // unreadable: nothing

// Writes every file below `root`, removes those that these settings do not have, and sets the host
// name (only with an empty root). False if something could not be written; it is on stderr.
// `properties`: what `read` was read from.
bool applySettings(const std::string& root,
                   const std::string& source,
                   const Properties& properties,
                   const ReadSettings& read,
                   const std::vector<Problem>& more);

}  // namespace pcg::appliance
