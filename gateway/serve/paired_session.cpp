// SPDX-License-Identifier: Apache-2.0
#include "gateway/serve/paired_session.h"

#include "common/bus/errc.h"
#include "common/http/problem.h"
#include "common/log/log.h"
#include "common/wire/limits.h"
#include "gateway/enrollment/errc.h"
#include "gateway/enrollment/renewal.h"
#include "gateway/serve/attachment.h"

#include <algorithm>

namespace pcg::gateway {
namespace {

constexpr log::Logger kLog("gateway");
constexpr std::chrono::seconds kAskAgainAfter{30};
constexpr std::chrono::milliseconds kRetirePoll{500};
// What the broker sent to the old link before it took it off its list is there by then: a link that
// is silent for longer is taken for dead.
constexpr std::chrono::seconds kSettle{15};
// A link with streams is made anew so long before the broker would end it.
constexpr std::chrono::seconds kBeforeTheEnd{3};
// With streams that never end each renewal leaves one more link behind.
constexpr std::size_t kMaxRetiring = 3;

using AttachmentPtr = std::shared_ptr<Attachment>;

}  // namespace

// Shared with the coroutines that it spawned; they end soon after stop().
struct PairedSession::Core : std::enable_shared_from_this<Core> {
    explicit Core(PairedPorts ports_)
        : ports(std::move(ports_)),
          pool(wire::kMaxPeerWindow),
          renewal(
              ports.enrollment,
              ports.clock,
              ports.random,
              [this] { papersRenewed(); },
              [this](const Error& why) { over(why.message()); }) {}

    Result<AttachmentPtr> attach();
    ControlSession::Events eventsOf(std::uint64_t number);
    void welcomed(std::uint64_t number);
    void linkChanged(std::uint64_t number, bus::LinkState state);
    void papersRenewed();
    void replaceCurrent();
    void promote();
    void over(std::string why);
    void askIfRefused();
    bool mayGo(Attachment& old, SteadyTime since);
    std::vector<AttachmentPtr> all() const;
    net::Task<void> serve(http::Exchange& exchange, const tunnel::StreamInfo& info);

    static net::Task<void> acknowledge(std::shared_ptr<Core> core);
    static net::Task<void> askWhetherWeBelong(std::shared_ptr<Core> core);
    static net::Task<void> renew(std::shared_ptr<Core> core);
    static net::Task<void> retire(std::shared_ptr<Core> core, AttachmentPtr old);
    static net::Task<void> discard(std::shared_ptr<Core> core, AttachmentPtr unused);

