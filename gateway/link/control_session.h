// SPDX-License-Identifier: Apache-2.0
// What the gateway and the control plane tell each other about the link itself: hello and inventory
// at each connection, a heartbeat every 5 s, how far the audit and uploads are, welcome, ping and
// pong, unpair, renew-now (docs/protocol/subjects.md).
//
// The round trip is the control plane's measurement (its ping, our pong), which it tells us with
// the next ping; the heartbeat repeats it. Hello is repeated with the heartbeats until it is
// answered by a welcome of the same link. Loop thread only; `bus` must outlive the session.
#pragma once

#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/wire/subjects.h"
#include "gateway/link/inventory.h"
#include "gateway/state/audit_chain.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pcg::gateway {

struct ControlIdentity {
    wire::GatewayId gateway;
    wire::UserNkey nkey;
    wire::InstanceId instance;  // of this link's streams
    wire::InstanceId boot;      // of this run of the daemon
    std::string version;
    std::string hostname;
    std::function<std::string()> path = {};                      // how the bus is reached, in words
    std::function<std::optional<AuditHeads>()> auditHeads = {};  // nothing: not known yet
    // How far uploads are; `whole`: all that the control plane may have missed, too.
    std::function<codec::json::Object(bool whole)> uploads = {};
};

class ControlSession {
  public:
    struct Events {
        std::function<void()> onWelcome;  // the control plane knows us; once for each link
        std::function<void(const std::string& reason)> onUnpair;
        std::function<void()> onRenewNow;
    };

    static constexpr std::chrono::seconds kHeartbeat{5};
    static constexpr std::chrono::seconds kAuditHeadsEvery{60};  // when they changed

    ControlSession(net::Executor executor,
                   bus::Bus& bus,
                   ControlIdentity identity,
                   const Clock& clock,
                   Events events);
    ~ControlSession();

    ControlSession(const ControlSession&) = delete;
    ControlSession& operator=(const ControlSession&) = delete;

    // Subscribes and, if the link is up already, says hello. Once.
    Result<> start();

    // Sent at each connection and whenever it differs from what was sent last.
    void setInventory(Inventory inventory);

    // There is news of uploads: told if the link is up, else at the next one.
    void uploadsChanged();

    bool welcomed() const;  // on the present link
    std::optional<std::chrono::microseconds> roundTrip() const;

    // What the timer does; tests call it with a clock of their own.
    void heartbeat();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace pcg::gateway
