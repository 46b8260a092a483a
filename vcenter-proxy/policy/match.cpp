// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/match.h"

#include "common/base/text.h"

#include <algorithm>

namespace pcg::policy {
namespace {

// Takes the first segment off, with a note of whether a slash followed.
struct Segment {
    std::string_view text;
    bool more = false;
};

Segment takeSegment(std::string_view& path) {
    const auto slash = path.find('/');
    if (slash == std::string_view::npos) {
        const Segment last{path, false};
        path = {};
        return last;
    }
    const Segment segment{path.substr(0, slash), true};
    path.remove_prefix(slash + 1);
    return segment;
}

bool isRest(const Segment& segment) { return segment.text == "**" && !segment.more; }

enum class Question { Matches, MatchesAnyCase, Covers, Meets };

bool segmentFits(std::string_view wide, std::string_view narrow, Question question) {
    if (wide == "{}") return !narrow.empty();
    if (question == Question::Meets && narrow == "{}") return !wide.empty();
    if (question == Question::MatchesAnyCase) return equalsIgnoreCaseAscii(wide, narrow);
    return wide == narrow;
}

bool isOfTexts(Question question) {
    return question == Question::Matches || question == Question::MatchesAnyCase;
}

bool walk(std::string_view wide, std::string_view narrow, Question question) {
    while (true) {
        const Segment a = takeSegment(wide);
        const Segment b = takeSegment(narrow);
        if (isRest(a)) return true;
        if (!isOfTexts(question) && isRest(b)) return question == Question::Meets;
        if (a.more != b.more || !segmentFits(a.text, b.text, question)) return false;
        if (!a.more) return true;
    }
}

}  // namespace

bool globMatches(std::string_view pattern, std::string_view text) {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && pattern[p] == text[t]) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

bool pathMatches(std::string_view pattern, std::string_view path) {
    return walk(pattern, path, Question::Matches);
}

bool pathMatchesAnyCase(std::string_view pattern, std::string_view path) {
    return walk(pattern, path, Question::MatchesAnyCase);
}

// A star in the narrow pattern is a character that only a star of the wide one matches.
bool globCovers(std::string_view wide, std::string_view narrow) {
    return globMatches(wide, narrow);
}

bool pathCovers(std::string_view wide, std::string_view narrow) {
    return walk(wide, narrow, Question::Covers);
}

bool globsMeet(std::string_view a, std::string_view b) {
    const auto before = [](std::string_view pattern) {
        return pattern.substr(0, pattern.find('*'));
    };
    const bool both =
        a.find('*') != std::string_view::npos && b.find('*') != std::string_view::npos;
    if (!both) return globMatches(a, b) || globMatches(b, a);
    const auto begin = std::min(before(a).size(), before(b).size());
    return before(a).substr(0, begin) == before(b).substr(0, begin);
}

bool pathsMeet(std::string_view a, std::string_view b) { return walk(a, b, Question::Meets); }

}  // namespace pcg::policy
