// SPDX-License-Identifier: Apache-2.0
// What goes into a support bundle, from the gateway, the machine and the kernel. Blocking.
#pragma once

#include <string>
#include <vector>

#include "appliance/admin/support_bundle.h"

namespace pcg::appliance {

// `socket`: the gateway's. What cannot be had is left out or says so; nothing is redacted yet.
std::vector<BundlePart> bundleParts(const std::string& socket);

}  // namespace pcg::appliance
