// SPDX-License-Identifier: Apache-2.0
// What App is made of. Internal to app*.cpp: app_state.cpp opens what is on the disk, app_join.cpp
// makes the parts and joins them, app.cpp runs and stops them.
#pragma once

#include "common/bus/nats_bus.h"
#include "common/crypto/random.h"
#include "common/http/server.h"
#include "common/net/signals.h"
#include "common/store/key_vault.h"
#include "common/store/state_dir.h"
#include "controlplane-sim/app.h"
#include "controlplane-sim/audit/audit_recorder.h"
#include "controlplane-sim/broker/broker_address.h"
#include "controlplane-sim/broker/nats_server_process.h"
#include "controlplane-sim/bus_papers.h"
#include "controlplane-sim/deploy_service.h"
#include "controlplane-sim/fleet.h"
#include "controlplane-sim/observe/deployment_watch.h"
#include "controlplane-sim/observe/metrics_keeper.h"
#include "controlplane-sim/relay/pairing_service.h"
#include "controlplane-sim/rest/api.h"
#include "controlplane-sim/rest/portal_files.h"
#include "controlplane-sim/settings.h"
#include "controlplane-sim/system/system_gateways.h"
#include "controlplane-sim/tenant_keeper.h"

namespace pcg::controlplane {

inline constexpr auto kApiPort = "api_port";
inline constexpr auto kIngressPort = "ingress_port";

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
    stream::WindowPool window{wire::kMaxGlobalWindow};  // the loop's last frames give back to it
    net::Loop loop{1};
    std::unique_ptr<TenantBuses> buses;
    std::unique_ptr<bus::NatsBus> systemBus;
    std::unique_ptr<issuer::AccountPublisher> claims;
    std::unique_ptr<ConnectionWatch> connections;
    std::unique_ptr<Ingress> ingress;
    Metrics metrics;
    std::unique_ptr<MetricsKeeper> metricsKeeper;
    std::unique_ptr<Budgets> budgets;
    std::unique_ptr<EventHub> events;
    std::unique_ptr<AuditRecorder> audit;
    std::unique_ptr<Traffic> traffic;
    std::unique_ptr<GatewayWatch> watch;
    std::unique_ptr<UploadWatch> uploads;
    std::unique_ptr<Fleet> fleet;
    std::unique_ptr<TenantKeeper> keeper;
    std::unique_ptr<DeploymentWatch> deploymentWatch;
    std::unique_ptr<DeployService> deploy;
    std::unique_ptr<Papers> papers;
    std::unique_ptr<Authenticator> authenticator;
    std::unique_ptr<Api> api;
    std::unique_ptr<SystemGateways> systemGateways;
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
    Result<net::TlsServerContext> apiTls() const;
    net::Task<void> answer(http::Exchange& exchange) const;
    Result<> joinHttp();
    void joinSystemGateways();
    Result<> keepPorts();
    Result<> announce();
    net::Task<void> serve();
    net::Task<void> stop();
    void fail(Error why);
};

}  // namespace pcg::controlplane
