// SPDX-License-Identifier: Apache-2.0
#include "pairing/tenant_name.h"

#include "common/codec/code_points.h"
#include "common/codec/utf8.h"

namespace pcg::pairing {
namespace {

constexpr int kMaxCharacters = 64;
constexpr int kMaxMarks = 2;

bool in(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

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
        const bool blank = codec::isBlank(*point);
        const bool mark = codec::isMark(*point);
        marks = mark ? marks + 1 : 0;
        const bool unwanted = (!blank && codec::isHidden(*point)) || (blank && blankBefore) ||
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
