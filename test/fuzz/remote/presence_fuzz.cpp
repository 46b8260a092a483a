// SPDX-License-Identifier: Apache-2.0
// What a gateway says of itself: a gateway is an authenticated peer, not a trusted one.
#include "controlplane-sim/presence/messages.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg;
    const BytesView octets(data, size);
    (void)controlplane::parseHello(octets);
    (void)controlplane::parsePong(octets);
    const auto report = controlplane::parseInventory(octets);
    if (report && report->endpoints.size() > controlplane::kMaxEndpointsPerGateway) std::abort();
    (void)controlplane::parseUploads(octets);
    return 0;
}
