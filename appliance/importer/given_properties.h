// SPDX-License-Identifier: Apache-2.0
// Properties as an administrator hands them to pcg-import. Pure.
#pragma once

#include <string>
#include <vector>

#include "appliance/properties/settings.h"

namespace pcg::appliance {

// Adds the lines of a file: NAME=VALUE, "pcgw." in front is forgiven, # begins a comment, empty
// lines count for nothing. import.property names the line.
Result<> addPropertyLines(std::string_view text, Properties& properties);

// Adds one; `where` is what the message begins with. Twice the same name is refused.
Result<> addProperty(std::string_view where,
                     std::string_view name,
                     std::string_view value,
                     Properties& properties);

// import.property: a name that this OVA has not, with what was meant.
Result<> checkNames(const Properties& properties, const std::vector<std::string>& known);

}  // namespace pcg::appliance
