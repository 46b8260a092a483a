// SPDX-License-Identifier: Apache-2.0
// Live news for the tenants' clients: that something changed, so that they ask for it.
//
// Each listener has a bounded queue in which equal news are kept once. One that does not keep up
// gets `reset` instead of what was left out and has to begin anew; nobody waits for it. A tenant
// has a bounded number of listeners. Loop thread.
#pragma once

#include "common/http/signal.h"
#include "common/wire/ids.h"

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace pcg::controlplane {

inline constexpr ErrorCode kTooManyListeners{ErrorClass::Weather, "events.too_many_listeners"};

struct LiveEvent {
    std::string type;  // "gateway", "endpoint", "deployment", "audit", "session"; "reset"
    std::string data;  // a JSON object

    friend bool operator==(const LiveEvent&, const LiveEvent&) = default;
};

class EventHub {
  public:
    struct Limits {
        std::size_t listenersPerTenant = 16;
        std::size_t queued = 64;
    };

    class Listener {
      public:
        // What is there, or nothing when `limit` has passed. After `reset` the listener is over.
        net::Task<std::optional<LiveEvent>> next(std::chrono::milliseconds limit);

        void close();  // wakes next() for good

        bool isClosed() const { return closed_; }

      private:
        friend class EventHub;

        explicit Listener(net::Executor executor) : wake_(executor) {}

        void push(const LiveEvent& event, std::size_t most);

        std::deque<LiveEvent> queue_;
        net::Timer wake_;
        bool closed_ = false;
    };

    EventHub(net::Executor executor, Limits limits) : executor_(executor), limits_(limits) {}

    // events.too_many_listeners. Over when the last reference goes.
    Result<std::shared_ptr<Listener>> listen(const wire::TenantId& tenant);

    void publish(const wire::TenantId& tenant, const LiveEvent& event);

    // Ends every listener of a tenant that leaves, or of all.
    void close(const wire::TenantId& tenant);
    void closeAll();

    std::size_t listeners(const wire::TenantId& tenant);

  private:
    using Listeners = std::list<std::weak_ptr<Listener>>;

    static void sweep(Listeners& listeners);

    net::Executor executor_;
    Limits limits_;
    bool closed_ = false;
    std::map<wire::TenantId, Listeners> tenants_;
};

// The lines of an event stream (text/event-stream).
std::string eventText(const LiveEvent& event);

}  // namespace pcg::controlplane
