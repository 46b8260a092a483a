// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/system/system_gateways.h"

#include "common/base/backoff.h"
#include "common/log/log.h"
#include "controlplane-sim/tenancy/accounts.h"
#include "controlplane-sim/tenancy/errc.h"

#include <algorithm>

namespace pcg::controlplane {
namespace {

using namespace std::chrono_literals;

constexpr log::Logger kLog{"system-gateways"};
constexpr std::chrono::milliseconds kLookWhileEnrolling{250};
constexpr std::chrono::milliseconds kLookWhilePaired{5'000};
constexpr std::chrono::milliseconds kEnrollPauseBase{1'000};
constexpr std::chrono::milliseconds kEnrollPauseCap{60'000};
constexpr auto kLabel = "system";  // what the tenant sees until it renames it
constexpr auto kActive = "active";

}  // namespace

// Shared with its coroutine and with what its program's thread posts.
struct SystemGateways::Instance {
    Instance(const SystemOffer& given, InstanceFiles where, net::Executor executor, Random& random)
        : offer(given),
          files(std::move(where)),
          wake(executor),
          pause(kEnrollPauseBase, kEnrollPauseCap, random) {}

    SystemOffer offer;
    InstanceFiles files;
    std::optional<int> pid;
    std::string pairing;  // as it says itself; empty before it does
    std::string why;
    std::int64_t starts = 0;
    net::Timer wake;
    Backoff pause;
    bool isEnding = false;
    std::optional<Result<>> ended;  // with what became of its files
    std::unique_ptr<SupervisedProgram> program;
};

SystemGateways::SystemGateways(Parts parts, SystemGatewaySettings settings)
    : parts_(parts), settings_(std::move(settings)), changed_(parts.loop.get_executor()) {}

SystemGateways::~SystemGateways() = default;

net::Task<Result<>> SystemGateways::start() {
    auto load = [this](store::Database& database) {
        return SystemOffers(database, parts_.authority).all();
    };
    PCG_CO_TRY(const auto offers, co_await parts_.store.run(std::move(load)));
    for (const auto& offer : offers) {
        if (!offer.withdrawn) launch(offer);
    }
    // Withdrawn before the last end, or of a tenant that left: nothing of it stays.
    for (const auto& instance : instancesIn(settings_.root)) {
        if (!instances_.contains(instance)) {
            const auto wiped = co_await wipe(instance);
            if (!wiped) kLog.failure(log::Level::Error, "system_gateway.not_wiped", wiped.error());
        }
    }
    for (const auto& offer : offers) {
        if (!offer.withdrawn) continue;
        const auto wiped = co_await wipe(offer.instance);
        if (!wiped) kLog.failure(log::Level::Error, "system_gateway.not_wiped", wiped.error());
    }
    co_return Result<>{};
}

net::Task<void> SystemGateways::stop() {
    stopping_ = true;
    for (const auto& [name, instance] : instances_) {
        instance->isEnding = true;
        instance->wake.cancel();
        instance->program->end(SupervisedProgram::Ending::Keep);
    }
    const auto isOver = [this] {
        return atWork_ == 0 &&
               std::all_of(instances_.begin(), instances_.end(), [](const auto& entry) {
                   return entry.second->ended.has_value();
               });
    };
    while (!isOver()) co_await changed_.wait();
    instances_.clear();
}

void SystemGateways::launch(const SystemOffer& offer) {
    const InstanceFiles files(settings_, offer.instance);
    auto instance =
        std::make_shared<Instance>(offer, files, parts_.loop.get_executor(), parts_.random);
    SupervisedProgram::Options options;
    options.executable = settings_.program;
    options.arguments = {"--config", files.configuration().string()};
    options.log = files.log();
    options.prepare = [this, files, tenant = offer.tenant] {
        return files.write(settings_, tenant);
    };
    options.confinedTo = Confinement::Files{
        files.directory(), settings_.root.parent_path(), settings_.controlplaneCa};
    options.wipe = [files] { return files.wipe(); };
    const auto post = [this](auto what) { net::asio::post(parts_.loop, std::move(what)); };
    SupervisedProgram::Observer observer;
    // Locked on the loop only: the last owner must not be the thread that it would wait for.
    const std::weak_ptr<Instance> weak = instance;
    observer.onStarted = [post, weak](int pid) {
        post([weak, pid] {
            const auto self = weak.lock();
            if (!self) return;
            self->pid = pid;
            ++self->starts;
            self->why.clear();
            kLog.info("system_gateway.started",
                      {{"tenant_id", self->offer.tenant.text()}, {"pid", pid}});
        });
    };
    observer.onDown = [post, weak](const std::string& why) {
        post([weak, why] {
            const auto self = weak.lock();
            if (!self) return;
            self->pid.reset();
            self->pairing.clear();
            self->why = why;
            kLog.error("system_gateway.down",
                       {{"tenant_id", self->offer.tenant.text()}, {"why", why}});
        });
    };
    observer.onEnded = [this, post, weak](Result<> wiped) {
        post([this, weak, wiped = std::move(wiped)] {
            const auto self = weak.lock();
            if (!self) return;
            self->pid.reset();
            self->ended = wiped;
            changed_.notify();
        });
    };
    instance->program =
        std::make_unique<SupervisedProgram>(std::move(options), std::move(observer), parts_.random);
    instances_.emplace(offer.instance, instance);
    net::asio::co_spawn(parts_.loop, tend(this, std::move(instance)), net::asio::detached);
}

// From its first word to its end: whenever it shows a code, it is enrolled.
net::Task<void> SystemGateways::tend(SystemGateways* self, std::shared_ptr<Instance> instance) {
    ++self->atWork_;
    while (!instance->isEnding) {
        instance->wake.expires_after(instance->pairing == kActive ? kLookWhilePaired
                                                                  : kLookWhileEnrolling);
        co_await instance->wake.async_wait(net::kAwaitTuple);
        if (!instance->isEnding && instance->pid) co_await self->look(instance);
    }
    --self->atWork_;
    self->changed_.notify();
}

net::Task<void> SystemGateways::look(std::shared_ptr<Instance> instance) {
    auto report = co_await askGateway(parts_.loop, instance->files.socket());
    if (!report) co_return;  // not there yet, or on its way down: its program tells
    instance->pairing = report->pairing;
    instance->why = report->message;
    if (report->pairing != "offered" || instance->isEnding) co_return;
    const auto enrolled = co_await enroll(instance, std::move(*report));
    if (enrolled || instance->isEnding) {
        instance->pause.reset();
        co_return;
    }
    kLog.failure(log::Level::Warn,
                 "system_gateway.not_enrolled",
                 enrolled.error(),
                 {{"tenant_id", instance->offer.tenant.text()}});
    instance->why = enrolled.error().message();
    instance->wake.expires_after(instance->pause.next());
    co_await instance->wake.async_wait(net::kAwaitTuple);
}

net::Task<Result<>> SystemGateways::enroll(std::shared_ptr<Instance> instance,
                                           GatewayReport report) {
    const auto tenant = instance->offer.tenant;
    PCG_CO_TRY(auto code, pairing::PairingCode::parse(report.code.revealText()));
    auto look = [tenant](store::Database& database) { return Accounts(database).find(tenant); };
    PCG_CO_TRY(const auto known, co_await parts_.store.run(std::move(look)));
    if (!known) co_return fail(kNotFound, "The tenant is gone.");
    PairingService::PlatformRun run{parts_.authority.scopeOf(tenant),
                                    known->name,
                                    kLabel,
                                    std::move(code),
                                    report.gatewayId,
                                    [instance] { return !instance->isEnding; }};
    instance->pairing = "enrolling";
    co_return co_await pairing_->enrollForPlatform(std::move(run));
}

net::Task<Result<>> SystemGateways::end(std::shared_ptr<Instance> instance,
                                        SupervisedProgram::Ending how) {
    instance->isEnding = true;
    instance->wake.cancel();
    instance->program->end(how);
    while (!instance->ended) co_await changed_.wait();
    co_return *instance->ended;
}

net::Task<Result<>> SystemGateways::wipe(std::string instance) {
    auto work = [files = InstanceFiles(settings_, instance),
                 instance,
                 &authority = parts_.authority](store::Database& database) -> Result<> {
        PCG_TRY(files.wipe());
        return SystemOffers(database, authority).wiped(instance);
    };
    co_return co_await parts_.store.run(std::move(work));
}

void SystemGateways::record(const wire::TenantId& tenant,
                            std::string_view action,
                            std::string gatewayId) {
    AuditEvent event;
    event.actor = {ActorKind::Platform, "operator"};
    event.action = action;
    event.target = {"gateway", std::move(gatewayId), kLabel};
    parts_.audit.record(tenant, std::move(event));
    kLog.info(action, {{"tenant_id", tenant.text()}});
}

net::Task<Result<SystemGateways::Offered>> SystemGateways::offer(wire::TenantId tenant) {
    PCG_CO_CHECK(checkOffering(settings_));
    const auto name = toHex(parts_.random.array<6>());
    auto work = [this, tenant, name, now = parts_.clock.wallNow()](
                    store::Database& database) -> Result<std::pair<SystemOffer, bool>> {
        SystemOffers offers(database, parts_.authority);
        const bool isNew = PCG_TRY(offers.offer(tenant, name, settings_.most, now));
        auto stored = PCG_TRY(offers.find(tenant));
        if (!stored) return fail(kNotFound, "There is no such tenant.");
        return std::pair(std::move(*stored), isNew);
    };
    PCG_CO_TRY(const auto offered, co_await parts_.store.run(std::move(work)));
    const auto& stored = offered.first;
    const bool isNew = offered.second;
    if (isNew) {
        record(tenant, "system_gateway.offer", {});
        if (!stopping_) launch(stored);
    }
    PCG_CO_TRY(auto view, co_await viewOf(stored));
    co_return Offered{std::move(view), isNew};
}

net::Task<Result<>> SystemGateways::withdraw(wire::TenantId tenant) {
    auto work = [this, tenant, now = parts_.clock.wallNow()](store::Database& database)
        -> Result<std::pair<SystemOffer, std::vector<wire::GatewayId>>> {
        SystemOffers offers(database, parts_.authority);
        auto released = PCG_TRY(offers.withdraw(tenant, now));
        auto stored = PCG_TRY(offers.find(tenant));
        if (!stored) return fail(kNotFound, "This tenant has no system gateway.");
        return std::pair(std::move(*stored), std::move(released));
    };
    PCG_CO_TRY(const auto withdrawn, co_await parts_.store.run(std::move(work)));
    const auto& stored = withdrawn.first;
    const auto& released = withdrawn.second;
    const auto found = instances_.find(stored.instance);
    const auto instance = found == instances_.end() ? nullptr : found->second;
    const bool isFirst = !released.empty() || (instance && !instance->isEnding);
    if (isFirst) {
        auto id = released.empty() ? std::string() : released.front().text();
        record(tenant, "system_gateway.withdraw", std::move(id));
    }
    if (instance) instance->isEnding = true;  // it shows another code soon: nobody is to take it
    // Released is released: the broker is told of the revoked key until it has taken it.
    for (const auto& id : released) {
        const auto scope = parts_.authority.scopeOf(tenant);
        const auto told = co_await parts_.lifecycle.gatewayReleased(scope, id);
        if (!told) kLog.failure(log::Level::Warn, "system_gateway.not_announced", told.error());
    }
    if (instance) {
        const auto ended = co_await end(instance, SupervisedProgram::Ending::Wipe);
        instances_.erase(stored.instance);
        if (!ended) kLog.failure(log::Level::Error, "system_gateway.not_wiped", ended.error());
    }
    co_return co_await wipe(stored.instance);  // or what is left of it
}

void SystemGateways::tenantLeft(const wire::TenantId& tenant) {
    for (const auto& [name, instance] : instances_) {
        if (instance->offer.tenant == tenant && !instance->isEnding)
            net::asio::co_spawn(parts_.loop, endAndForget(this, instance), net::asio::detached);
    }
}

net::Task<void> SystemGateways::endAndForget(SystemGateways* self,
                                             std::shared_ptr<Instance> instance) {
    ++self->atWork_;
    const auto ended = co_await self->end(instance, SupervisedProgram::Ending::Wipe);
    if (!ended) kLog.failure(log::Level::Error, "system_gateway.not_wiped", ended.error());
    if (!self->stopping_) self->instances_.erase(instance->offer.instance);
    --self->atWork_;
    self->changed_.notify();
}

net::Task<Result<SystemGatewayView>> SystemGateways::viewOf(SystemOffer offer) {
    const auto scope = parts_.authority.scopeOf(offer.tenant);
    auto work = [scope](store::Database& database) { return Gateways(database).systemOnes(scope); };
    PCG_CO_TRY(const auto gateways, co_await parts_.store.run(std::move(work)));
    SystemGatewayView view{offer.tenant, "starting", {}, std::nullopt, std::nullopt, 0, {}};
    view.offeredAt = offer.offeredAt;
    const auto found = instances_.find(offer.instance);
    if (found != instances_.end()) {
        const auto& instance = *found->second;
        view.pid = instance.pid;
        view.restarts = std::max<std::int64_t>(0, instance.starts - 1);
        view.why = instance.why;
        if (!instance.pairing.empty()) view.state = "enrolling";
    }
    if (!gateways.empty() && gateways.front().state == GatewayState::Active) {
        const auto live = parts_.live.live(scope, gateways.front().id);
        view.gateway = gateways.front().id;
        view.state = live.online ? "online" : "offline";
        if (view.why.empty() && !live.online) view.why = live.why;
        if (live.online) view.why.clear();
    }
    if (offer.withdrawn) view.state = "withdrawing";
    co_return view;
}

net::Task<Result<std::optional<SystemGatewayView>>> SystemGateways::find(wire::TenantId tenant) {
    auto work = [this, tenant](store::Database& database) {
        return SystemOffers(database, parts_.authority).find(tenant);
    };
    PCG_CO_TRY(const auto offer, co_await parts_.store.run(std::move(work)));
    if (!offer) co_return std::optional<SystemGatewayView>();
    PCG_CO_TRY(auto view, co_await viewOf(*offer));
    co_return std::optional<SystemGatewayView>(std::move(view));
}

net::Task<Result<std::vector<SystemGatewayView>>> SystemGateways::list() {
    auto work = [this](store::Database& database) {
        return SystemOffers(database, parts_.authority).all();
    };
    PCG_CO_TRY(const auto offers, co_await parts_.store.run(std::move(work)));
    std::vector<SystemGatewayView> views;
    for (const auto& offer : offers) {
        PCG_CO_TRY(auto view, co_await viewOf(offer));
        views.push_back(std::move(view));
    }
    co_return views;
}

}  // namespace pcg::controlplane
