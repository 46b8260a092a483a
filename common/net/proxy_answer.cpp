// SPDX-License-Identifier: Apache-2.0
#include "common/net/proxy_answer.h"

#include "common/base/text.h"
#include "common/net/errc.h"

#include <algorithm>

namespace pcg::net {
namespace {

constexpr std::string_view kEnd = "\r\n\r\n";
constexpr std::string_view kProtocol = "HTTP/1.";
constexpr std::size_t kMaxReason = 64;
constexpr std::size_t kMaxSchemes = 8;
constexpr std::size_t kMaxScheme = 32;

tl::unexpected<Error> notAProxy(const char* why) {
    return fail(kProxyProtocol,
                std::string("what answers is not an HTTP proxy: ") + why +
                    "; check the address and the port of proxy_url");
}

bool isPrintable(char c) { return c >= 0x20 && c < 0x7f; }

// Letters, digits and what else a name or an address literal is made of: no blank, no line end.
bool isOfAHost(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_' || c == ':';
}

bool isTokenCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

std::string printable(std::string_view text, std::size_t most) {
    std::string kept;
    for (const char c : text.substr(0, most)) kept.push_back(isPrintable(c) ? c : '?');
    return kept;
}

// "HTTP/1.1 407 Proxy Authentication Required".
Result<ProxyAnswer> parseStatusLine(std::string_view line) {
    constexpr std::size_t kStatusAt = 9;
    if (!line.starts_with(kProtocol) || line.size() < kStatusAt + 3 ||
        (line[7] != '0' && line[7] != '1') || line[8] != ' ')
        return notAProxy("its first line is not one of HTTP/1.1");
    const auto status = parseUnsigned(line.substr(kStatusAt, 3));
    const auto rest = line.substr(kStatusAt + 3);
    if (!status || *status < 100 || *status > 599 || (!rest.empty() && rest.front() != ' '))
        return notAProxy("its status is not a number of three digits");
    ProxyAnswer answer;
    answer.status = static_cast<int>(*status);
    answer.reason = printable(trimAscii(rest), kMaxReason);
    return answer;
}

Result<> takeField(std::string_view line, ProxyAnswer& answer) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return notAProxy("a field has no name");
    const auto name = line.substr(0, colon);
    if (!std::ranges::all_of(name, [](char c) { return isPrintable(c) && c != ' '; }))
        return notAProxy("a field has a name that is none");
    if (!equalsIgnoreCaseAscii(name, "proxy-authenticate")) return {};
    const auto value = trimAscii(line.substr(colon + 1));
    const auto end = std::ranges::find_if_not(value, isTokenCharacter);
    const std::string_view scheme(value.data(), static_cast<std::size_t>(end - value.begin()));
    if (!scheme.empty() && scheme.size() <= kMaxScheme && answer.schemes.size() < kMaxSchemes)
        answer.schemes.push_back(toLowerAscii(scheme));
    return {};
}

// `head` ends with an empty line.
Result<ProxyAnswer> parseHead(std::string_view head) {
    head.remove_suffix(kEnd.size());
    auto end = head.find("\r\n");
    auto answer = PCG_TRY(parseStatusLine(head.substr(0, end)));
    while (end != std::string_view::npos) {
        head.remove_prefix(end + 2);
        end = head.find("\r\n");
        const auto line = head.substr(0, end);
        if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
            return notAProxy("a line holds a control character");
        PCG_TRY(takeField(line, answer));
    }
    return answer;
}

}  // namespace

Result<Secret> connectRequest(const Target& target, const Secret& authorization) {
    if (target.host.empty() || !std::ranges::all_of(target.host, isOfAHost))
        return fail(kBadAddress,
                    "a proxy cannot be asked for \"" + printable(target.host, 253) +
                        "\"; a host is a name or an IP address");
    const auto authority = target.text();
    std::string text = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
    if (!authorization.empty()) {
        // Once, so that no copy of the credentials is left behind by growing.
        text.reserve(text.size() + authorization.size() + 64);
        text.append("Proxy-Authorization: ").append(authorization.revealText()).append("\r\n");
    }
    text += "\r\n";
    return Secret::takeText(text);
}

Result<std::size_t> ProxyAnswerReader::put(std::string_view octets) {
    std::size_t used = 0;
    while (!complete_ && used < octets.size()) {
        head_.push_back(octets[used++]);
        if (++taken_ > kMaxOctets) return notAProxy("its answer has no end");
        const auto known = std::min(head_.size(), kProtocol.size());
        if (head_.compare(0, known, kProtocol, 0, known) != 0)
            return notAProxy("it does not speak HTTP/1.1");
        if (head_.ends_with(kEnd)) PCG_TRY(takeHead());
    }
    return used;
}

Result<> ProxyAnswerReader::takeHead() {
    auto answer = PCG_TRY(parseHead(head_));
    head_.clear();
    if (answer.status == 101) return notAProxy("it changes the protocol unasked");
    if (answer.status < 200) return {};  // "I am at it"
    answer_ = std::move(answer);
    complete_ = true;
    return {};
}

}  // namespace pcg::net
