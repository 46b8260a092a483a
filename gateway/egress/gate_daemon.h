// SPDX-License-Identifier: Apache-2.0
// The program pcg-egress.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace pcg::egress {

// Exit codes: 0 stopped by a signal, 1 failed, 2 usage or configuration.
int runGate(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace pcg::egress
