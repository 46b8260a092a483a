// SPDX-License-Identifier: Apache-2.0
#include "common/codec/base32.h"

#include "common/codec/errc.h"

namespace pcg::codec {
namespace {

constexpr std::string_view kRfc4648 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kCrockford = "0123456789abcdefghjkmnpqrstvwxyz";

std::string encode(BytesView bytes, std::string_view alphabet) {
    std::string text;
    // Exact, so that a seed is never left behind in an outgrown buffer.
    text.reserve((bytes.size() * 8 + 4) / 5);
    std::uint32_t pending = 0;
    int bits = 0;
    for (const auto octet : bytes) {
        pending = pending << 8 | octet;
        bits += 8;
        while (bits >= 5) {
            bits -= 5;
            text.push_back(alphabet[pending >> bits & 31]);
        }
    }
    if (bits > 0) text.push_back(alphabet[pending << (5 - bits) & 31]);
    return text;
}

Result<Bytes> decode(std::string_view text, std::string_view alphabet) {
    // A last group of 1, 3 or 6 symbols holds no whole number of octets.
    const auto rest = text.size() % 8;
    if (rest == 1 || rest == 3 || rest == 6) {
        return fail(kBase32, "The base32 text has an impossible length; it was probably cut off.");
    }
    Bytes bytes;
    bytes.reserve(text.size() * 5 / 8);
    std::uint32_t pending = 0;
    int bits = 0;
    for (const char c : text) {
        const auto value = alphabet.find(c);
        if (value == std::string_view::npos) {
            return fail(kBase32, "The base32 text has a character outside its alphabet.");
        }
        pending = pending << 5 | static_cast<std::uint32_t>(value);
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<std::uint8_t>(pending >> bits & 0xff));
        }
    }
    if ((pending & ((1U << bits) - 1)) != 0) {
        return fail(kBase32,
                    "The base32 text is not in its one canonical form (stray bits at the end).");
    }
    return bytes;
}

}  // namespace

std::string base32Encode(BytesView bytes) { return encode(bytes, kRfc4648); }

Result<Bytes> base32Decode(std::string_view text) { return decode(text, kRfc4648); }

std::string crockfordEncode(BytesView bytes) { return encode(bytes, kCrockford); }

Result<Bytes> crockfordDecode(std::string_view text) { return decode(text, kCrockford); }

}  // namespace pcg::codec
