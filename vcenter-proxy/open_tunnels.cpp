// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/open_tunnels.h"

#include "vcenter-proxy/errc.h"

#include <algorithm>
#include <utility>

namespace pcg::proxy {

Result<std::unique_ptr<OpenTunnels::Place>> OpenTunnels::enter(Tunnel tunnel) {
    const auto of_key = std::count_if(
        open_.begin(), open_.end(), [&](const auto* one) { return one->key == tunnel.key; });
    if (open_.size() >= kMost || of_key >= static_cast<std::ptrdiff_t>(kMostOfKey)) {
        return fail(errc::kBusy,
                    "too many tunnels are open at this endpoint; close some, or try again later");
    }
    return std::make_unique<Place>(*this, std::move(tunnel));
}

void OpenTunnels::cutOutside(const TunnelList& open) {
    const Error why(errc::kTunnelDenied, "the data center's admin closed this place to tunnels");
    const auto now = open_;  // whoever is cut may leave at once
    for (auto* tunnel : now) {
        if (!open_.contains(tunnel) || mayAsk(open, tunnel->target)) continue;
        if (const auto cut = std::exchange(tunnel->cut, nullptr)) cut(why);
    }
}

}  // namespace pcg::proxy
