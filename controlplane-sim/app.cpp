// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/app.h"

#include "common/base/text.h"
#include "common/bus/nats_bus.h"
#include "common/crypto/random.h"
#include "common/http/server.h"
#include "common/net/signals.h"
#include "common/store/key_vault.h"
#include "common/store/state_dir.h"
#include "controlplane-sim/audit/audit_recorder.h"
#include "controlplane-sim/broker/broker_address.h"
#include "controlplane-sim/broker/broker_export.h"
#include "controlplane-sim/broker/child_process.h"
#include "controlplane-sim/broker/nats_server_process.h"
#include "controlplane-sim/broker/ports_file.h"
#include "controlplane-sim/broker_papers.h"
#include "controlplane-sim/bus_papers.h"
#include "controlplane-sim/deploy_service.h"
#include "controlplane-sim/external_identity.h"
#include "controlplane-sim/fleet.h"
#include "controlplane-sim/observe/deployment_watch.h"
#include "controlplane-sim/private_files.h"
#include "controlplane-sim/relay/pairing_service.h"
#include "controlplane-sim/rest/api.h"
#include "controlplane-sim/rest/portal_files.h"
#include "controlplane-sim/settings.h"
#include "controlplane-sim/tenancy/schema.h"
#include "controlplane-sim/tenancy/sealed_table.h"
#include "controlplane-sim/tenant_keeper.h"

#include <unistd.h>

namespace pcg::controlplane {
namespace {

constexpr log::Logger kLog{"controlplane"};
constexpr std::chrono::seconds kDrain{5};
constexpr std::chrono::seconds kBrokerStart{20};
constexpr auto kApiPort = "api_port";
constexpr auto kIngressPort = "ingress_port";

// Opened with the database before there is a storage thread, used on that thread afterwards.
PkiStorage storageOf(store::KeyVault& vault) {
    return {
        [&vault](const std::string& name) { return vault.get(name); },
        [&vault](const std::string& name, const Secret& value) { return vault.put(name, value); }};
}

// Where clients of an ingress connect: the address that is listened on, unless that is every
// address.
std::string ingressHost(const SimConfig& config) {
    const bool everywhere = config.listenAddress == "0.0.0.0" || config.listenAddress == "::";
    return everywhere ? config.publicHost : config.listenAddress;
}

// The addresses for a server certificate.
std::vector<std::string> ownAddresses(const SimConfig& config) {
    std::vector<std::string> addresses{"127.0.0.1"};
    if (ingressHost(config) == config.listenAddress && config.listenAddress != addresses.front()) {
        addresses.push_back(config.listenAddress);
    }
    return addresses;
}

}  // namespace

// In order of construction; destroyed in reverse.
struct App::Parts {
    SimConfig config;
    store::StateDir dir;
    SystemClock clock;
    crypto::SystemRandom random;
    PlatformAuthority authority;
    store::Envelope* envelope = nullptr;  // the database's
    std::unique_ptr<store::KeyVault> vault;
    std::optional<Pki> pki;
    std::optional<Ratchets> ratchets;
    std::unique_ptr<issuer::Issuer> issuer;
    crypto::Digest256 operatorTokenSha256{};
    std::uint16_t apiPort = 0;
    std::uint16_t ingressPort = 0;
    std::unique_ptr<store::Worker> store;
    std::unique_ptr<broker::NatsServerProcess> broker;  // none: it is somebody else's
    broker::BrokerAddress address;
    net::Loop loop{1};
    stream::WindowPool window{wire::kMaxGlobalWindow};
    std::unique_ptr<TenantBuses> buses;
    std::unique_ptr<bus::NatsBus> systemBus;
    std::unique_ptr<issuer::AccountPublisher> claims;
    std::unique_ptr<ConnectionWatch> connections;
    std::unique_ptr<Ingress> ingress;
    Metrics metrics;
    std::unique_ptr<Budgets> budgets;
    std::unique_ptr<EventHub> events;
    std::unique_ptr<AuditRecorder> audit;
    std::unique_ptr<Traffic> traffic;
    std::unique_ptr<GatewayWatch> watch;
    std::unique_ptr<Fleet> fleet;
    std::unique_ptr<TenantKeeper> keeper;
    std::unique_ptr<DeploymentWatch> deploymentWatch;
    std::unique_ptr<DeployService> deploy;
    std::unique_ptr<Papers> papers;
    std::unique_ptr<Authenticator> authenticator;
    std::unique_ptr<Api> api;
    std::unique_ptr<PairingService> pairing;
    http::Router router;
    rest::PortalFiles portal;
    std::unique_ptr<http::Server> server;
    std::unique_ptr<net::StopSignals> signals;
    bool serving = false;  // ready.json was written; never before everything serves
    bool stopping = false;
    Result<> outcome;

    Parts(SimConfig given, store::StateDir directory, PlatformAuthority platform)
        : config(std::move(given)), dir(std::move(directory)), authority(platform) {}

