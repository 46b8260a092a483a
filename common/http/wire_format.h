// SPDX-License-Identifier: Apache-2.0
// Heads and chunks as octets. Whatever the caller put into a header list, the result is one
// well-formed head: framing comes from BodyFraming only, and a CR, LF or NUL in a value is refused
// (response splitting).
#pragma once

#include "common/base/result.h"
#include "common/http/message.h"

#include <string>

namespace pcg::http {

enum class ConnectionUse { KeepAlive, Close, CloseDelimited };

Result<std::string> formatRequestHead(const RequestHead& head);
Result<std::string> formatResponseHead(const ResponseHead& head, ConnectionUse use);

// An answer behind which the connection is a stream, 2xx or 101: no framing, whatever the head says
// of a body.
Result<std::string> formatStreamHead(const ResponseHead& head);

void appendChunk(Bytes& out,
                 BytesView data);  // nothing for empty data: that would be the last chunk
void appendLastChunk(Bytes& out);

}  // namespace pcg::http
