// SPDX-License-Identifier: Apache-2.0
// What the broker tells of a connection holds what a client said of itself.
#include "controlplane-sim/presence/connections.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto event = pcg::controlplane::parseConnectEvent({data, size});
    if (event && (event->user.size() > 256 || event->host.size() > 256)) std::abort();
    return 0;
}
