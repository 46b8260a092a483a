// SPDX-License-Identifier: Apache-2.0
// What is read is written, and what is written is read again as the same.
#include "common/codec/json.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace json = pcg::codec::json;
    const auto value = json::parse(pcg::asText({data, size}));
    if (!value) return 0;
    const auto text = json::write(*value);
    const auto again = json::parse(text, 1'000'000);
    if (!again || json::write(*again) != text) std::abort();
    return 0;
}
