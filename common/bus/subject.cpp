// SPDX-License-Identifier: Apache-2.0
#include "common/bus/subject.h"

#include <cstddef>

namespace pcg::bus {
namespace {

constexpr std::size_t kMaxSubject = 512;

// The text up to the next dot; moves `rest` behind the dot.
std::string_view nextToken(std::string_view& rest) {
    const auto dot = rest.find('.');
    const std::string_view token = rest.substr(0, dot);
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
    return token;
}

bool hasForeignCharacter(std::string_view subject) {
    for (const char c : subject) {
        if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) return true;
    }
    return false;
}

bool isSubject(std::string_view subject, bool wildcards) {
    if (subject.empty() || subject.size() > kMaxSubject || subject.ends_with('.')) return false;
    if (hasForeignCharacter(subject)) return false;
    std::string_view rest = subject;
    while (!rest.empty()) {
        const std::string_view token = nextToken(rest);
        if (token.empty()) return false;
        const bool wild = token.find_first_of("*>") != std::string_view::npos;
        if (wild && (!wildcards || token.size() != 1)) return false;
        if (token == ">" && !rest.empty()) return false;
    }
    return true;
}

}  // namespace

bool isPublishSubject(std::string_view subject) { return isSubject(subject, false); }

bool isSubscribeSubject(std::string_view subject) { return isSubject(subject, true); }

bool subjectMatches(std::string_view pattern, std::string_view subject) {
    while (!pattern.empty() && !subject.empty()) {
        const std::string_view want = nextToken(pattern);
        if (want == ">") return true;
        const std::string_view have = nextToken(subject);
        if (want != "*" && want != have) return false;
    }
    return pattern.empty() && subject.empty();
}

}  // namespace pcg::bus
