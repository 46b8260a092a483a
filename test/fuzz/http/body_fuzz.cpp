// SPDX-License-Identifier: Apache-2.0
// Chunked bodies of requests and whole responses, cut at every size: the parsers neither crash nor
// depend on how the octets arrive.
#include "common/base/assert.h"
#include "common/http/parser.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace {

using namespace pcg;

// Nothing: refused. Otherwise the decoded body and whether it was complete.
std::optional<std::pair<Bytes, bool>> decode(BytesView input, std::size_t pieceSize) {
    http::AdmittedRequest request;
    request.head.method = "POST";
    request.head.body = http::BodyFraming::chunked();
    auto parser = http::RequestBodyParser::create(
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", request);
    PCG_ASSERT(parser.has_value());
    Bytes out;
    Bytes buffer(64);
    Bytes pending;
    for (std::size_t at = 0; at < input.size(); at += pieceSize) {
        append(pending, input.subspan(at, std::min(pieceSize, input.size() - at)));
        for (;;) {
            const auto step = parser->step(pending, buffer);
            if (!step) return std::nullopt;
            append(out, BytesView(buffer).first(step->produced));
            pending.erase(pending.begin(),
                          pending.begin() + static_cast<std::ptrdiff_t>(step->consumed));
            if (step->complete) return std::pair{out, true};
            if (step->consumed == 0 && step->produced == 0) break;
        }
    }
    return std::pair{out, false};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const BytesView input(data, size);
    const auto whole = decode(input, std::max<std::size_t>(size, 1));
    const auto cut = decode(input, 1);
    PCG_ASSERT(whole == cut);

    http::ResponseParser response(http::AnswerTo::Other);
    const auto used = response.putHead(input);
    if (!used || *used == 0) return 0;
    BytesView rest = input.subspan(*used);
    Bytes buffer(64);
    for (;;) {
        const auto step = response.step(rest, buffer);
        if (!step || step->complete || (step->consumed == 0 && step->produced == 0)) break;
        rest = rest.subspan(step->consumed);
    }
    if (!response.complete()) static_cast<void>(response.putEnd());
    return 0;
}
