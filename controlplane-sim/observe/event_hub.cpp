// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/observe/event_hub.h"

#include <algorithm>

namespace pcg::controlplane {

net::Task<std::optional<LiveEvent>> EventHub::Listener::next(std::chrono::milliseconds limit) {
    if (queue_.empty() && !closed_) {
        wake_.expires_after(limit);
        co_await wake_.async_wait(net::kAwaitTuple);
    }
    if (queue_.empty()) co_return std::nullopt;
    auto event = std::move(queue_.front());
    queue_.pop_front();
    co_return event;
}

void EventHub::Listener::close() {
    closed_ = true;
    wake_.cancel();
}

void EventHub::Listener::push(const LiveEvent& event, std::size_t most) {
    if (closed_) return;
    if (std::find(queue_.begin(), queue_.end(), event) != queue_.end()) return;
    if (queue_.size() >= most) {
        queue_.clear();
        queue_.push_back({"reset", "{}"});
        closed_ = true;
    } else {
        queue_.push_back(event);
    }
    wake_.cancel();
}

void EventHub::sweep(Listeners& listeners) {
    std::erase_if(listeners, [](const auto& weak) { return weak.expired(); });
}

Result<std::shared_ptr<EventHub::Listener>> EventHub::listen(const wire::TenantId& tenant) {
    auto& listeners = tenants_[tenant];
    sweep(listeners);
    if (closed_ || listeners.size() >= limits_.listenersPerTenant) {
        return fail(kTooManyListeners,
                    "The tenant listens " + std::to_string(limits_.listenersPerTenant) +
                        " times already: close some of the browser's tabs.");
    }
    std::shared_ptr<Listener> listener(new Listener(executor_));
    listeners.push_back(listener);
    return listener;
}

void EventHub::publish(const wire::TenantId& tenant, const LiveEvent& event) {
    const auto found = tenants_.find(tenant);
    if (found == tenants_.end()) return;
    for (const auto& weak : found->second) {
        if (const auto listener = weak.lock()) listener->push(event, limits_.queued);
    }
}

void EventHub::close(const wire::TenantId& tenant) {
    const auto found = tenants_.find(tenant);
    if (found == tenants_.end()) return;
    for (const auto& weak : found->second) {
        if (const auto listener = weak.lock()) listener->close();
    }
}

void EventHub::closeAll() {
    closed_ = true;
    for (const auto& [tenant, listeners] : tenants_) close(tenant);
}

std::size_t EventHub::listeners(const wire::TenantId& tenant) {
    const auto found = tenants_.find(tenant);
    if (found == tenants_.end()) return 0;
    sweep(found->second);
    return found->second.size();
}

std::string eventText(const LiveEvent& event) {
    return "event: " + event.type + "\ndata: " + event.data + "\n\n";
}

}  // namespace pcg::controlplane
