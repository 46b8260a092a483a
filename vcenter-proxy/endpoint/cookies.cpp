// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/cookies.h"

#include "common/base/text.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

struct Pair {
    std::string_view name;
    std::string_view value;
};

std::optional<Pair> splitPair(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const Pair pair{trimAscii(text.substr(0, equals)), trimAscii(text.substr(equals + 1))};
    if (pair.name.empty()) return std::nullopt;
    return pair;
}

std::string_view unquote(std::string_view value) {
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
        return value.substr(1, value.size() - 2);
    }
    return value;
}

bool removes(std::string_view attribute) {
    const auto pair = splitPair(attribute);
    if (!pair || !equalsIgnoreCaseAscii(pair->name, "max-age")) return false;
    return pair->value == "0" || pair->value.starts_with('-');
}

// cookie-octet of RFC 6265 4.1.1, with the quotes and blanks that are met in the wild.
bool isCookieText(std::string_view text) {
    return std::all_of(
        text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f && c != ';'; });
}

}  // namespace

Result<std::optional<std::string>> requestCookie(const http::HeaderList& headers,
                                                 std::string_view name) {
    std::optional<std::string> found;
    for (const auto& header : headers) {
        if (!equalsIgnoreCaseAscii(header.name, "cookie")) continue;
        for (const auto piece : split(header.value, ';')) {
            const auto pair = splitPair(piece);
            if (!pair || pair->name != name) continue;
            const auto value = unquote(pair->value);
            if (found && *found != value) {
                return fail(
                    errc::kBadHeader,
                    "the request has two different cookies '" + std::string(name) + "'; send one");
            }
            found = std::string(value);
        }
    }
    return found;
}

std::string sessionSetCookie(std::string_view token) {
    return std::string(kSessionCookieName) + "=" + std::string(token) +
           "; Path=/; HttpOnly; Secure";
}

std::string restSetCookie(std::string_view token, std::string_view path) {
    return std::string(kRestSessionName) + "=" + std::string(token) +
           "; Path=" + std::string(path) + "; HttpOnly; Secure";
}

void CookieJar::take(const http::HeaderList& headers) {
    for (const auto& header : headers) {
        if (equalsIgnoreCaseAscii(header.name, "set-cookie")) takeOne(header.value);
    }
}

void CookieJar::takeOne(std::string_view field) {
    const auto pieces = split(field, ';');
    const auto pair = splitPair(pieces.front());
    if (!pair || field.size() > kLongestCookie) return;
    if (!isCookieText(pair->name) || !isCookieText(pair->value)) return;
    std::erase_if(cookies_, [&](const Cookie& cookie) { return cookie.name == pair->name; });
    const bool gone =
        unquote(pair->value).empty() || std::any_of(pieces.begin() + 1, pieces.end(), removes);
    if (gone || cookies_.size() >= kMostCookies) return;
    cookies_.push_back({std::string(pair->name), Secret::fromText(pair->value)});
}

CookieJar CookieJar::fromHeader(std::string_view header) {
    CookieJar jar;
    for (const auto piece : split(header, ';')) jar.takeOne(trimAscii(piece));
    return jar;
}

std::string CookieJar::header() const {
    std::string text;
    for (const auto& cookie : cookies_) {
        if (!text.empty()) text += "; ";
        text += cookie.name;
        text += '=';
        text += cookie.value.revealText();
    }
    return text;
}

bool CookieJar::has(std::string_view name) const { return !value(name).empty(); }

std::string CookieJar::value(std::string_view name) const {
    for (const auto& cookie : cookies_) {
        if (cookie.name == name) return std::string(unquote(cookie.value.revealText()));
    }
    return {};
}

}  // namespace pcg::proxy
