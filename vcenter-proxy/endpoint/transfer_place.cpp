// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/transfer_place.h"

#include "common/base/text.h"
#include "common/net/connect.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

constexpr std::string_view kScheme = "https://";
constexpr std::size_t kUrlLimit = 4096;
constexpr std::size_t kNameLimit = 128;

tl::unexpected<Error> bad(std::string why) {
    return fail(errc::kBadLease, "a URL of the lease is refused: " + std::move(why));
}

Result<Thumbprint> parseThumbprint(std::string_view text) {
    std::string digits;
    for (const char c : trimAscii(text)) {
        if (c != ':') digits += c;
    }
    const auto octets = fromHex(digits);
    Thumbprint thumbprint{};
    if (!octets || octets->size() != thumbprint.size()) {
        return bad("it names a host without the thumbprint of its certificate");
    }
    std::copy(octets->begin(), octets->end(), thumbprint.begin());
    return thumbprint;
}

bool isNameLike(std::string_view text) {
    return !text.empty() && text.size() <= kNameLimit && text != "." && text != ".." &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '-' || c == '_';
           });
}

std::string nameIn(std::string_view target) {
    const auto path = target.substr(0, target.find('?'));
    const auto name = path.substr(path.rfind('/') + 1);
    return isNameLike(name) ? std::string(name) : "disk";
}

std::string_view withoutPort(std::string_view authority) {
    return authority.ends_with(":443") ? authority.substr(0, authority.size() - 4) : authority;
}

}  // namespace

Result<TransferPlace> parseTransferPlace(std::string_view url,
                                         std::string_view thumbprint,
                                         std::string_view authority) {
    url = trimAscii(url);
    const bool clean = url.size() <= kUrlLimit && std::all_of(url.begin(), url.end(), [](char c) {
                           return c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>' &&
                                  c != '\\' && c != '#';
                       });
    if (!clean || !toLowerAscii(url.substr(0, kScheme.size())).starts_with(kScheme)) {
        return bad("it is not one of https");
    }
    const auto rest = url.substr(kScheme.size());
    const auto slash = rest.find('/');
    if (slash == std::string_view::npos) return bad("it has no path");
    const auto where = rest.substr(0, slash);
    TransferPlace place;
    place.target = std::string(rest.substr(slash));
    place.name = nameIn(place.target);
    if (where == "*" || where.starts_with("*:") ||
        equalsIgnoreCaseAscii(withoutPort(where), withoutPort(authority))) {
        return place;
    }
    const bool is_host = !where.empty() && std::all_of(where.begin(), where.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '-' || c == '_' || c == ':' || c == '[' || c == ']';
    });
    if (!is_host) return bad("it has no plain host");
    const auto target = net::targetOfUrl(std::string(kScheme) + std::string(where) + "/", 443);
    if (!target) return bad(target.error().message());
    LeaseHost host;
    host.host = target->host;
    host.port = target->port;
    host.thumbprint = PCG_TRY(parseThumbprint(thumbprint));
    place.host = std::move(host);
    place.authority = std::string(where);
    return place;
}

}  // namespace pcg::proxy
