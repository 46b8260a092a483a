// SPDX-License-Identifier: Apache-2.0
// Reads what the gateway answers to `status`. Pure; what cannot be read is as if it were not said.
#pragma once

#include <string_view>

#include "appliance/console/facts.h"

namespace pcg::appliance {

// `text`: JSON, as from `pcgctl --json status`. Fills `facts.gateway` and the version.
void readStatus(std::string_view text, Facts& facts);

}  // namespace pcg::appliance
