// SPDX-License-Identifier: Apache-2.0
// The first-boot ladder as a list: every rung with what was seen, and of the one that does not hold
// a stable code and the remedy. Pure.
#pragma once

#include "common/codec/json.h"

#include "appliance/console/troubles.h"

namespace pcg::appliance {

// The console's rungs, then one for each endpoint and for each warning of the gateway's that none
// of them says.
std::vector<Rung> fullLadder(const Facts& facts);

// What was wrong with the properties counts, too.
bool allHolds(const std::vector<Rung>& rungs, const std::vector<Problem>& problems);

std::string diagnosisText(const std::vector<Rung>& rungs, const std::vector<Problem>& problems);

// {"ok","rungs":[{"name","state":"holds|waits|warns|fails","evidence","code","remedy"}],"problems":[...]}
codec::json::Object diagnosisJson(const std::vector<Rung>& rungs,
                                  const std::vector<Problem>& problems);

}  // namespace pcg::appliance
