// SPDX-License-Identifier: Apache-2.0
#include "gateway/link/way_out.h"

#include "common/config/errc.h"
#include "common/net/proxy_route.h"

namespace pcg::gateway {
namespace {

Error ofKey(std::string_view key, const Error& error) {
    return {config::kBadValue, "key \"" + std::string(key) + "\": " + error.message()};
}

Result<std::shared_ptr<net::Route>> routeFor(const EgressConfig& config) {
    if (!config.proxy) return std::make_shared<net::DirectRoute>();
    net::ProxySettings settings;
    settings.address = *config.proxy;
    settings.exceptions = config.proxyExceptions;
    auto credentials = readProxyCredentials(config.proxyCredentialsFile);
    if (!credentials) return fail(ofKey("proxy_credentials_file", credentials.error()));
    settings.authorization = std::move(*credentials);
    if (config.proxy->tls) {
        auto trust = trustAuthoritiesIn(config.proxyCaFile);
        if (!trust) return fail(ofKey("proxy_ca_file", trust.error()));
        settings.tls = std::move(*trust);
    }
    return std::make_shared<net::ProxyRoute>(std::move(settings));
}

}  // namespace

Result<WayOut> WayOut::create(const EgressConfig& config) {
    return WayOut(PCG_TRY(routeFor(config)));
}

std::shared_ptr<net::Dialer> WayOut::dialer(net::TlsClientContext context) const {
    return std::make_shared<net::Dialer>(std::move(context), route_);
}

}  // namespace pcg::gateway
