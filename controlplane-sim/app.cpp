// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/app.h"

#include "controlplane-sim/app_parts.h"
#include "controlplane-sim/private_files.h"

#include <unistd.h>

namespace pcg::controlplane {
namespace {

constexpr log::Logger kLog{"controlplane"};
constexpr std::chrono::seconds kDrain{5};

}  // namespace

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
    const auto measured = co_await metricsKeeper->start();
    if (!measured) kLog.failure(log::Level::Warn, "metrics.not_read", measured.error());
    audit->start();
    keeper->start();
    pairing->start();
    // The gateways come back by and by: what cannot be reached yet is tried again.
    const auto resumed = co_await deploy->start();
    if (!resumed) kLog.failure(log::Level::Error, "deployments.not_resumed", resumed.error());
    auto ours = co_await systemGateways->start();
    if (!ours) {
        fail(std::move(ours).error());
        co_return;
    }
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
    co_await systemGateways->stop();
    co_await metricsKeeper->stop();
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
