// SPDX-License-Identifier: Apache-2.0
// What the control plane opens before there is a loop: its state directory, its keys, its broker.
#include "controlplane-sim/app_parts.h"
#include "controlplane-sim/broker/broker_export.h"
#include "controlplane-sim/broker/child_process.h"
#include "controlplane-sim/broker/ports_file.h"
#include "controlplane-sim/broker_papers.h"
#include "controlplane-sim/private_files.h"
#include "controlplane-sim/tenancy/schema.h"
#include "controlplane-sim/tenancy/sealed_table.h"

namespace pcg::controlplane {
namespace {

constexpr log::Logger kLog{"controlplane"};
constexpr std::chrono::seconds kBrokerStart{20};

// Opened with the database before there is a storage thread, used on that thread afterwards.
PkiStorage storageOf(store::KeyVault& vault) {
    return {
        [&vault](const std::string& name) { return vault.get(name); },
        [&vault](const std::string& name, const Secret& value) { return vault.put(name, value); }};
}

}  // namespace

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
    wanted.settings.ports = {order.port, order.monitorPort, order.webSocketPort};
    wanted.settings.webSocketHost = order.webSocketAddress;
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

}  // namespace pcg::controlplane
