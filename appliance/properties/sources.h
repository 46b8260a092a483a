// SPDX-License-Identifier: Apache-2.0
// Which of the places where properties may stand counts: the first one that has any. Pure
// functions.
#pragma once

#include <vector>

#include "appliance/properties/ovf_environment.h"
#include "appliance/properties/settings.h"

namespace pcg::appliance {

// What one place held; nothing was there: it is not in the list.
struct SourceText {
    std::string name;  // "guestinfo", "ISO", "fw_cfg", "SMBIOS", "last boot"
    Bytes content{};
    bool oemStrings = false;  // an SMBIOS structure, not an OVF environment
};

struct Choice {
    std::string source;  // empty: no place had any
    Properties properties;
    std::vector<Problem> problems;  // what was found and could not be read
};

// In the order that they stand in. One that cannot be read is named and passed over.
Choice chooseSource(const std::vector<SourceText>& sources);

}  // namespace pcg::appliance
