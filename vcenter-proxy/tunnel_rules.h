// SPDX-License-Identifier: Apache-2.0
// Where tunnels of an endpoint may lead. Default deny; no I/O: addresses come in, resolved once,
// and the connection goes to exactly those that come out, so that an answer of a name server that
// changes later changes nothing.
//
// A place is open if the data-center admin has listed it, by name or by address, with its port. A
// listed name may not lead into the gateway itself, into what is near to it (loopback, link-local,
// multicast) or to a service that clouds keep for their machines (metadata): for these the address
// itself must be listed. Pure functions, any thread.
#pragma once

#include "vcenter-proxy/endpoint/tunnel_target.h"

#include <span>
#include <vector>

namespace pcg::proxy {

inline constexpr std::size_t kMostTunnelTargets = 64;  // of one endpoint

using TunnelList = std::vector<TunnelTarget>;

// Before anything is resolved: nobody has names of his choice looked up here.
// errc::kTunnelDenied.
Result<> mayAsk(const TunnelList& open, const TunnelTarget& asked);

// Those of the addresses that may be connected to, in their order; `own` are the gateway's.
// errc::kTunnelDenied if there is none; it does not say the addresses.
Result<std::vector<net::asio::ip::address>> whereTo(
    const TunnelList& open,
    const TunnelTarget& asked,
    std::span<const net::asio::ip::address> resolved,
    std::span<const net::asio::ip::address> own);

// Never reached unless it is listed itself, whoever's machine this is.
bool isOutOfReach(const net::asio::ip::address& address);

}  // namespace pcg::proxy
