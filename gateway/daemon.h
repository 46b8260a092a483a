// SPDX-License-Identifier: Apache-2.0
// pcg-gatewayd from its arguments to its exit code: 0 stopped as asked, 1 failed, 2 usage or
// configuration.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace pcg::gateway {

int runDaemon(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

}  // namespace pcg::gateway
