// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenant_keeper.h"

#include "common/log/log.h"
#include "controlplane-sim/tenancy/accounts.h"
#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/key_rotation.h"
#include "controlplane-sim/tenancy/offboarding.h"

namespace pcg::controlplane {
namespace {

constexpr log::Logger kLog{"keeper"};

// Between two steps everybody else's jobs have their turn.
constexpr std::chrono::milliseconds kBreath{5};
constexpr std::chrono::seconds kNextRound{30};

// One step of whatever is under way; false when nothing is.
Result<bool> stepOne(store::Database& database, const PlatformAuthority& authority) {
    for (const auto& tenant : PCG_TRY(Offboarding(database).leaving(authority))) {
        const bool isOver = PCG_TRY(Offboarding(database).step(authority.scopeOf(tenant)));
        if (isOver) kLog.info("tenant.left", {{"tenant_id", tenant.text()}});
        return true;
    }
    for (const auto& tenant : PCG_TRY(Accounts(database).list())) {
        KeyRotation rotation(database, authority.scopeOf(tenant.id));
        if (!PCG_TRY(rotation.isUnderWay())) continue;
        const bool isOver = PCG_TRY(rotation.step());
        if (isOver) kLog.info("tenant.key_rotated", {{"tenant_id", tenant.id.text()}});
        return true;
    }
    return false;
}

}  // namespace

TenantKeeper::TenantKeeper(Parts parts)
    : parts_(parts), wake_(parts.loop.get_executor()), ended_(parts.loop.get_executor()) {}

net::Task<Result<>> TenantKeeper::rotateKey(wire::TenantId tenant) {
    auto begin = [scope = parts_.authority.scopeOf(tenant)](store::Database& database) -> Result<> {
        return KeyRotation(database, scope).begin();
    };
    PCG_CO_CHECK(co_await parts_.store.run(std::move(begin)));
    kLog.info("tenant.key_rotation", {{"tenant_id", tenant.text()}});
    wanted_ = true;
    wake_.cancel();
    co_return Result<>{};
}

net::Task<Result<>> TenantKeeper::leave(wire::TenantId tenant) {
    auto look = [tenant](store::Database& database) { return Accounts(database).find(tenant); };
    PCG_CO_TRY(const auto known, co_await parts_.store.run(std::move(look)));
    if (!known) co_return fail(kNotFound, "There is no such tenant.");
    PCG_CO_TRY(auto tombstone, co_await parts_.fleet.tenantLeaves(tenant));
    const auto scope = parts_.authority.scopeOf(tenant);
    auto begin = [scope, tombstone, now = parts_.clock.wallNow()](store::Database& database) {
        return Offboarding(database).begin(scope, tombstone, now);
    };
    const auto begun = co_await parts_.store.run(std::move(begin));
    if (!begun) {
        // Nothing is lost yet: the tenant goes on.
        const auto again = co_await parts_.fleet.tenantCreated(tenant);
        if (!again) kLog.failure(log::Level::Error, "tenant.not_resumed", again.error());
        co_return fail(begun.error());
    }
    kLog.info("tenant.leaves", {{"tenant_id", tenant.text()}});
    parts_.events.close(tenant);
    parts_.budgets.forget(tenant);
    if (onLeave_) onLeave_(tenant);
    wanted_ = true;
    wake_.cancel();
    co_return Result<>{};
}

void TenantKeeper::start() {
    running_ = true;
    net::asio::co_spawn(parts_.loop, run(), net::asio::detached);
}

net::Task<void> TenantKeeper::stop() {
    stopping_ = true;
    wake_.cancel();
    while (running_) co_await ended_.wait();
}

net::Task<void> TenantKeeper::run() {
    while (!stopping_) {
        wanted_ = false;
        const bool isBuried = co_await bury();
        const bool isMore = co_await step();
        if (stopping_) break;
        if (isMore || wanted_)
            wake_.expires_after(kBreath);
        else
            wake_.expires_after(isBuried ? kNextRound : std::chrono::seconds(2));
        co_await wake_.async_wait(net::kAwaitTuple);
    }
    running_ = false;
    ended_.notify();
}

net::Task<bool> TenantKeeper::step() {
    auto work = [&authority = parts_.authority](store::Database& database) {
        return stepOne(database, authority);
    };
    const auto more = co_await parts_.store.run(std::move(work));
    if (!more) kLog.failure(log::Level::Warn, "keeper.step_failed", more.error());
    co_return more.has_value() && *more;
}

// True when the broker knows of every tenant that left.
net::Task<bool> TenantKeeper::bury() {
    auto look = [&authority = parts_.authority](store::Database& database) {
        return Offboarding(database).tombstones(authority);
    };
    const auto tombstones = co_await parts_.store.run(std::move(look));
    if (!tombstones) co_return false;
    bool isDone = true;
    for (const auto& tombstone : *tombstones) {
        const auto taken = co_await parts_.fleet.bury(tombstone.jwt);
        if (!taken) {
            kLog.failure(log::Level::Warn, "keeper.tombstone_not_taken", taken.error());
            isDone = false;
            continue;
        }
        auto forget = [&authority = parts_.authority,
                       tenant = tombstone.tenant](store::Database& database) {
            return Offboarding(database).tombstoneTaken(authority, tenant);
        };
        const auto forgotten = co_await parts_.store.run(std::move(forget));
        isDone = isDone && forgotten.has_value();
    }
    co_return isDone;
}

}  // namespace pcg::controlplane
