// SPDX-License-Identifier: Apache-2.0
#include "pairing/pairing_code.h"

#include "common/codec/utf8.h"
#include "pairing/errc.h"

#include <algorithm>
#include <optional>

namespace pcg::pairing {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kDataSymbols = 11;
constexpr std::size_t kSymbols = 12;
// Far more than anybody types or pastes; bounds what the rest looks at.
constexpr std::size_t kMaxTyped = 256;

using Values = ByteArray<kSymbols>;

std::uint8_t timesAlpha(unsigned value) {
    value <<= 1;
    return static_cast<std::uint8_t>((value & 0x20U) != 0 ? value ^ 0x25U : value);
}

bool isSeparator(char32_t c) {
    if (c == U' ' || c == U'-' || c == U'_' || c == U'.' || (c >= U'\t' && c <= U'\r')) return true;
    return c == 0xa0 || c == 0xad || c == 0x058a || c == 0x1680 || c == 0x1806 ||
           (c >= 0x2000 && c <= 0x200f) ||  // blanks, zero-width marks
           (c >= 0x2010 && c <= 0x2015) ||  // dashes
           c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x2060 || c == 0x2043 ||
           c == 0x2212 || c == 0x2e3a || c == 0x2e3b || c == 0x3000 || c == 0x301c || c == 0x3030 ||
           c == 0x30a0 || c == 0xfe58 || c == 0xfe63 || c == 0xfeff;
}

// The compatibility forms that keyboards and word processors really make of ASCII (part of NFKC).
char32_t folded(char32_t c) {
    if (c >= 0xff01 && c <= 0xff5e) c -= 0xfee0;
    if (c >= U'a' && c <= U'z') c -= U'a' - U'A';
    switch (c) {
        case U'O':
            return U'0';
        case U'I':
        case U'L':
            return U'1';
        case U'U':
            return U'V';
        default:
            return c;
    }
}

std::optional<std::uint8_t> valueOf(char32_t symbol) {
    if (symbol >= 0x80) return std::nullopt;
    const auto at = kAlphabet.find(static_cast<char>(symbol));
    if (at == std::string_view::npos) return std::nullopt;
    return static_cast<std::uint8_t>(at);
}

tl::unexpected<Error> foreignSymbol(char32_t symbol, std::size_t position) {
    // The symbol itself is not repeated: what was typed may be close to the secret, and it may be
    // anything at all.
    const std::string what =
        symbol < 0x80 ? "a character" : "a character that is not a Latin letter or digit";
    return fail(kCodeSymbol,
                "symbol " + std::to_string(position) + " of the code is " + what +
                    " that codes do not have; a code is made of digits and letters, as in "
                    "7K3M-Q9TD-X4WS");
}

tl::unexpected<Error> wrongLength(std::size_t count) {
    if (count == 0)
        return fail(kCodeEmpty,
                    "there is no code; type the twelve symbols that the gateway's console shows");
    std::string message = "the code has " + std::to_string(count) + " symbols; it must have twelve";
    if (count == 4) message += ". Four are only the first group: type all three groups";
    if (count < kSymbols && count != 4) message += ". Is a part missing?";
    if (count > kSymbols) message += ". Was it pasted twice, or typed into what was there?";
    return fail(kCodeLength, std::move(message));
}

Secret symbolsOf(const Values& values) {
    Bytes symbols;
    symbols.reserve(kSymbols);
    for (const auto value : values) symbols.push_back(static_cast<std::uint8_t>(kAlphabet[value]));
    return Secret::takeBytes(symbols);
}

}  // namespace

std::uint8_t checkValue(BytesView values) {
    // Horner's scheme from the last symbol: sum of alpha^(i+1) * d_i.
    std::uint8_t check = 0;
    for (auto i = values.size(); i > 0; --i) check = timesAlpha(check ^ (values[i - 1] & 31U));
    return check;
}

PairingCode PairingCode::generate(Random& random) {
    auto values = random.array<kSymbols>();
    // 32 divides 256: masking is uniform.
    for (auto& value : values) value &= 31;
    values[kDataSymbols] = checkValue(BytesView(values).first(kDataSymbols));
    PairingCode code(symbolsOf(values));
    wipe(MutableBytes(values));
    return code;
}

Result<PairingCode> PairingCode::parse(std::string_view typed) {
    if (typed.size() > kMaxTyped) {
        return fail(kCodeLength,
                    "what was typed is far longer than a code; type the twelve symbols that the "
                    "gateway's console shows");
    }
    Values values{};
    std::size_t count = 0;
    while (!typed.empty()) {
        const auto point = codec::takeCodePoint(typed);
        if (!point) return fail(kCodeEncoding, "the code is not valid UTF-8 text; type it again");
        const auto symbol = folded(*point);
        if (isSeparator(symbol)) continue;
        const auto value = valueOf(symbol);
        if (!value) return foreignSymbol(symbol, count + 1);
        if (count < kSymbols) values[count] = *value;
        ++count;
    }
    if (count != kSymbols) return wrongLength(count);
    if (checkValue(BytesView(values).first(kDataSymbols)) != values[kDataSymbols]) {
        wipe(MutableBytes(values));
        return fail(kCodeCheck,
                    "the code is mistyped: its check symbol does not fit. Compare it with the "
                    "gateway's console; no attempt was used");
    }
    PairingCode code(symbolsOf(values));
    wipe(MutableBytes(values));
    return code;
}

Secret PairingCode::shown() const {
    const auto symbols = symbols_.reveal();
    Bytes text;
    text.reserve(kSymbols + 2);
    for (std::size_t i = 0; i < kSymbols; ++i) {
        if (i > 0 && i % 4 == 0) text.push_back('-');
        text.push_back(symbols[i]);
    }
    return Secret::takeBytes(text);
}

}  // namespace pcg::pairing