    Result<> openState();
    Result<> openKeys(store::Database& database);
    void joinObservers();
    Result<> openBroker();
    Result<> startBroker();
    void brokerChanged(bus::LinkState state, const std::string& why);
    Result<> join();
    Result<> joinBus();
    Result<> joinIngress();
    Result<net::CertificateAndKey> apiIdentity() const;
    net::Task<void> answer(http::Exchange& exchange) const;
    Result<> joinHttp();
    Result<> keepPorts();
    Result<> announce();
    net::Task<void> serve();
    net::Task<void> stop();
    void fail(Error why);
};

App::App(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

App::~App() = default;

Result<std::unique_ptr<App>> App::open(const SimConfig& config) {
    auto dir = PCG_TRY(store::StateDir::open(config.stateDir));
    auto parts = std::make_unique<Parts>(config, std::move(dir), PlatformAuthority());
    std::error_code ignored;  // it is only there after an unclean end
    std::filesystem::remove(parts->dir / "ready.json", ignored);
    PCG_TRY(parts->openState());
    PCG_TRY(parts->openBroker());
    return std::unique_ptr<App>(new App(std::move(parts)));
}

Result<> App::Parts::openState() {
    auto database = PCG_TRY(store::Database::open(dir / "controlplane.db"));
    PCG_TRY(store::migrate(*database, schema()));
    PCG_TRY(openKeys(*database));
    const auto sealed = storageOf(*vault);
    pki = PCG_TRY(Pki::open(sealed, clock.wallNow(), config.lifetimes.certificate));
    ratchets = PCG_TRY(Ratchets::open(sealed, random));
    issuer = PCG_TRY(issuer::Issuer::open(sealed, random, clock, config.lifetimes.token));
    operatorTokenSha256 = PCG_TRY(operatorToken(dir / "operator-token", random));
    SimSettings settings(*database);
    apiPort = config.listenPort != 0 ? config.listenPort : PCG_TRY(settings.port(kApiPort));
    ingressPort = PCG_TRY(settings.port(kIngressPort));
    store = std::make_unique<store::Worker>(std::move(database));
    return broker::writePrivateFile(dir / "ca.pem", pki->rootPem());
}

Result<> App::Parts::openKeys(store::Database& database) {
    envelope = &database.adopt(PCG_TRY(
        store::Envelope::open(database, dir / "root.key", store::machineBinding(), random)));
    if (config.rotateRootKey) {
        PCG_TRY(envelope->rotateRoot());
        kLog.info("root_key.rotated");
    }
    vault = std::make_unique<store::KeyVault>(database, *envelope, store::Scope{});
    PCG_TRY(vault->prepare());
    const auto sealed = PCG_TRY(sealPlainRows(database, authority));
    if (sealed > 0) kLog.info("rows.sealed", {{"rows", static_cast<std::int64_t>(sealed)}});
    return {};
}

Result<std::filesystem::path> App::exportBrokerConfig(const SimConfig& config) {
    auto dir = PCG_TRY(store::StateDir::open(config.stateDir));
    Parts parts(config, std::move(dir), PlatformAuthority());
    PCG_TRY(parts.openState());
    const auto& order = *config.exportBroker;
    broker::BrokerExport wanted;
    wanted.directory = order.directory;
    wanted.settings = PCG_TRY(brokerTokens(*parts.issuer));
    wanted.settings.host = order.address;
    wanted.settings.ports = {order.port, order.monitorPort};
    wanted.clientAuthoritiesPem = parts.pki->gatewayAuthorityPem();
    if (order.certificate.empty()) {
        wanted.identity = PCG_TRY(brokerIdentity(*parts.pki, order.names, parts.clock.wallNow()));
    } else {
        wanted.settings.certificateChain = order.certificate;
        wanted.settings.privateKey = order.key;
    }
    return broker::exportBrokerConfig(std::move(wanted));
}

// An external one may be away for now: that is weather, and said by its link.
Result<> App::Parts::openBroker() {
    if (!config.broker) return startBroker();
    address = PCG_TRY(broker::addressOf(*config.broker, pki->rootPem()));
    return {};
}

Result<> App::Parts::startBroker() {
    broker::NatsServerProcess::Options options;
    options.executable =
        config.natsServer.empty() ? PCG_TRY(broker::findNatsServer()) : config.natsServer;
    options.directory = dir / "broker";
    options.settings = PCG_TRY(brokerSettings(dir, *issuer, *pki, clock.wallNow()));
    broker::NatsServerProcess::Observer observer;
    observer.onReady = [this](const broker::RunningBroker& running) {
        kLog.info("broker.ready", {{"port", running.ports.client}, {"pid", running.pid}});
        // Another pid than the one in ready.json: whoever watches the processes must learn of it.
        net::asio::post(loop, [this] {
            if (serving && !stopping) static_cast<void>(announce());
        });
    };
    observer.onDown = [](const std::string& why) { kLog.error("broker.down", {{"why", why}}); };
    broker =
        PCG_TRY(broker::NatsServerProcess::start(std::move(options), std::move(observer), random));
    address = broker::addressOf(PCG_TRY(broker->waitReady(kBrokerStart)), pki->rootPem());
    return {};
}

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
    traffic = std::make_unique<Traffic>(Traffic::Parts{*budgets, metrics, *audit, clock});
    watch = std::make_unique<GatewayWatch>(
        GatewayWatch::Parts{loop, *store, clock, authority, *audit, *events});
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
                                                 *traffic});
    keeper = std::make_unique<TenantKeeper>(
        TenantKeeper::Parts{loop, *store, clock, authority, *fleet, *budgets, *events});
    return {};
}

