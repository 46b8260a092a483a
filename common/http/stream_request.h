// SPDX-License-Identifier: Apache-2.0
// Requests whose answer may turn the connection into a stream of octets both ways: CONNECT (RFC
// 9110 9.3.6), which a 2xx agrees to, and one for a WebSocket (RFC 6455 4.1), which 101 agrees to.
//
// In an Exchange and in a Call the body of such a request is Chunked: the client's half of the
// stream, of which nothing is read or written before the answer agrees; the body of that answer,
// Chunked too, is the other half. On the wire there is no framing.
//
// A server that offers CONNECT (TargetForms::AlsoAuthority) also takes requests for a WebSocket
// below kWebSocketsBelow. Everywhere else the wish is left out of the head, and the request is one
// like any other (RFC 9110 7.8).
#pragma once

#include "common/http/message.h"

#include <string_view>

namespace pcg::http {

inline constexpr std::string_view kWebSocketsBelow = "/ticket/";

bool mayBecomeStream(const RequestHead& head);
bool agreesToStream(const RequestHead& head, int status);

// "Upgrade: websocket", once, in a GET.
bool namesWebSocket(const RequestHead& head);

}  // namespace pcg::http
