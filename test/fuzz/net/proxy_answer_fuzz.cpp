// SPDX-License-Identifier: Apache-2.0
// However the network cuts a proxy's answer into pieces, it reads the same, and exactly as many
// octets are taken for it; the rest is the tunnel's.
#include "common/base/assert.h"
#include "common/base/bytes.h"
#include "common/net/proxy_answer.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace {

using pcg::net::ProxyAnswer;
using pcg::net::ProxyAnswerReader;

struct Outcome {
    std::size_t taken = 0;
    bool refused = false;
    std::optional<ProxyAnswer> answer;
};

Outcome readInPieces(std::string_view text, std::size_t piece) {
    Outcome outcome;
    ProxyAnswerReader reader;
    while (!text.empty() && !reader.complete()) {
        const auto now = text.substr(0, std::min(piece, text.size()));
        const auto used = reader.put(now);
        if (!used) {
            outcome.refused = true;
            return outcome;
        }
        PCG_ASSERT(*used == now.size() || reader.complete());
        outcome.taken += *used;
        text.remove_prefix(*used);
    }
    if (reader.complete()) outcome.answer = reader.answer();
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto text = pcg::asText({data + 1, size - 1});
    const auto whole = readInPieces(text, text.size() + 1);
    const auto parts = readInPieces(text, std::size_t{data[0]} % 16 + 1);
    PCG_ASSERT(whole.refused == parts.refused);
    PCG_ASSERT(whole.answer.has_value() == parts.answer.has_value());
    if (!whole.answer) return 0;
    PCG_ASSERT(whole.taken == parts.taken && whole.taken <= ProxyAnswerReader::kMaxOctets);
    PCG_ASSERT(text.substr(0, whole.taken).ends_with("\r\n\r\n"));
    PCG_ASSERT(whole.answer->status == parts.answer->status);
    PCG_ASSERT(whole.answer->status >= 200 && whole.answer->status < 600);
    PCG_ASSERT(whole.answer->reason.size() <= 64 && whole.answer->schemes.size() <= 8);
    PCG_ASSERT(
        std::ranges::all_of(whole.answer->reason, [](char c) { return c >= 0x20 && c < 0x7f; }));
    return 0;
}