Result<net::CertificateAndKey> App::Parts::apiIdentity() const {
    if (!config.tlsCertificate.empty()) {
        return externalIdentity(
            config.tlsCertificate, config.tlsKey, config.publicHost, clock.wallNow());
    }
    return pki->serverIdentity(
        {config.publicHost, "localhost"}, ownAddresses(config), clock.wallNow());
}

// The API and the pairing relay by their prefixes, the portal's files for everything else.
net::Task<void> App::Parts::answer(http::Exchange& exchange) const {
    const auto path = exchange.request().path();
    const bool served = path.starts_with("/api/") || path.starts_with("/pair/");
    return served ? router.handle(exchange) : portal.serve(exchange);
}

Result<> App::Parts::joinHttp() {
    const auto identity = PCG_TRY(apiIdentity());
    if (!config.portalDir.empty()) portal = PCG_TRY(rest::PortalFiles::load(config.portalDir));
    auto context = PCG_TRY(net::TlsServerContext::create(
        identity, net::ClientCertificates::Optional, pki->gatewayAuthorityPem()));
    http::ServerOptions options;
    options.name = "api";
    options.limits.maxConnectionsPerSource = 256;
    options.admission.allowedHosts = {toLowerAscii(config.publicHost), "localhost", "127.0.0.1"};
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
                                           metrics,
                                           *keeper},
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
    return keepPorts();
}

Result<> App::Parts::keepPorts() {
    const auto accepted =
        store->post([api = apiPort, ingress = ingressPort](store::Database& database) -> Result<> {
            SimSettings settings(database);
            PCG_TRY(settings.setPort(kApiPort, api));
            return settings.setPort(kIngressPort, ingress);
        });
    if (!accepted) kLog.warn("ports.not_kept");
    return {};
}

Result<> App::Parts::announce() {
    const auto running = broker ? broker->running() : std::nullopt;
    ReadyFile ready;
    ready.url = "https://" + config.listenAddress + ":" + std::to_string(apiPort);
    ready.ca = (dir / "ca.pem").string();
    ready.operatorTokenFile = (dir / "operator-token").string();
    ready.pid = ::getpid();
    ready.busUrl = address.urls.front();
    ready.monitorUrl = address.monitorUrl;
    if (running) ready.natsPid = running->pid;
    return writeReadyFile(dir / "ready.json", ready);
}

net::Task<void> App::Parts::serve() {
    auto started = co_await fleet->start();
    if (!started) {
        fail(std::move(started).error());
        co_return;
    }
    audit->start();
    keeper->start();
    pairing->start();
    // The gateways come back by and by: what cannot be reached yet is tried again.
    const auto resumed = co_await deploy->start();
    if (!resumed) kLog.failure(log::Level::Error, "deployments.not_resumed", resumed.error());
    serving = true;
    const auto announced = announce();
    if (!announced) {
        fail(announced.error());
        co_return;
    }
    kLog.info("controlplane.ready", {{"port", apiPort}, {"ingress_port", ingressPort}});
}

void App::Parts::fail(Error why) {
    outcome = tl::unexpected(std::move(why));
    if (!stopping) net::asio::co_spawn(loop, stop(), net::asio::detached);
}

net::Task<void> App::Parts::stop() {
    stopping = true;
    kLog.info("controlplane.stopping");
    std::error_code ignored;
    std::filesystem::remove(dir / "ready.json", ignored);
    events->closeAll();
    co_await keeper->stop();
    co_await pairing->stop();
    co_await server->stop(kDrain);
    co_await deploy->stop(kDrain);
    co_await fleet->stop(kDrain);
    co_await audit->stop();  // last: the ends of the calls above are in it
    co_await systemBus->stop(kDrain);
    signals.reset();
    loop.stop();
}

Result<> App::run() {
    auto& parts = *parts_;
    PCG_TRY(parts.join());
    parts.signals = std::make_unique<net::StopSignals>(parts.loop, [&parts](int) {
        if (!parts.stopping) net::asio::co_spawn(parts.loop, parts.stop(), net::asio::detached);
    });
    net::asio::co_spawn(parts.loop, parts.serve(), net::asio::detached);
    parts.loop.run();
    parts.store->stop();
    if (parts.broker) parts.broker->stop();
    return std::move(parts.outcome);
}

}  // namespace pcg::controlplane
