// SPDX-License-Identifier: Apache-2.0
#include "common/codec/name_rule.h"

#include "common/base/text.h"
#include "common/codec/code_points.h"
#include "common/codec/utf8.h"

#include <algorithm>
#include <cstdio>

namespace pcg::codec {
namespace {

constexpr int kMaxMarks = 2;
constexpr std::size_t kMaxLoginName = 64;

std::string pointName(char32_t point) {
    char text[16];
    std::snprintf(text, sizeof text, "U+%04X", static_cast<unsigned>(point));
    return text;
}

tl::unexpected<Error> badName(std::string why) {
    return fail(kName, "A name is 1 to 64 visible characters on one line: " + std::move(why) + ".");
}

// What was seen of the name so far.
struct Scan {
    int characters = 0;
    int marks = 0;
    bool blankBefore = false;

    Result<> take(char32_t point) {
        if (isBlank(point) && point != U' ')
            return badName("replace " + pointName(point) + " by an ordinary blank");
        if (isHidden(point))
            return badName("leave out " + pointName(point) +
                           ", which cannot be seen or changes the direction of the text");
        if (isMark(point)) {
            if (characters == 0 || ++marks > kMaxMarks)
                return badName("at most two combining marks may stand on a character");
            return {};
        }
        if (point == U' ' && blankBefore) return badName("leave out the second of two blanks");
        blankBefore = point == U' ';
        marks = 0;
        if (++characters > kMaxNameCharacters) return badName("this one is longer");
        return {};
    }
};

}  // namespace

Result<std::string> parseName(std::string_view text) {
    const auto name = trimAscii(text);
    if (name.empty()) return badName("this one is empty");
    if (name.size() > kMaxNameBytes) {
        return badName("this one has " + std::to_string(name.size()) + " bytes, at most " +
                       std::to_string(kMaxNameBytes) + " are taken");
    }
    Scan scan;
    auto rest = name;
    while (!rest.empty()) {
        const auto point = takeCodePoint(rest);
        if (!point) return badName("this one is not UTF-8");
        PCG_TRY(scan.take(*point));
    }
    return std::string(name);
}

Result<std::string> parseLoginName(std::string_view text) {
    const auto isAlphanumeric = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    const auto allowed = [&](char c) {
        return isAlphanumeric(c) || std::string_view("._@+-").find(c) != std::string_view::npos;
    };
    if (text.empty() || text.size() > kMaxLoginName || !isAlphanumeric(text.front()) ||
        !std::all_of(text.begin(), text.end(), allowed)) {
        return fail(kName,
                    "A username is 1 to 64 of the letters a-z and A-Z, digits and . _ @ + -, and "
                    "begins with a letter or digit.");
    }
    return std::string(text);
}

}  // namespace pcg::codec
