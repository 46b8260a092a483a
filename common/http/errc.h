// SPDX-License-Identifier: Apache-2.0
// What can go wrong with an HTTP message or its connection. Names are stable; see
// common/base/error.h.
#pragma once

#include "common/base/error.h"

namespace pcg::http {

// Refused by admission; statusOf() in problem.h says with which status.
inline constexpr ErrorCode kBadRequestLine{ErrorClass::Input, "http.bad_request_line"};
inline constexpr ErrorCode kBadVersion{ErrorClass::Input, "http.bad_version"};
inline constexpr ErrorCode kBadTarget{ErrorClass::Input, "http.bad_target"};
inline constexpr ErrorCode kTargetTooLong{ErrorClass::Input, "http.target_too_long"};
inline constexpr ErrorCode kBadHeader{ErrorClass::Input, "http.bad_header"};
inline constexpr ErrorCode kHeadTooLarge{ErrorClass::Input, "http.head_too_large"};
inline constexpr ErrorCode kBadFraming{ErrorClass::Input, "http.bad_framing"};
inline constexpr ErrorCode kBadHost{ErrorClass::Input, "http.bad_host"};
inline constexpr ErrorCode kForeignHost{ErrorClass::Input, "http.foreign_host"};
inline constexpr ErrorCode kBadExpect{ErrorClass::Input, "http.bad_expect"};
inline constexpr ErrorCode kHeadTimeout{ErrorClass::Input, "http.head_timeout"};

// Bodies.
inline constexpr ErrorCode kBadBody{ErrorClass::Input, "http.bad_body"};
inline constexpr ErrorCode kBodyTooLarge{ErrorClass::Input, "http.body_too_large"};
inline constexpr ErrorCode kTruncated{ErrorClass::Weather, "http.truncated"};
inline constexpr ErrorCode kBodyLengthMismatch{ErrorClass::Input, "http.body_length_mismatch"};

// Connections.
inline constexpr ErrorCode kPortInUse{ErrorClass::Input, "http.port_in_use"};
inline constexpr ErrorCode kListenFailed{ErrorClass::Weather, "http.listen_failed"};
inline constexpr ErrorCode kConnectFailed{ErrorClass::Weather, "http.connect_failed"};
inline constexpr ErrorCode kConnectionLost{ErrorClass::Weather, "http.connection_lost"};
inline constexpr ErrorCode kClientGone{ErrorClass::Weather, "http.client_gone"};
inline constexpr ErrorCode kTimeout{ErrorClass::Weather, "http.timeout"};
inline constexpr ErrorCode kCancelled{ErrorClass::Weather, "http.cancelled"};
inline constexpr ErrorCode kBadResponse{ErrorClass::Weather, "http.bad_response"};
inline constexpr ErrorCode kBusy{ErrorClass::Weather, "http.busy"};
inline constexpr ErrorCode kOrigin{ErrorClass::Input, "http.origin"};
inline constexpr ErrorCode kMisuse{ErrorClass::Input, "http.misuse"};

}  // namespace pcg::http
