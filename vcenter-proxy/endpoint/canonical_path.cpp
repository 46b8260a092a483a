// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/canonical_path.h"

#include "common/base/bytes.h"
#include "common/base/text.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

tl::unexpected<Error> bad(std::string why) {
    return fail(errc::kBadTarget, "the request's path is refused: " + std::move(why));
}

bool isControl(std::uint8_t value) { return value < 0x20 || value == 0x7f; }

// The octet of an escape whose percent sign stands at `at`.
Result<std::uint8_t> escapedOctet(std::string_view text, std::size_t at) {
    const auto octet = fromHex(text.substr(at + 1, 2));
    if (!octet || octet->size() != 1) return bad("it has a broken escape");
    return octet->front();
}

// Decodes every escape. Escapes of slashes, backslashes, dots, percent signs and control characters
// have no single meaning along a chain of servers, and none is needed to name a file.
Result<std::string> decodePath(std::string_view path) {
    std::string decoded;
    decoded.reserve(path.size());
    for (std::size_t at = 0; at < path.size(); ++at) {
        const char c = path[at];
        if (c <= 0x20 || c >= 0x7f || c == '\\' || c == '#') return bad("it has a raw character");
        if (c != '%') {
            decoded += c;
            continue;
        }
        const std::uint8_t value = PCG_TRY(escapedOctet(path, at));
        if (isControl(value) || value == '/' || value == '\\' || value == '.' || value == '%') {
            return bad("it escapes a character that must not be escaped");
        }
        decoded += static_cast<char>(value);
        at += 2;
    }
    return decoded;
}

Result<> checkSegments(std::string_view path) {
    if (path.empty() || path.front() != '/') return bad("it does not start with a slash");
    const auto segments = split(path.substr(1), '/');
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (segments[i] == "." || segments[i] == "..") return bad("it has a dot segment");
        if (segments[i].empty() && i + 1 < segments.size()) return bad("it has an empty segment");
        if (segments[i].find(';') != std::string_view::npos) return bad("it has a path parameter");
    }
    return {};
}

}  // namespace

Result<std::string> canonicalPath(std::string_view path) {
    auto decoded = PCG_TRY(decodePath(path));
    PCG_TRY(checkSegments(decoded));
    return decoded;
}

Result<> checkQuery(std::string_view query) {
    const bool clean = std::all_of(query.begin(), query.end(), [](char c) {
        return c > 0x20 && c < 0x7f && c != '#' && c != '\\' && c != ';';
    });
    if (!clean) return bad("the query has a raw character");
    return {};
}

Result<std::string> decodeQueryText(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            decoded += text[at] == '+' ? ' ' : text[at];
            continue;
        }
        const std::uint8_t value = PCG_TRY(escapedOctet(text, at));
        if (isControl(value)) return bad("the query escapes a control character");
        decoded += static_cast<char>(value);
        at += 2;
    }
    return decoded;
}

}  // namespace pcg::proxy
