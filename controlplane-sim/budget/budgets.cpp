// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/budget/budgets.h"

#include <algorithm>

namespace pcg::controlplane {
namespace {

using std::chrono::nanoseconds;

// A tenth of a second's worth may go at once.
constexpr double kBurstSeconds = 0.1;
// One chunk of a transfer never waits longer, whatever was booked before.
constexpr std::chrono::seconds kLongestPause{2};

nanoseconds seconds(double value) { return nanoseconds(static_cast<std::int64_t>(value * 1e9)); }

}  // namespace

nanoseconds Pace::ahead(SteadyTime now, double perSecond, double burst) const {
    return std::max(nanoseconds(0), nanoseconds(due_ - now) - seconds(burst / perSecond));
}

nanoseconds Pace::book(SteadyTime now, double amount, double perSecond, double burst) {
    const auto wait = ahead(now, perSecond, burst);
    due_ = std::max(due_, now) + seconds(amount / perSecond);
    return wait;
}

std::shared_ptr<TenantBudget> Budgets::of(const wire::TenantId& tenant) {
    auto& budget = tenants_[tenant];
    if (!budget) budget = std::make_shared<TenantBudget>(loop_, *this);
    return budget;
}

bool Budgets::isShared(const TenantBudget& one) const {
    const auto since = now() - kRecently;
    return std::any_of(tenants_.begin(), tenants_.end(), [&](const auto& entry) {
        return entry.second.get() != &one && entry.second->lastUse_ > since;
    });
}

net::Task<Error> TenantBudget::refusal(std::string why) {
    ++refused_;
    if (refused_ <= all_.limits().waiting) {
        net::Timer pause(loop_, all_.limits().refusalDelay);
        co_await pause.async_wait(net::kAwaitTuple);
    }
    --refused_;
    co_return Error(kOverBudget, std::move(why));
}

net::Task<Result<std::unique_ptr<TenantBudget::Stream>>> TenantBudget::enter() {
    const auto& limits = all_.limits();
    const auto now = all_.now();
    lastUse_ = now;
    if (streams_ >= limits.streams) {
        std::string why = "The tenant has " + std::to_string(limits.streams) + " calls open.";
        co_return fail(co_await refusal(std::move(why)));
    }
    auto stream = std::make_unique<Stream>(shared_from_this());
    if (!all_.isShared(*this)) co_return std::move(stream);
    const double rate = limits.requestsPerSecond;
    const double burst = std::max(1.0, rate * kBurstSeconds);
    const auto ahead = requests_.ahead(now, rate, burst);
    if (ahead > limits.longestWait || (ahead.count() > 0 && waiting_ >= limits.waiting)) {
        std::string why = "The tenant asks more than " + std::to_string(limits.requestsPerSecond) +
                          " times a second.";
        stream.reset();
        co_return fail(co_await refusal(std::move(why)));
    }
    requests_.book(now, 1, rate, burst);
    if (ahead.count() > 0) {
        ++waiting_;
        net::Timer turn(loop_, ahead);
        co_await turn.async_wait(net::kAwaitTuple);
        --waiting_;
    }
    co_return std::move(stream);
}

net::Task<void> TenantBudget::Stream::carried(std::size_t bytes) {
    auto& budget = *budget_;
    const auto now = budget.all_.now();
    budget.lastUse_ = now;
    if (!budget.all_.isShared(budget)) co_return;
    const auto rate = static_cast<double>(budget.all_.limits().bytesPerSecond);
    const auto wait =
        budget.bytes_.book(now, static_cast<double>(bytes), rate, rate * kBurstSeconds);
    if (wait.count() == 0) co_return;
    net::Timer pause(budget.loop_, std::min<nanoseconds>(wait, kLongestPause));
    co_await pause.async_wait(net::kAwaitTuple);
}

}  // namespace pcg::controlplane
