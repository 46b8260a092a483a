// SPDX-License-Identifier: Apache-2.0
#include "gateway/controlplane_caller.h"

#include "common/config/errc.h"
#include "common/http/transport.h"
#include "common/net/connect.h"

#include <fstream>
#include <iterator>

namespace pcg::gateway {
namespace {

constexpr std::uint16_t kHttps = 443;

}  // namespace

Result<net::Target> controlplaneTarget(const GatewayConfig& config) {
    return net::targetOfUrl(config.controlplaneUrl, kHttps);
}

Result<net::Trust> controlplaneTrust(const GatewayConfig& config) {
    if (config.controlplaneRootSha256)
        return net::Trust(net::TrustRootPin{{*config.controlplaneRootSha256}});
    std::ifstream in(config.controlplaneCaFile, std::ios::binary);
    std::string pem{std::istreambuf_iterator<char>(in), {}};
    const auto context = net::TlsClientContext::create(net::TrustCa{pem});
    if (!context) {
        return fail(config::kBadValue,
                    "key \"controlplane_ca_file\": " + config.controlplaneCaFile.string() + ": " +
                        context.error().message());
    }
    return net::Trust(net::TrustCa{std::move(pem)});
}

Result<std::shared_ptr<http::Caller>> controlplaneCaller(
    net::Loop& loop,
    const GatewayConfig& config,
    const WayOut& wayOut,
    net::Trust trust,
    std::optional<net::CertificateAndKey> identity) {
    const auto target = PCG_TRY(controlplaneTarget(config));
    const bool pairing = !identity;
    auto context = PCG_TRY(net::TlsClientContext::create(std::move(trust), std::move(identity)));
    auto dialer = pairing ? wayOut.pairingDialer(std::move(context))
                          : wayOut.strictDialer(std::move(context));
    http::ClientOptions options;
    options.authority = target.text();
    options.maxConnections = 8;
    options.maxIdle = 2;
    return std::make_shared<http::Client>(
        loop, http::tlsOpener(std::move(dialer), target.host, target.port), options);
}

}  // namespace pcg::gateway
