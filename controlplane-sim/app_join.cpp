// SPDX-License-Identifier: Apache-2.0
// The parts of the control plane, made and joined. Nothing runs yet.
#include "common/base/text.h"
#include "controlplane-sim/app_parts.h"
#include "controlplane-sim/external_identity.h"

namespace pcg::controlplane {
namespace {

constexpr log::Logger kLog{"controlplane"};

// Where clients of an ingress connect: the address that is listened on, unless that is every
// address.
std::string ingressHost(const SimConfig& config) {
    const bool everywhere = config.listenAddress == "0.0.0.0" || config.listenAddress == "::";
    return everywhere ? config.publicHost : config.listenAddress;
}

// A name for programs, which trust the control plane's own authority.
std::string gatewaysHost(const SimConfig& config) { return "gateways." + config.publicHost; }

// The addresses for a server certificate.
std::vector<std::string> ownAddresses(const SimConfig& config) {
    std::vector<std::string> addresses{"127.0.0.1"};
    if (ingressHost(config) == config.listenAddress && config.listenAddress != addresses.front()) {
        addresses.push_back(config.listenAddress);
    }
    return addresses;
}

}  // namespace

void App::Parts::brokerChanged(bus::LinkState state, const std::string& why) {
    if (state == bus::LinkState::Up) {
        if (!broker) kLog.info("broker.ready", {{"urls", address.urls.front()}});
        if (fleet) fleet->brokerUp();
    }
    if (state == bus::LinkState::Down && !broker && !stopping)
        kLog.error("broker.down", {{"urls", address.urls.front()}, {"why", why}});
}

Result<> App::Parts::joinBus() {
    const net::TrustCa trust{address.caPem};
    auto identity = PCG_TRY(pki->platformClientIdentity(clock.wallNow()));
    auto context = PCG_TRY(net::TlsClientContext::create(trust, std::move(identity)));
    auto dialer = std::make_shared<net::Dialer>(std::move(context));
    const auto& targets = address.targets;
    buses = std::make_unique<TenantBuses>(loop, dialer, targets, random);
    bus::NatsBusOptions options;
    options.name = "pcg-controlplane";
    options.broker = targets.front();
    options.alternates.assign(targets.begin() + 1, targets.end());
    options.inboxPrefix = issuer::kSystemInboxPrefix;
    options.credentials = PCG_TRY(issuer->systemUser());
    systemBus = std::make_unique<bus::NatsBus>(loop, dialer, std::move(options), random);
    claims = std::make_unique<issuer::AccountPublisher>(*systemBus);
    connections = std::make_unique<ConnectionWatch>(*systemBus, [this](const ConnectEvent& event) {
        if (fleet) fleet->userConnected(event);
    });
    PCG_TRY(connections->start());
    systemBus->observe({.onState = [this](bus::LinkState state,
                                          const std::string& why) { brokerChanged(state, why); },
                        .onWritable = {}});
    systemBus->start();
    return {};
}

void App::Parts::joinObservers() {
    budgets = std::make_unique<Budgets>(loop, clock, config.budget);
    events = std::make_unique<EventHub>(loop.get_executor(), EventHub::Limits{});
    AuditRecorder::Options options;
    options.keep = config.audit;
    const auto written = [this](const wire::TenantId& tenant) {
        events->publish(tenant, {"audit", "{}"});
    };
    audit = std::make_unique<AuditRecorder>(
        AuditRecorder::Parts{loop, *store, clock, authority, written}, options);
    metricsKeeper =
        std::make_unique<MetricsKeeper>(MetricsKeeper::Parts{loop, *store, clock, metrics});
    traffic = std::make_unique<Traffic>(Traffic::Parts{*budgets, metrics, *audit, clock});
    watch = std::make_unique<GatewayWatch>(
        GatewayWatch::Parts{loop, *store, clock, authority, *audit, *events});
    uploads = std::make_unique<UploadWatch>(
        UploadWatch::Parts{loop, *store, clock, authority, *audit, *events});
    deploymentWatch = std::make_unique<DeploymentWatch>(*events, *audit, clock);
}

Result<> App::Parts::joinIngress() {
    const auto identity = PCG_TRY(
        pki->serverIdentity({config.publicHost, "localhost", "*.ingress." + config.publicHost},
                            ownAddresses(config),
                            clock.wallNow()));
    IngressOptions options;
    options.address = config.listenAddress;
    options.sharedPort = ingressPort;
    options.tls = std::make_shared<const net::TlsServerContext>(
        PCG_TRY(net::TlsServerContext::create(identity)));
    ingress = PCG_TRY(Ingress::create(loop, std::move(options)));
    ingressPort = ingress->sharedPort();
    fleet = std::make_unique<Fleet>(Fleet::Parts{loop,
                                                 *store,
                                                 authority,
                                                 clock,
                                                 random,
                                                 *issuer,
                                                 *claims,
                                                 *buses,
                                                 *ingress,
                                                 window,
                                                 wire::newId<wire::InstanceId>(random),
                                                 config.publicHost,
                                                 *watch,
                                                 *traffic,
                                                 *uploads});
    keeper = std::make_unique<TenantKeeper>(
        TenantKeeper::Parts{loop, *store, clock, authority, *fleet, *budgets, *events});
    return {};
}

// Gateways know the authority of our own certificate and pin it; browsers do not. So a certificate
// from elsewhere is for those who ask for the portal's name, and for nobody else.
Result<net::TlsServerContext> App::Parts::apiTls() const {
    const auto own =
        PCG_TRY(pki->serverIdentity({config.publicHost, "localhost", gatewaysHost(config)},
                                    ownAddresses(config),
                                    clock.wallNow()));
    const auto clients = net::ClientCertificates::Optional;
    if (config.tlsCertificate.empty())
        return net::TlsServerContext::create(own, clients, pki->gatewayAuthorityPem());
    auto external = PCG_TRY(
        externalIdentity(config.tlsCertificate, config.tlsKey, config.publicHost, clock.wallNow()));
    const net::NamedIdentity portals{config.publicHost, std::move(external)};
    return net::TlsServerContext::create(own, portals, clients, pki->gatewayAuthorityPem());
}

// The API and the pairing relay by their prefixes, the portal's files for everything else.
net::Task<void> App::Parts::answer(http::Exchange& exchange) const {
    const auto path = exchange.request().path();
    const bool served = path.starts_with("/api/") || path.starts_with("/pair/");
    return served ? router.handle(exchange) : portal.serve(exchange);
}

Result<> App::Parts::joinHttp() {
    auto context = PCG_TRY(apiTls());
    if (!config.portalDir.empty()) portal = PCG_TRY(rest::PortalFiles::load(config.portalDir));
    http::ServerOptions options;
    options.name = "api";
    options.limits.maxConnectionsPerSource = 256;
    options.admission.allowedHosts = {toLowerAscii(config.publicHost),
                                      toLowerAscii(gatewaysHost(config)),
                                      "localhost",
                                      "127.0.0.1"};
    if (ingressHost(config) == config.listenAddress) {
        options.admission.allowedHosts.push_back(config.listenAddress);
    }
    options.tls = std::make_shared<const net::TlsServerContext>(std::move(context));
    server = PCG_TRY(http::Server::listenTcp(
        loop,
        config.listenAddress,
        apiPort,
        [this](http::Exchange& exchange) { return answer(exchange); },
        std::move(options)));
    apiPort = server->port();
    return {};
}

Result<> App::Parts::join() {
    joinObservers();
    PCG_TRY(joinBus());
    PCG_TRY(joinIngress());
    PCG_TRY(joinHttp());
    const auto origin = "https://" + config.listenAddress + ":" + std::to_string(apiPort);
    deploy = std::make_unique<DeployService>(DeployService::Parts{loop,
                                                                  *store,
                                                                  authority,
                                                                  clock,
                                                                  random,
                                                                  *deploymentWatch,
                                                                  *fleet,
                                                                  *audit,
                                                                  ingressHost(config),
                                                                  pki->rootPem()});
    joinSystemGateways();
    authenticator = std::make_unique<Authenticator>(*store, clock, operatorTokenSha256);
    api = std::make_unique<Api>(Api::Parts{*store,
                                           *envelope,
                                           clock,
                                           random,
                                           fleet->live(),
                                           *fleet,
                                           *fleet,
                                           *deploy,
                                           config.publicHost,
                                           ingressHost(config),
                                           *audit,
                                           *events,
                                           *uploads,
                                           metrics,
                                           *keeper,
                                           *systemGateways},
                                *authenticator);
    api->addTo(router);
    papers = std::make_unique<Papers>(
        *issuer, *fleet, Papers::Broker{address.urls, address.serverNames, address.caPem});
    pairing = std::make_unique<PairingService>(
        PairingService::Parts{
            loop, *store, clock, random, *pki, *ratchets, authority, *papers, audit.get()},
        *authenticator,
        Relay::Limits{},
        origin);
    pairing->addTo(router);
    systemGateways->enrollWith(*pairing);
    return keepPorts();
}

// They come to our own address, where the server shows our own certificate whoever signed the
// portal's.
void App::Parts::joinSystemGateways() {
    SystemGatewaySettings settings;
    std::error_code ignored;  // a path that is empty stays so
    settings.root = std::filesystem::absolute(dir / "sg", ignored);
    settings.program =
        config.systemGatewayProgram.empty() ? findGatewayProgram() : config.systemGatewayProgram;
    settings.controlplaneUrl =
        "https://" + ownAddresses(config).back() + ":" + std::to_string(apiPort);
    settings.controlplaneCa = std::filesystem::absolute(dir / "ca.pem", ignored);
    settings.networks = config.systemGatewayNetworks;
    settings.most = config.systemGateways;
    systemGateways = std::make_unique<SystemGateways>(
        SystemGateways::Parts{
            loop, *store, clock, random, authority, *fleet, fleet->live(), *audit},
        std::move(settings));
    keeper->onLeave([this](const wire::TenantId& tenant) { systemGateways->tenantLeft(tenant); });
}

}  // namespace pcg::controlplane
