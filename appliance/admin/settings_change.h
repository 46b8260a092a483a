// SPDX-License-Identifier: Apache-2.0
// From the options of `pcgctl network set` and its like to the request for the machine. Reads the
// files that are named; - is standard input, once.
#pragma once

#include "common/codec/json.h"
#include "gateway/ctl/arguments.h"

#include <iosfwd>

namespace pcg::appliance {

// gateway.usage when nothing is to be changed, or a file cannot be read.
Result<codec::json::Object> changeRequest(const gateway::ctl::Command& command, std::istream& in);

// The properties that `network show`, `proxy show` and `settings show` list.
std::vector<std::string> shownBy(std::string_view verb);

}  // namespace pcg::appliance
