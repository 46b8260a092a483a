// SPDX-License-Identifier: Apache-2.0
// Whatever decodes has one spelling: encoding it again gives the same text.
#include "common/codec/base32.h"
#include "common/codec/base64.h"
#include "common/codec/base64url.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg::codec;
    const auto text = pcg::asText({data, size});
    if (const auto bytes = base64Decode(text); bytes && base64Encode(*bytes) != text) std::abort();
    if (const auto bytes = base64UrlDecode(text); bytes && base64UrlEncode(*bytes) != text)
        std::abort();
    if (const auto bytes = base32Decode(text); bytes && base32Encode(*bytes) != text) std::abort();
    if (const auto bytes = crockfordDecode(text); bytes && crockfordEncode(*bytes) != text)
        std::abort();
    return 0;
}
