// SPDX-License-Identifier: Apache-2.0
// Puts files where they belong: whole or not at all. Blocking.
#pragma once

#include "common/base/result.h"

#include "appliance/render/files.h"

namespace pcg::appliance {

inline constexpr ErrorCode kWrite{ErrorClass::Weather, "appliance.write"};

// Below `root` ("" for the machine itself); missing folders are made. appliance.write.
Result<> writeFile(const std::string& root, const File& file);

}  // namespace pcg::appliance
