// SPDX-License-Identifier: Apache-2.0
// Does what the console's screen wishes. Blocking: a change of the network takes minutes.
#pragma once

#include "appliance/console/screen.h"

namespace pcg::appliance {

// `socket`: the gateway's. Anything that goes wrong is in the outcome's text.
Outcome fulfil(const std::string& socket, const Wish& wish);

}  // namespace pcg::appliance
