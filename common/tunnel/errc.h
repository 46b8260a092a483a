// SPDX-License-Identifier: Apache-2.0
// Why a call through the tunnel failed. What may be said of the request is Call::outcome(), not the
// code.
#pragma once

#include "common/base/error.h"

namespace pcg::tunnel {

inline constexpr ErrorCode kOffline{ErrorClass::Weather,
                                    "tunnel.offline"};  // nobody took the request
inline constexpr ErrorCode kOverloaded{ErrorClass::Weather,
                                       "tunnel.overloaded"};  // a limit, here or there
inline constexpr ErrorCode kExpired{ErrorClass::Weather,
                                    "tunnel.expired"};  // too old when it arrived
inline constexpr ErrorCode kLost{ErrorClass::Weather,
                                 "tunnel.lost"};  // broken off, or the peer fell silent
inline constexpr ErrorCode kRefused{ErrorClass::Weather, "tunnel.refused"};
inline constexpr ErrorCode kUpstream{ErrorClass::Weather,
                                     "tunnel.upstream"};  // the server behind the gateway
inline constexpr ErrorCode kPeerGone{ErrorClass::Weather,
                                     "tunnel.peer_gone"};  // the asker cancelled or vanished

}  // namespace pcg::tunnel
