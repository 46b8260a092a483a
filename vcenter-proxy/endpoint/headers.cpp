// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/headers.h"

#include "common/base/text.h"
#include "common/http/client.h"
#include "common/http/stream_request.h"
#include "vcenter-proxy/endpoint/cookies.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>
#include <array>
#include <span>

namespace pcg::proxy {
namespace {

constexpr std::array<std::string_view, 8> kSoapFields{"accept",
                                                      "accept-encoding",
                                                      "accept-language",
                                                      "content-type",
                                                      "soapaction",
                                                      "user-agent",
                                                      "x-request-id",
                                                      "opid"};

constexpr std::array<std::string_view, 8> kRestFields{"accept",
                                                      "accept-encoding",
                                                      "accept-language",
                                                      "content-type",
                                                      "if-match",
                                                      "user-agent",
                                                      "x-request-id",
                                                      "opid"};

constexpr std::array<std::string_view, 13> kFolderFields{"accept",
                                                         "accept-encoding",
                                                         "accept-language",
                                                         "content-type",
                                                         "user-agent",
                                                         "range",
                                                         "if-range",
                                                         "if-match",
                                                         "if-none-match",
                                                         "overwrite",
                                                         "if-modified-since",
                                                         "if-unmodified-since",
                                                         "x-request-id"};

constexpr std::array<std::string_view, 5> kConsoleFields{"sec-websocket-key",
                                                         "sec-websocket-version",
                                                         "sec-websocket-protocol",
                                                         "sec-websocket-extensions",
                                                         "user-agent"};

constexpr std::array<std::string_view, 9> kOnce{"host",
                                                "soapaction",
                                                "content-type",
                                                "range",
                                                "overwrite",
                                                "content-encoding",
                                                "authorization",
                                                kRestSessionName,
                                                "vmware-use-header-authn"};

constexpr std::array<std::string_view, 7> kNotForClients{kRestSessionName,
                                                         "set-cookie",
                                                         "set-cookie2",
                                                         "alt-svc",
                                                         "strict-transport-security",
                                                         "public-key-pins",
                                                         "clear-site-data"};

bool isOneOf(std::span<const std::string_view> lower_names, std::string_view name) {
    return std::any_of(lower_names.begin(), lower_names.end(), [&](std::string_view candidate) {
        return equalsIgnoreCaseAscii(candidate, name);
    });
}

tl::unexpected<Error> bad(std::string why) { return fail(errc::kBadHeader, std::move(why)); }

// "text/xml; charset=utf-8" and its spellings.
Result<> checkSoapContentType(const std::string* value) {
    if (value == nullptr) return bad("a SOAP request needs Content-Type: text/xml");
    const auto pieces = split(*value, ';');
    const auto type = toLowerAscii(trimAscii(pieces.front()));
    if (type != "text/xml" && type != "application/xml") {
        return bad("a SOAP request needs Content-Type: text/xml");
    }
    for (std::size_t i = 1; i < pieces.size(); ++i) {
        const auto piece = toLowerAscii(trimAscii(pieces[i]));
        if (!piece.starts_with("charset")) continue;
        if (piece != "charset=utf-8" && piece != "charset=\"utf-8\"") {
            return bad("a SOAP request must be in UTF-8");
        }
    }
    return {};
}

// The vCenter's own parser must find what the gateway's rules saw, and JSON is not what they look
// at: only that it is not hidden.
Result<> checkRestHead(const http::RequestHead& head, bool has_body) {
    if (head.headers.find("content-encoding") != nullptr) {
        return bad("a request to the REST interface must not be compressed");
    }
    const bool may_carry = head.method != "GET" && head.method != "HEAD";
    if (has_body && !may_carry) return bad(head.method + " must not have a body");
    return {};
}

std::span<const std::string_view> fieldsOf(Surface surface) {
    if (surface == Surface::Console) return kConsoleFields;
    if (surface == Surface::Folder || surface == Surface::LibraryData || isTransfer(surface)) {
        return kFolderFields;
    }
    if (isRest(surface)) return kRestFields;
    return kSoapFields;
}

// "https://vc.example.com/x" -> the part after the authority, if the authority is `ours`.
std::optional<std::string_view> pathBelow(std::string_view location, std::string_view ours) {
    const auto scheme = location.find("://");
    const std::string_view rest = location.substr(scheme + 3);
    const auto end = std::min(rest.find_first_of("/?#"), rest.size());
    const auto without_port = [](std::string_view authority, std::string_view port) {
        return authority.ends_with(port) ? authority.substr(0, authority.size() - port.size())
                                         : authority;
    };
    const auto theirs = without_port(rest.substr(0, end), ":443");
    if (!equalsIgnoreCaseAscii(theirs, without_port(ours, ":443"))) return std::nullopt;
    return rest.substr(end);
}

}  // namespace

Result<> checkRequestHead(Surface surface, const http::RequestHead& head) {
    for (const auto name : kOnce) {
        if (head.headers.count(name) > 1) {
            return bad("the field '" + std::string(name) + "' may come only once");
        }
    }
    const bool has_body = head.body.kind != http::BodyFraming::Kind::None &&
                          head.body != http::BodyFraming::ofLength(0);
    if (isSoap(surface)) {
        if (head.headers.find("content-encoding") != nullptr) {
            return bad("a SOAP request must not be compressed, because the gateway reads it");
        }
        if (!has_body) return bad("a SOAP request needs a body");
        return checkSoapContentType(head.headers.find("content-type"));
    }
    if (isRest(surface)) return checkRestHead(head, has_body);
    if (surface == Surface::Console) {
        if (http::mayBecomeStream(head)) return {};
        return bad("a console is a WebSocket; ask for it with Upgrade: websocket");
    }
    if (head.method == "PUT" || head.method == "POST") {
        if (head.headers.find("content-encoding") != nullptr) {
            return bad("a file must be sent as it is, without Content-Encoding");
        }
        if (head.body.kind == http::BodyFraming::Kind::None) {
            return bad(head.method + " needs a body");
        }
        return {};
    }
    if (has_body) return bad(head.method + " must not have a body");
    return {};
}

http::HeaderList headersForEndpoint(Surface surface,
                                    http::HeaderList from_client,
                                    const std::string& authority,
                                    const std::string& cookies) {
    http::removeHopByHop(from_client);
    const auto open = fieldsOf(surface);
    http::HeaderList headers;
    headers.add("Host", authority);
    for (const auto& header : from_client) {
        if (isOneOf(open, header.name)) headers.add(header.name, header.value);
    }
    if (!cookies.empty()) headers.add("Cookie", cookies);
    return headers;
}

http::HeaderList headersForClient(http::HeaderList from_endpoint,
                                  std::string_view authority,
                                  std::string_view client_host) {
    http::removeHopByHop(from_endpoint);
    http::HeaderList headers;
    for (const auto& header : from_endpoint) {
        if (isOneOf(kNotForClients, header.name)) continue;
        const bool points = equalsIgnoreCaseAscii(header.name, "location") ||
                            equalsIgnoreCaseAscii(header.name, "content-location");
        if (!points || header.value.find("://") == std::string::npos) {
            headers.add(header.name, header.value);
            continue;
        }
        if (const auto below = pathBelow(header.value, authority)) {
            headers.add(header.name, "https://" + std::string(client_host) + std::string(*below));
        }
    }
    return headers;
}

}  // namespace pcg::proxy
