// SPDX-License-Identifier: Apache-2.0
#include "gateway/link/way_out.h"

#include "common/config/errc.h"
#include "common/log/log.h"
#include "common/net/proxy_route.h"
#include "gateway/egress/gated_route.h"

namespace pcg::gateway {
namespace {

constexpr log::Logger kLog("link");

Error ofKey(std::string_view key, const Error& error) {
    return {config::kBadValue, "key \"" + std::string(key) + "\": " + error.message()};
}

Result<std::shared_ptr<net::Route>> routeFor(const EgressConfig& config,
                                             std::shared_ptr<net::Route> outside) {
    if (!config.proxy) return outside;
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
    return std::make_shared<net::ProxyRoute>(std::move(settings), std::move(outside));
}

}  // namespace

std::shared_ptr<net::Route> outsideOf(const EgressConfig& config) {
    if (config.socket.empty()) return std::make_shared<net::DirectRoute>();
    return std::make_shared<egress::GatedRoute>(config.socket);
}

WayOut::WayOut(std::shared_ptr<net::Route> route, std::function<void(const Interceptions&)> changed)
    : route_(std::move(route)), watch_(std::make_shared<Watch>()) {
    watch_->changed = std::move(changed);
}

Result<WayOut> WayOut::create(const EgressConfig& config,
                              std::shared_ptr<net::Route> outside,
                              std::function<void(const Interceptions&)> changed) {
    WayOut made(PCG_TRY(routeFor(config, std::move(outside))), std::move(changed));
    if (config.inspection == TlsInspection::AllowPairing) {
        auto trust = trustAuthoritiesIn(config.inspectionCaFile);
        if (!trust) return fail(ofKey("tls_inspection_ca_file", trust.error()));
        made.allowed_ = std::move(*trust);
    }
    return made;
}

net::Inspection WayOut::watching() const {
    net::Inspection inspection;
    inspection.onIntercepted = [watch = watch_](const net::Interception& found) {
        const auto known = watch->seen.find(found.target);
        if (known != watch->seen.end() && known->second == found) return;
        watch->seen.insert_or_assign(found.target, found);
        kLog.warn("link.tls_intercepted",
                  {{"target", found.target},
                   {"issuer", found.issuer},
                   {"issuer_sha256", found.issuerSha256},
                   {"shown_sha256", found.shownSha256}});
        if (watch->changed) watch->changed(watch->seen);
    };
    inspection.onGenuine = [watch = watch_](const net::Target& target) {
        if (watch->seen.erase(target.text()) > 0 && watch->changed) watch->changed(watch->seen);
    };
    return inspection;
}

std::shared_ptr<net::Dialer> WayOut::strictDialer(net::TlsClientContext context) const {
    return std::make_shared<net::Dialer>(
        std::move(context), route_, net::Dialer::Limits{}, watching());
}

std::shared_ptr<net::Dialer> WayOut::pairingDialer(net::TlsClientContext context) const {
    auto inspection = watching();
    inspection.accepted = allowed_;
    return std::make_shared<net::Dialer>(
        std::move(context), route_, net::Dialer::Limits{}, std::move(inspection));
}

}  // namespace pcg::gateway
