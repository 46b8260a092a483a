// SPDX-License-Identifier: Apache-2.0
// The network that a request comes from, for quotas: /24 of IPv4, /48 of IPv6. Pure function.
#pragma once

#include <string>

namespace pcg::controlplane {

// `peer` as http::Exchange gives it: "192.0.2.7:40312", "[2001:db8::7]:40312".
inline std::string sourceNetwork(const std::string& peer) {
    const auto address = peer.substr(0, peer.rfind(':'));
    if (address.starts_with('[')) {
        std::size_t end = 0;
        for (int groups = 0; groups < 3 && end != std::string::npos; ++groups)
            end = address.find(':', end + 1);
        return address.substr(0, end);
    }
    return address.substr(0, address.rfind('.'));
}

}  // namespace pcg::controlplane
