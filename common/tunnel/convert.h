// SPDX-License-Identifier: Apache-2.0
// Between the values of common/http, of common/wire and of common/stream.
#pragma once

#include "common/http/client.h"
#include "common/http/message.h"
#include "common/stream/types.h"
#include "common/wire/http_head.h"

namespace pcg::tunnel {

// Fills method, target, headers and framing; the rest is the caller's.
void toWire(http::RequestHead from, wire::RequestHead& to);
wire::ResponseHead toWire(http::ResponseHead from);

http::RequestHead toHttp(wire::RequestHead from);
http::ResponseHead toHttp(wire::ResponseHead from);

http::Outcome toHttp(wire::Outcome outcome);
Error toError(const stream::Failure& failure);

}  // namespace pcg::tunnel
