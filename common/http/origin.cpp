// SPDX-License-Identifier: Apache-2.0
#include "common/http/origin.h"

#include "common/base/text.h"
#include "common/http/errc.h"
#include "common/http/transport.h"
#include "common/net/dialer.h"

namespace pcg::http {

Result<net::Target> parseHttpsOrigin(std::string_view url) {
    const auto refused = [&url] {
        return fail(kOrigin,
                    "\"" + std::string(url.substr(0, 256)) +
                        "\" is not the address of a server; write https://HOST:PORT");
    };
    constexpr std::string_view kScheme = "https://";
    if (!url.starts_with(kScheme)) return refused();
    url.remove_prefix(kScheme.size());
    if (url.ends_with('/')) url.remove_suffix(1);
    std::string_view host = url;
    std::string_view port = "443";
    const auto bracket = url.rfind(']');
    const auto colon = url.rfind(':');
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
        host = url.substr(0, colon);
        port = url.substr(colon + 1);
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    const auto number = parseUnsigned(port);
    if (host.empty() || host.find_first_of("/@? ") != std::string_view::npos || !number ||
        *number == 0 || *number > 65535) {
        return refused();
    }
    return net::Target{std::string(host), static_cast<std::uint16_t>(*number)};
}

Result<std::shared_ptr<Caller>> httpsCaller(net::Loop& loop,
                                            const net::Target& target,
                                            net::Trust trust,
                                            std::optional<net::CertificateAndKey> identity) {
    auto context = PCG_TRY(net::TlsClientContext::create(std::move(trust), std::move(identity)));
    auto dialer = std::make_shared<net::Dialer>(std::move(context));
    ClientOptions options;
    options.authority = target.text();
    options.maxConnections = 8;
    return std::make_shared<Client>(
        loop, tlsOpener(std::move(dialer), target.host, target.port), std::move(options));
}

}  // namespace pcg::http
