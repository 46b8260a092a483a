// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/vsphere/session_pool.h"

#include "common/net/deadline.h"
#include "controlplane-sim/deploy/errc.h"

#include <algorithm>

namespace pcg::controlplane::vsphere {
namespace {

constexpr std::size_t kConnections = 32;  // of a session: each wait takes one

}  // namespace

SessionPool::SessionPool(net::Loop& loop, const Clock& clock, Limits limits)
    : loop_(loop),
      clock_(clock),
      limits_(limits),
      sweeper_(std::make_shared<net::Timer>(loop.get_executor())) {}

SessionPool::SessionPool(net::Loop& loop, const Clock& clock)
    : SessionPool(loop, clock, Limits{}) {}

Result<std::shared_ptr<Session>> SessionPool::open(const TenantScope& scope,
                                                   const wire::EndpointId& endpoint,
                                                   deploy::Access access) {
    if (stopped_) return fail(deploy::kWeather, "The program is stopping.");
    const Key key{scope.tenant(), endpoint};
    const auto known = sessions_.find(key);
    if (known != sessions_.end() && !known->second.session->refused()) {
        known->second.used = clock_.now();
        return known->second.session;
    }
    auto session = PCG_TRY(make(std::move(access)));
    makeRoom();
    sessions_.insert_or_assign(key, Held{session, clock_.now()});
    armSweep();
    return session;
}

Result<std::shared_ptr<Session>> SessionPool::make(deploy::Access access) {
    auto caller = PCG_TRY(deploy::callerOf(loop_, access, kConnections));
    return std::make_shared<Session>(loop_.get_executor(),
                                     std::move(caller),
                                     std::move(access.username),
                                     std::move(access.password));
}

void SessionPool::makeRoom() {
    while (sessions_.size() >= limits_.sessions) {
        const auto oldest =
            std::min_element(sessions_.begin(), sessions_.end(), [](const auto& a, const auto& b) {
                return a.second.used < b.second.used;
            });
        retire(std::move(oldest->second.session));
        sessions_.erase(oldest);
    }
}

void SessionPool::forget(const wire::EndpointId& endpoint) {
    for (auto entry = sessions_.begin(); entry != sessions_.end();) {
        if (entry->first.second == endpoint) {
            retire(std::move(entry->second.session));
            entry = sessions_.erase(entry);
        } else {
            ++entry;
        }
    }
}

void SessionPool::armSweep() {
    if (sweeping_ || stopped_) return;
    sweeping_ = true;
    sweeper_->expires_after(limits_.idle / 2);
    sweeper_->async_wait([this, alive = sweeper_](const boost::system::error_code& error) {
        if (!error) sweep();
    });
}

void SessionPool::sweep() {
    sweeping_ = false;
    for (auto entry = sessions_.begin(); entry != sessions_.end();) {
        const bool idle = clock_.now() - entry->second.used > limits_.idle &&
                          entry->second.session.use_count() == 1;
        if (idle) {
            retire(std::move(entry->second.session));
            entry = sessions_.erase(entry);
        } else {
            ++entry;
        }
    }
    if (!sessions_.empty()) armSweep();
}

void SessionPool::retire(std::shared_ptr<Session> session) {
    ++*closing_;
    net::asio::co_spawn(loop_, close(std::move(session)), net::asio::detached);
}

net::Task<void> SessionPool::close(std::shared_ptr<Session> session) {
    const auto count = closing_;
    co_await session->close();
    --*count;
}

net::Task<void> SessionPool::stop(std::chrono::milliseconds drain) {
    stopped_ = true;
    sweeper_->cancel();
    for (auto& [key, held] : sessions_) retire(std::move(held.session));
    sessions_.clear();
    const auto until = clock_.now() + drain;
    while (*closing_ > 0 && clock_.now() < until) {
        co_await net::sleepFor(std::chrono::milliseconds(20));
    }
}

}  // namespace pcg::controlplane::vsphere