    PairedPorts ports;
    stream::WindowPool pool;
    Inventory inventory;
    AttachmentPtr current;
    AttachmentPtr next;  // takes its place once it is welcomed
    std::vector<AttachmentPtr> retiring;
    std::uint64_t lastNumber = 0;
    Renewal renewal;
    bool acknowledging = false;
    bool asking = false;
    SteadyTime askedAt = SteadyTime::min();
    bool stopped = false;
};

Result<AttachmentPtr> PairedSession::Core::attach() {
    const auto number = ++lastNumber;
    AttachmentParts parts{
        .loop = ports.loop,
        .clock = ports.clock,
        .random = ports.random,
        .enrollment = ports.enrollment,
        .wayOut = ports.wayOut,
        .worked = ports.worked,
        .onTransport =
            [this](bus::Transport transport) {
                ports.worked = transport;
                if (ports.onTransport) ports.onTransport(transport);
            },
        .pool = pool,
        .boot = ports.boot,
        .hostname = ports.hostname,
        .version = ports.version,
        .auditHeads = ports.auditHeads,
        .uploads = ports.uploads,
        .handler = [this](http::Exchange& exchange,
                          const tunnel::StreamInfo& info) { return serve(exchange, info); },
        .events = eventsOf(number),
        .onLink = [this, number](bus::LinkState state) { linkChanged(number, state); },
        .number = number};
    auto made = PCG_TRY(Attachment::create(std::move(parts)));
    made->link().setInventory(inventory);
    return made;
}

net::Task<void> PairedSession::Core::serve(http::Exchange& exchange,
                                           const tunnel::StreamInfo& info) {
    if (info.surface == wire::Surface::Gateway) {
        co_await ports.remote(exchange);
        co_return;
    }
    const bool isTunnel = info.surface == wire::Surface::Opaque;
    if (isTunnel != (exchange.request().method == "CONNECT")) {
        http::Problem problem{.status = 400,
                              .code = "gateway.wrong_surface",
                              .detail =
                                  "The request does not belong to the surface that it came "
                                  "through; ask the ingress again.",
                              .retryAfter = {}};
        co_await http::respondProblem(exchange, std::move(problem));
        co_return;
    }
    auto endpoint = info.endpoint;
    auto requestId = info.requestId.text();
    co_await ports.service.serve(exchange, std::move(endpoint), std::move(requestId));
}

ControlSession::Events PairedSession::Core::eventsOf(std::uint64_t number) {
    return {.onWelcome = [this, number] { welcomed(number); },
            .onUnpair =
                [this](const std::string& reason) {
                    over("The tenant released this gateway: " + reason);
                },
            .onRenewNow = [this] { renewal.soon(); }};
}

void PairedSession::Core::welcomed(std::uint64_t number) {
    if (stopped) return;
    kLog.info("link.welcomed", {{"number", number}});
    // From within a callback of its session, which promote() would pull away under it.
    if (next && next->number() == number)
        net::asio::post(ports.loop, [weak = weak_from_this(), number] {
            const auto core = weak.lock();
            if (core && !core->stopped && core->next && core->next->number() == number)
                core->promote();
        });
    const auto& papers = ports.enrollment.record().provisioned;
    if (acknowledging || !papers || papers->acknowledged) return;
    acknowledging = true;
    net::asio::co_spawn(ports.loop, acknowledge(shared_from_this()), net::asio::detached);
}

// A link that is up stays until another one is: calls go on over the old one, new ones come over
// the new one. One that is down needs no more than the new token.
void PairedSession::Core::papersRenewed() {
    if (stopped || !current || !ports.enrollment.record().provisioned) return;
    const auto& bundle = ports.enrollment.record().provisioned->bundle;
    kLog.info("link.papers_renewed");
    for (const auto& attachment : all()) attachment->renewJwt(bundle.bus.userJwt);
    const bool sameCertificate = current->certificateChain() == bundle.clientCertChain;
    if (!current->isUp() && sameCertificate) return current->link().reconnect("renewed");
    replaceCurrent();
}

void PairedSession::Core::replaceCurrent() {
    if (next) {
        net::asio::co_spawn(ports.loop,
                            discard(shared_from_this(), std::exchange(next, nullptr)),
                            net::asio::detached);
    }
    auto made = attach();
    if (made) {
        if (auto started = (*made)->start(); !started) made = tl::unexpected(started.error());
    }
    if (!made) {
        kLog.failure(log::Level::Error, "link.not_replaced", made.error());
        return;
    }
    next = std::move(*made);
    if (!current->isUp()) promote();
}

void PairedSession::Core::promote() {
    auto old = std::exchange(current, std::exchange(next, nullptr));
    current->link().setInventory(inventory);
    kLog.info("link.replaced",
              {{"number", current->number()}, {"open_streams", old->acceptor().running()}});
    retiring.push_back(old);
    net::asio::co_spawn(
        ports.loop, retire(shared_from_this(), std::move(old)), net::asio::detached);
}

bool PairedSession::Core::mayGo(Attachment& old, SteadyTime since) {
    const bool tooMany = retiring.size() > kMaxRetiring && retiring.front().get() == &old;
    if (stopped || tooMany) return true;
    const bool ending = old.tokenEnds() - ports.clock.wallNow() < kBeforeTheEnd;
    if (old.acceptor().running() == 0)
        return ending || !old.isUp() || ports.clock.now() - since >= kSettle;
    // The streams bear a moment without a link; the broker's end of it would come as well.
    if (ending && old.isUp()) old.link().reconnect("its token ends");
    return false;
}

net::Task<void> PairedSession::Core::retire(std::shared_ptr<Core> core, AttachmentPtr old) {
    old->acceptor().retire();
    const auto since = core->ports.clock.now();
    net::Timer timer(core->ports.loop);
    while (!core->mayGo(*old, since)) {
        timer.expires_after(kRetirePoll);
        co_await timer.async_wait(net::kAwaitTuple);
    }
    if (core->stopped) co_return;  // stop() sees to it
    std::erase(core->retiring, old);
    co_await old->stop(std::chrono::milliseconds(0));
    kLog.info("link.retired", {{"number", old->number()}});
}

net::Task<void> PairedSession::Core::discard([[maybe_unused]] std::shared_ptr<Core> core,
                                             AttachmentPtr unused) {
    co_await unused->stop(std::chrono::milliseconds(0));
}

std::vector<AttachmentPtr> PairedSession::Core::all() const {
    auto everything = retiring;
    if (current) everything.push_back(current);
    if (next) everything.push_back(next);
    return everything;
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

void PairedSession::Core::linkChanged(std::uint64_t number, bus::LinkState state) {
    if (stopped || state == bus::LinkState::Up) return;
    if (!current || current->number() != number) return;
    // What comes next may not be up yet, but it has what this one lacks.
    if (next && state == bus::LinkState::Down) {
        net::asio::post(ports.loop, [weak = weak_from_this()] {
            const auto core = weak.lock();
            if (core && !core->stopped && core->next) core->promote();
        });
    }
    askIfRefused();
}

// The broker turns us away when the tenant released us while we were off, and when our token
// expired. The control plane knows which: it renews the token, or does not know us any more.
void PairedSession::Core::askIfRefused() {
    const auto failure = current->link().view().status.lastFailure;
    const auto now = ports.clock.now();
    if (asking || !failure || !failure->is(bus::kRefused)) return;
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
        core->papersRenewed();
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
    core->current = PCG_TRY(core->attach());
    return std::unique_ptr<PairedSession>(new PairedSession(std::move(core)));
}

PairedSession::~PairedSession() = default;

Result<> PairedSession::start() {
    PCG_TRY(core_->current->start());
    net::asio::co_spawn(core_->ports.loop, Core::renew(core_), net::asio::detached);
    return {};
}

void PairedSession::setInventory(Inventory inventory) {
    core_->inventory = std::move(inventory);
    // One that retires repeats it when it reconnects: it must not be an old one.
    for (const auto& attachment : core_->all()) attachment->link().setInventory(core_->inventory);
}

void PairedSession::uploadsChanged() { core_->current->link().uploadsChanged(); }

LinkView PairedSession::view() const { return core_->current->link().view(); }

net::Task<void> PairedSession::stop(std::chrono::milliseconds drain) {
    auto core = core_;
    core->stopped = true;
    core->renewal.stop();
    const auto deadline = core->ports.clock.now() + drain;
    for (const auto& attachment : core->all()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - core->ports.clock.now());
        const auto limit = std::max(left, std::chrono::milliseconds(0));
        co_await attachment->stop(limit);
    }
}

}  // namespace pcg::gateway
