// SPDX-License-Identifier: Apache-2.0
#include "common/wire/endpoint_form.h"

#include "common/base/bytes.h"
#include "common/base/text.h"
#include "common/wire/errc.h"
#include "common/wire/ids.h"

#include <algorithm>
#include <array>

namespace pcg::wire {
namespace {

constexpr std::size_t kMaxName = 63;
constexpr std::size_t kMaxAddress = 512;
constexpr std::size_t kMaxHost = 253;  // RFC 1035 section 2.3.4, without the root's dot
constexpr std::uint16_t kHttps = 443;
constexpr std::size_t kSha1Digits = 40;
constexpr std::size_t kSha256Digits = 64;

bool isWord(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

tl::unexpected<Error> badAddress(const std::string& why) { return fail(kBadAddress, why); }

bool startsWithIgnoringCase(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() &&
           equalsIgnoreCaseAscii(text.substr(0, prefix.size()), prefix);
}

// The text behind the scheme.
Result<std::string_view> withoutScheme(std::string_view text) {
    constexpr std::string_view kScheme = "https://";
    if (startsWithIgnoringCase(text, kScheme)) return text.substr(kScheme.size());
    const auto scheme = text.find("://");
    if (scheme == std::string_view::npos) return text;
    if (startsWithIgnoringCase(text, "http://")) {
        return badAddress(
            "begins with http://; credentials are sent over TLS only. Write it as https://HOST or "
            "as HOST[:PORT].");
    }
    return badAddress("must be HOST[:PORT] or https://HOST[:PORT].");
}

// What people copy from the address bar or from a client's settings.
bool isKnownPath(std::string_view path) {
    static constexpr std::array<std::string_view, 4> kKnown{"", "/sdk", "/ui", "/maas"};
    while (path.ends_with('/')) path.remove_suffix(1);
    return std::any_of(kKnown.begin(), kKnown.end(), [&](std::string_view known) {
        return equalsIgnoreCaseAscii(path, known);
    });
}

Result<std::string> parseHost(std::string_view text) {
    auto host = toLowerAscii(text);
    if (host.ends_with('.')) host.pop_back();
    if (host.empty() || host.size() > kMaxHost) {
        return badAddress("needs a host of 1 to 253 characters, for example vcenter.example.com.");
    }
    const auto isAllowed = [](char c) { return isWord(c) || c == '-' || c == '.' || c == '_'; };
    const auto wrong = std::find_if_not(host.begin(), host.end(), isAllowed);
    if (wrong == host.end() && isWord(host.front()) && host.find("..") == std::string::npos) {
        return host;
    }
    return badAddress(
        "the host may hold letters, digits, '-', '.' and '_' only (an international name in its "
        "xn-- form, an IPv6 address in brackets).");
}

Result<std::string> parseIpv6(std::string_view text) {
    auto host = toLowerAscii(text);
    const auto isAllowed = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == ':' || c == '.';
    };
    const bool isLikely = host.size() <= 45 && std::count(host.begin(), host.end(), ':') >= 2;
    if (isLikely && std::all_of(host.begin(), host.end(), isAllowed)) return host;
    return badAddress("what stands in brackets must be an IPv6 address, without a zone.");
}

Result<std::uint16_t> parsePort(std::string_view text) {
    const auto port = parseUnsigned(text);
    if (port && *port > 0 && *port <= UINT16_MAX) return static_cast<std::uint16_t>(*port);
    return badAddress("the port must be a number from 1 to 65535.");
}

}  // namespace

Result<std::string> parseEndpointName(std::string_view text) {
    auto name = toLowerAscii(text);
    const auto isAllowed = [](char c) { return isWord(c) || c == '.' || c == '-' || c == '_'; };
    if (name.empty() || name.size() > kMaxName || !isWord(name.front()) ||
        !std::all_of(name.begin(), name.end(), isAllowed)) {
        return fail(
            kBadName,
            "must be 1 to 63 of a-z, 0-9, '.', '-', '_', and begin with a letter or digit.");
    }
    if (parseEndpointId(name)) {
        return fail(kBadName,
                    "must not look like an endpoint's id (ep_ and 26 letters or digits); choose "
                    "another one.");
    }
    return name;
}

Result<EndpointAddress> EndpointAddress::parse(std::string_view text) {
    if (text.size() > kMaxAddress) return badAddress("is longer than 512 bytes.");
    const auto rest = PCG_TRY(withoutScheme(trimAscii(text)));
    const auto end = std::min(rest.find_first_of("/?#"), rest.size());
    if (!isKnownPath(rest.substr(end))) {
        return badAddress(
            "must end after the host and port; take off what follows them. The paths of the "
            "endpoint's clients are kept as they are.");
    }
    const auto authority = rest.substr(0, end);
    if (authority.find('@') != std::string_view::npos) {
        return badAddress("must not hold a user name or password; they have fields of their own.");
    }
    EndpointAddress address;
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) return badAddress("a \"]\" is missing.");
        address.host = PCG_TRY(parseIpv6(authority.substr(1, close - 1)));
        port = authority.substr(close + 1);
    } else {
        const auto colon = std::min(authority.find(':'), authority.size());
        address.host = PCG_TRY(parseHost(authority.substr(0, colon)));
        port = authority.substr(colon);
    }
    if (port.empty()) return address;
    if (!port.starts_with(':')) return badAddress("only \":PORT\" may follow the bracket.");
    address.port = PCG_TRY(parsePort(port.substr(1)));
    return address;
}

std::string EndpointAddress::text() const {
    const bool isIpv6 = host.find(':') != std::string::npos;
    return (isIpv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string EndpointAddress::authority() const {
    auto whole = text();
    if (port == kHttps) whole.resize(whole.rfind(':'));
    return whole;
}

std::string EndpointAddress::url() const { return "https://" + authority(); }

Result<std::string> parseFingerprint(std::string_view text) {
    auto hex = toLowerAscii(trimAscii(text));
    std::erase(hex, ':');
    if (hex.size() == kSha1Digits) {
        return fail(kBadFingerprint,
                    "this is a SHA-1 thumbprint (40 hex digits), which can be forged. Give the "
                    "SHA-256 of the certificate (64 hex digits).");
    }
    if (hex.size() != kSha256Digits) {
        return fail(kBadFingerprint,
                    "must be the 64 hex digits of a SHA-256; this has " +
                        std::to_string(hex.size()) + " characters.");
    }
    if (!fromHex(hex)) return fail(kBadFingerprint, "must hold hex digits only (0-9, a-f).");
    return hex;
}

}  // namespace pcg::wire
