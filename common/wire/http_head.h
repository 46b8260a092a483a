// SPDX-License-Identifier: Apache-2.0
// The heads of an HTTP request and response in a compact binary form with fixed bounds. Normative
// text: docs/protocol/frames.md.
//
// The decoder refuses what an HTTP/1.1 writer could turn into something else (control characters,
// blanks in a target, a name that is not an RFC 9110 token, framing headers), so neither side can
// be made to smuggle.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/wire/ids.h"

#include <chrono>
#include <string>
#include <vector>

namespace pcg::wire {

struct HeaderField {
    std::string name;
    std::string value;

    friend bool operator==(const HeaderField&, const HeaderField&) = default;
};

struct Framing {
    enum class Kind : std::uint8_t { None = 0, Length = 1, Chunked = 2 };
    Kind kind = Kind::None;
    ByteCount length = 0;  // zero unless Kind::Length

    friend bool operator==(const Framing&, const Framing&) = default;
};

// Which door the request came through; the gateway applies another policy to each.
enum class Surface : std::uint8_t {
    Endpoint = 0,
    Opaque = 1,
    Gateway = 2  // the gateway itself: docs/protocol/remote.md
};

struct RequestHead {
    EndpointId endpoint = EndpointId::unchecked("");
    RequestId requestId = RequestId::unchecked("");
    std::chrono::milliseconds ttl{0};
    Surface surface = Surface::Endpoint;
    std::string method;
    std::string target;
    std::vector<HeaderField> headers;
    Framing framing;

    friend bool operator==(const RequestHead&, const RequestHead&) = default;
};

struct ResponseHead {
    int status = 200;
    std::string reason;
    std::vector<HeaderField> headers;
    Framing framing;

    friend bool operator==(const ResponseHead&, const ResponseHead&) = default;
};

// Fails with wire.too_large or wire.bad_head; what encodes also decodes, to the same value.
Result<Bytes> encode(const RequestHead& head);
Result<Bytes> encode(const ResponseHead& head);

Result<RequestHead> decodeRequestHead(BytesView bytes);
Result<ResponseHead> decodeResponseHead(BytesView bytes);

}  // namespace pcg::wire
