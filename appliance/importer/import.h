// SPDX-License-Identifier: Apache-2.0
// pcg-import from its arguments to its exit code: 0 done, 1 refused or failed, 2 usage. Blocking.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace pcg::appliance {

int runImport(const std::vector<std::string>& arguments,
              std::istream& in,
              std::ostream& out,
              std::ostream& err);

}  // namespace pcg::appliance
