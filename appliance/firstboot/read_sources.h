// SPDX-License-Identifier: Apache-2.0
// Looks into the places where a hypervisor puts properties: guestinfo, ISO, fw_cfg, SMBIOS.
#pragma once

#include <vector>

#include "appliance/properties/sources.h"

namespace pcg::appliance {

// In the order in which they count; a place that holds nothing is not in the list. Blocks for at
// most about ten seconds.
std::vector<SourceText> readSources(const std::string& root = {});

// At most kMaxEnvironment + 1 octets, so that what is too long is seen to be; empty if it cannot be
// read.
Bytes readBounded(const std::string& path);

}  // namespace pcg::appliance
