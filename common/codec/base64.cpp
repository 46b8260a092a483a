// SPDX-License-Identifier: Apache-2.0
#include "common/codec/base64.h"

#include "common/codec/base64_core.h"
#include "common/codec/errc.h"

#include <array>

namespace pcg::codec {
namespace {

constexpr std::string_view kStandard =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::array<std::int8_t, 256> valuesOf(std::string_view alphabet) {
    std::array<std::int8_t, 256> values{};
    values.fill(-1);
    for (std::size_t i = 0; i < alphabet.size(); ++i) {
        values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::int8_t>(i);
    }
    return values;
}

}  // namespace

std::string detail::packSextets(BytesView bytes, std::string_view alphabet) {
    std::string text;
    // Room for the padding too: growing later would leave a copy of a secret in the old buffer.
    text.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t pending = 0;
    int bits = 0;
    for (const auto octet : bytes) {
        pending = pending << 8 | octet;
        bits += 8;
        while (bits >= 6) {
            bits -= 6;
            text.push_back(alphabet[pending >> bits & 63]);
        }
    }
    if (bits > 0) text.push_back(alphabet[pending << (6 - bits) & 63]);
    return text;
}

Result<Bytes> detail::unpackSextets(std::string_view text, std::string_view alphabet) {
    if (text.size() % 4 == 1) {
        return fail(kBase64, "The base64 text has an impossible length; it was probably cut off.");
    }
    const auto values = valuesOf(alphabet);
    Bytes bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t pending = 0;
    int bits = 0;
    for (const char c : text) {
        const int value = values[static_cast<std::uint8_t>(c)];
        if (value < 0)
            return fail(kBase64, "The base64 text has a character outside its alphabet.");
        pending = pending << 6 | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<std::uint8_t>(pending >> bits & 0xff));
        }
    }
    if ((pending & ((1U << bits) - 1)) != 0) {
        return fail(kBase64,
                    "The base64 text is not in its one canonical form (stray bits at the end).");
    }
    return bytes;
}

std::string base64Encode(BytesView bytes) {
    auto text = detail::packSextets(bytes, kStandard);
    while (text.size() % 4 != 0) text.push_back('=');
    return text;
}

Result<Bytes> base64Decode(std::string_view text) {
    if (text.size() % 4 != 0) {
        return fail(kBase64, "The base64 text is not padded to a multiple of four characters.");
    }
    for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
    return detail::unpackSextets(text, kStandard);
}

}  // namespace pcg::codec
