// SPDX-License-Identifier: Apache-2.0
#include "pairing/tenant_name.h"

#include "common/codec/utf8.h"

namespace pcg::pairing {
namespace {

constexpr int kMaxCharacters = 64;
constexpr int kMaxMarks = 2;

bool in(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

bool isBlank(char32_t c) {
    return c == U' ' || in(c, U'\t', U'\r') || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           in(c, 0x2000, 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
           c == 0x3000;
}

// General categories Cc, Cf, Co, Cn (noncharacters) and what renders as nothing (Unicode 15).
bool isHidden(char32_t c) {
    return c < 0x20 || in(c, 0x7f, 0x9f) || c == 0xad || c == 0x034f || in(c, 0x0600, 0x0605) ||
           c == 0x061c || c == 0x06dd || c == 0x070f || in(c, 0x115f, 0x1160) ||
           in(c, 0x17b4, 0x17b5) || in(c, 0x180b, 0x180f) || in(c, 0x200b, 0x200f) ||
           in(c, 0x202a, 0x202e) || in(c, 0x2060, 0x206f) || c == 0x2800 || c == 0x3164 ||
           in(c, 0xe000, 0xf8ff) || in(c, 0xfdd0, 0xfdef) || in(c, 0xfe00, 0xfe0f) || c == 0xfeff ||
           c == 0xffa0 || in(c, 0xfff0, 0xfffb) || in(c, 0x110bd, 0x110cd) ||
           in(c, 0x13430, 0x1343f) || in(c, 0x1bca0, 0x1bca3) || in(c, 0x1d173, 0x1d17a) ||
           c >= 0xe0000 || (c & 0xfffe) == 0xfffe;
}

bool isMark(char32_t c) {
    return in(c, 0x0300, 0x036f) || in(c, 0x0483, 0x0489) || in(c, 0x1ab0, 0x1aff) ||
           in(c, 0x1dc0, 0x1dff) || in(c, 0x20d0, 0x20ff) || in(c, 0xfe20, 0xfe2f);
}

bool isLatin(char32_t c) { return in(c, U'A', U'Z') || in(c, U'a', U'z') || in(c, 0x00c0, 0x024f); }

bool isLookAlikeScript(char32_t c) {
    return in(c, 0x0370, 0x052f) || in(c, 0x1f00, 0x1fff) || in(c, 0x13a0, 0x13ff);
}

}  // namespace

DisplayName displayName(std::string_view text) {
    DisplayName name;
    bool latin = false;
    bool foreign = false;
    bool blankBefore = true;
    int characters = 0;
    int marks = 0;
    const std::string whole = codec::repairUtf8(text.substr(0, 8192));
    name.altered = whole != text;
    for (std::string_view rest = whole; const auto point = codec::takeCodePoint(rest);) {
        const bool blank = isBlank(*point);
        const bool mark = isMark(*point);
        marks = mark ? marks + 1 : 0;
        const bool unwanted = (!blank && isHidden(*point)) || (blank && blankBefore) ||
                              (mark && (marks > kMaxMarks || characters == 0)) ||
                              (!mark && characters == kMaxCharacters);
        if (unwanted) {
            name.altered = true;
            if (!blank && characters == kMaxCharacters) break;
            continue;
        }
        name.altered = name.altered || (blank && *point != U' ');
        codec::appendCodePoint(name.text, blank ? U' ' : *point);
        if (!mark) ++characters;
        blankBefore = blank;
        latin = latin || isLatin(*point);
        foreign = foreign || isLookAlikeScript(*point);
    }
    if (!name.text.empty() && name.text.back() == ' ') {
        name.text.pop_back();
        name.altered = true;
    }
    if (name.text.empty()) name = {"(no printable name)", true, false};
    name.mixedScripts = latin && foreign;
    return name;
}

}  // namespace pcg::pairing
