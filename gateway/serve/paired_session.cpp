// SPDX-License-Identifier: Apache-2.0
#include "gateway/serve/paired_session.h"

#include "common/base/assert.h"
#include "common/bus/errc.h"
#include "common/log/log.h"
#include "common/tunnel/acceptor.h"
#include "common/wire/limits.h"
#include "gateway/enrollment/errc.h"
#include "gateway/enrollment/renewal.h"

#include <algorithm>

namespace pcg::gateway {
namespace {

constexpr log::Logger kLog("gateway");
constexpr std::uint16_t kBusPort = 4222;
constexpr std::chrono::milliseconds kLinkDrain{2000};
constexpr std::chrono::seconds kAskAgainAfter{30};

// The nkey stays in the enrolment's record; the link only ever gets signatures.
LinkCredentials::Sign signerOf(const Enrollment& enrollment) {
    return [&enrollment](std::string_view nonce) -> Result<Bytes> {
        return toBytes(PCG_TRY(enrollment.record().keys.nkey.sign(asBytes(nonce))));
    };
}

Result<std::shared_ptr<net::Dialer>> dialerFor(const EnrollmentRecord& record) {
    const auto& bundle = record.provisioned->bundle;
    auto key = PCG_TRY(record.keys.tls.toPem());
    net::CertificateAndKey identity{bundle.clientCertChain, std::move(key)};
    auto context =
        PCG_TRY(net::TlsClientContext::create(net::TrustCa{bundle.bus.ca}, std::move(identity)));
    return std::make_shared<net::Dialer>(std::move(context));
}

Result<ControlLinkOptions> linkOptions(const PairedPorts& ports, const wire::InstanceId& instance) {
    const auto& record = ports.enrollment.record();
    const auto& bus = record.provisioned->bundle.bus;
    if (bus.urls.empty()) {
        return fail(kPapers,
                    "The papers of this gateway name no message bus. Unpair it and pair again.");
    }
    return ControlLinkOptions{
        .broker = PCG_TRY(net::targetOfUrl(bus.urls.front(), kBusPort)),
        .identity = {.gateway = PCG_TRY(wire::parseGatewayId(record.keys.gatewayId())),
                     .nkey = PCG_TRY(wire::parseUserNkey(record.keys.nkey.publicKey().text())),
                     .instance = instance,
                     .version = ports.version,
                     .hostname = ports.hostname}};
}

}  // namespace

// Shared with the coroutines that it spawned; they end soon after stop().
struct PairedSession::Core : std::enable_shared_from_this<Core> {
    explicit Core(PairedPorts ports_)
        : ports(std::move(ports_)),
          pool(wire::kMaxPeerWindow),
          renewal(ports.enrollment, ports.clock, ports.random, [this] { tokenRenewed(); }) {}

    Result<> assemble();
    ControlSession::Events linkEvents();
    void tokenRenewed();
    void over(std::string why);
    net::Task<void> serve(http::Exchange& exchange, const tunnel::StreamInfo& info);

    void linkChanged(bus::LinkState state);

    static net::Task<void> acknowledge(std::shared_ptr<Core> core);
    static net::Task<void> askWhetherWeBelong(std::shared_ptr<Core> core);
    static net::Task<void> renew(std::shared_ptr<Core> core);

