// SPDX-License-Identifier: Apache-2.0
#include "common/net/proxy_settings.h"

#include "common/base/text.h"
#include "common/codec/base64.h"
#include "common/net/errc.h"

#include <algorithm>

namespace pcg::net {
namespace {

constexpr std::uint16_t kHttp = 80;
constexpr std::uint16_t kHttps = 443;
constexpr std::size_t kMaxCredentials = 512;
constexpr std::size_t kMaxName = 253;

bool isOfAName(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

std::optional<asio::ip::address> addressOf(std::string_view text) {
    if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
    boost::system::error_code error;
    const auto address = asio::ip::make_address(std::string(text), error);
    if (error) return std::nullopt;
    return address;
}

std::string nameOf(std::string_view host) {
    auto name = toLowerAscii(host);
    if (name.ends_with('.')) name.pop_back();
    return name;
}

}  // namespace

std::string ProxyAddress::text() const { return (tls ? "https://" : "http://") + target.text(); }

Result<ProxyAddress> parseProxyUrl(std::string_view url) {
    if (url.find('@') != std::string_view::npos)
        return fail(kBadAddress,
                    "must not hold a user or a password; they belong into a file "
                    "(proxy_credentials_file).");
    const bool tls = url.starts_with("https://");
    if (!tls && !url.starts_with("http://"))
        return fail(kBadAddress,
                    "must begin with http:// or https://, for example "
                    "http://proxy.example.com:3128.");
    const auto end = url.find_first_of("/?#", tls ? 8 : 7);
    if (end != std::string_view::npos && url.substr(end) != "/")
        return fail(kBadAddress,
                    "must end after the host and port; remove \"" +
                        std::string(url.substr(end, 100)) + "\".");
    auto target = PCG_TRY(targetOfUrl(url, tls ? kHttps : kHttp));
    return ProxyAddress{std::move(target), tls};
}

Result<Secret> basicAuthorization(std::string_view userAndPassword) {
    auto line = userAndPassword.substr(0, userAndPassword.find('\n'));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0)
        return fail(kBadAddress, "its first line must be USER:PASSWORD.");
    if (line.size() > kMaxCredentials)
        return fail(kBadAddress, "its first line has more than 512 characters.");
    if (std::ranges::any_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
        return fail(kBadAddress, "its first line holds a control character.");
    std::string encoded = codec::base64Encode(asBytes(line));
    std::string value;
    value.reserve(6 + encoded.size());
    value.append("Basic ").append(encoded);
    wipe(encoded);
    return Secret::takeText(value);
}

Result<ProxyExceptions::Entry> ProxyExceptions::parseEntry(std::string_view text) {
    const auto wrong = [&text](const std::string& why) {
        return fail(kBadAddress, "\"" + std::string(text.substr(0, 100)) + "\" " + why);
    };
    if (const auto address = addressOf(text)) {
        auto network = Network::parse(address->to_string());
        if (!network) return wrong("is not an address that can be excepted.");
        return Entry{std::string(text), {}, *network};
    }
    if (text.find('/') != std::string_view::npos) {
        auto network = PCG_TRY(Network::parse(text));
        return Entry{std::string(text), {}, std::move(network)};
    }
    auto name = nameOf(text.starts_with("*.") ? text.substr(1) : text);
    if (name == "*") return wrong("excepts everything; leave proxy_url away instead.");
    if (name.find(':') != std::string::npos)
        return wrong("must not name a port: exceptions are hosts, .suffixes and networks.");
    if (name.size() > kMaxName || name.find_first_not_of('.') == std::string::npos ||
        !std::ranges::all_of(name, isOfAName))
        return wrong(
            "is not a host (pair.example.com), a suffix (.example.com) or a network "
            "(10.0.0.0/8).");
    return Entry{std::string(text), std::move(name), std::nullopt};
}

Result<ProxyExceptions> ProxyExceptions::parse(std::string_view text) {
    ProxyExceptions exceptions;
    for (const auto item : split(text, ',')) {
        const auto word = trimAscii(item);
        if (word.empty()) continue;
        auto entry = PCG_TRY(parseEntry(word));
        exceptions.entries_.push_back(std::move(entry));
        if (exceptions.entries_.size() > kMax)
            return fail(kBadAddress,
                        "names more than 64 exceptions; use suffixes and networks for them.");
    }
    return exceptions;
}

std::optional<std::string> ProxyExceptions::match(std::string_view host) const {
    const auto address = addressOf(host);
    const auto name = nameOf(host);
    for (const auto& entry : entries_) {
        const bool excepted = entry.network ? address && entry.network->contains(*address)
                              : entry.name.starts_with('.') ? !address && name.ends_with(entry.name)
                                                            : !address && name == entry.name;
        if (excepted) return entry.text;
    }
    return std::nullopt;
}

}  // namespace pcg::net