    PairedPorts ports;
    stream::WindowPool pool;
    std::unique_ptr<ControlLink> link;
    std::unique_ptr<tunnel::Acceptor> acceptor;
    Renewal renewal;
    bool acknowledging = false;
    bool asking = false;
    SteadyTime askedAt = SteadyTime::min();
    bool stopped = false;
};

Result<> PairedSession::Core::assemble() {
    const auto& record = ports.enrollment.record();
    PCG_ASSERT(record.provisioned.has_value());
    const auto instance = wire::newId<wire::InstanceId>(ports.random);
    auto options = PCG_TRY(linkOptions(ports, instance));
    const auto nkey = options.identity.nkey;
    auto credentials = std::make_shared<LinkCredentials>(
        nkey.text(), record.provisioned->bundle.bus.userJwt, signerOf(ports.enrollment));
    link = std::make_unique<ControlLink>(ports.loop,
                                         PCG_TRY(dialerFor(record)),
                                         std::move(options),
                                         std::move(credentials),
                                         ports.random,
                                         ports.clock,
                                         linkEvents());
    acceptor = std::make_unique<tunnel::Acceptor>(
        ports.loop,
        link->bus(),
        nkey,
        instance,
        pool,
        [this](http::Exchange& exchange, const tunnel::StreamInfo& info) {
            return serve(exchange, info);
        });
    return {};
}

net::Task<void> PairedSession::Core::serve(http::Exchange& exchange,
                                           const tunnel::StreamInfo& info) {
    if (info.surface == wire::Surface::Gateway) {
        co_await ports.remote(exchange);
        co_return;
    }
    auto endpoint = info.endpoint;
    auto requestId = info.requestId.text();
    co_await ports.service.serve(exchange, std::move(endpoint), std::move(requestId));
}

ControlSession::Events PairedSession::Core::linkEvents() {
    return {.onWelcome =
                [this] {
                    kLog.info("link.welcomed");
                    // Papers that were given up live no longer than the session needs to end.
                    const auto& papers = ports.enrollment.record().provisioned;
                    if (acknowledging || !papers || papers->acknowledged) return;
                    acknowledging = true;
                    net::asio::co_spawn(
                        ports.loop, acknowledge(shared_from_this()), net::asio::detached);
                },
            .onUnpair =
                [this](const std::string& reason) {
                    over("The tenant released this gateway: " + reason);
                },
            .onRenewNow = [this] { renewal.soon(); }};
}

void PairedSession::Core::tokenRenewed() {
    const auto& papers = ports.enrollment.record().provisioned;
    if (stopped || link == nullptr || !papers) return;
    link->renewJwt(papers->bundle.bus.userJwt);
    kLog.info("link.token_renewed");
}

void PairedSession::Core::over(std::string why) {
    if (stopped || !ports.onOver) return;
    std::exchange(ports.onOver, nullptr)(std::move(why));
}

net::Task<void> PairedSession::Core::acknowledge(std::shared_ptr<Core> core) {
    auto acknowledged = co_await core->ports.enrollment.acknowledge();
    core->acknowledging = false;
    if (acknowledged || core->stopped) co_return;
    kLog.failure(log::Level::Warn, "enrollment.not_acknowledged", acknowledged.error());
    if (acknowledged.error().is(kOver)) core->over(acknowledged.error().message());
}

// The broker turns us away when the tenant released us while we were off, and when our token
// expired. The control plane knows which: it renews the token, or does not know us any more.
void PairedSession::Core::linkChanged(bus::LinkState state) {
    if (stopped || asking || state == bus::LinkState::Up) return;
    const auto failure = link->view().status.lastFailure;
    const auto now = ports.clock.now();
    if (!failure || !failure->is(bus::kRefused)) return;
    if (askedAt != SteadyTime::min() && now - askedAt < kAskAgainAfter) return;
    asking = true;
    askedAt = now;
    net::asio::co_spawn(ports.loop, askWhetherWeBelong(shared_from_this()), net::asio::detached);
}

net::Task<void> PairedSession::Core::askWhetherWeBelong(std::shared_ptr<Core> core) {
    auto renewed = co_await core->ports.enrollment.renew();
    core->asking = false;
    if (core->stopped) co_return;
    if (renewed) {
        core->tokenRenewed();
        core->link->reconnect("the token was renewed");
    } else if (renewed.error().is(kOver)) {
        core->over("The control plane does not know this gateway any more: " +
                   renewed.error().message());
    } else {
        kLog.failure(log::Level::Warn, "link.refused", renewed.error());
    }
}

net::Task<void> PairedSession::Core::renew(std::shared_ptr<Core> core) {
    co_await core->renewal.run();
}

Result<std::unique_ptr<PairedSession>> PairedSession::create(PairedPorts ports) {
    auto core = std::make_shared<Core>(std::move(ports));
    PCG_TRY(core->assemble());
    return std::unique_ptr<PairedSession>(new PairedSession(std::move(core)));
}

PairedSession::~PairedSession() = default;

Result<> PairedSession::start() {
    // The bus is a member of the core, and calls it no more once it is stopped.
    core_->link->bus().observe(
        {.onState = [raw = core_.get()](bus::LinkState state,
                                        const std::string&) { raw->linkChanged(state); },
         .onWritable = {}});
    PCG_TRY(core_->acceptor->start());
    PCG_TRY(core_->link->start());
    net::asio::co_spawn(core_->ports.loop, Core::renew(core_), net::asio::detached);
    return {};
}

void PairedSession::setInventory(Inventory inventory) {
    core_->link->setInventory(std::move(inventory));
}

LinkView PairedSession::view() const { return core_->link->view(); }

net::Task<void> PairedSession::stop(std::chrono::milliseconds drain) {
    auto core = core_;
    core->stopped = true;
    core->renewal.stop();
    co_await core->acceptor->stop(drain);
    co_await core->link->stop(kLinkDrain);
}

}  // namespace pcg::gateway
