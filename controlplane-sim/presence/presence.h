// SPDX-License-Identifier: Apache-2.0
// Which gateways are there at this moment: hello, heartbeats and pongs, watched over one bus per
// tenant.
//
// A gateway is known here by expect(), which the registry calls; what arrives on the subjects of
// any other nkey is ignored. The broker lets a gateway publish on its own nkey's subjects only, so
// a subject says who speaks and the payload is never asked. Offline: three heartbeats missed, or
// our own link down. Nothing is stored; hello and inventory are handed to callbacks. Loop thread
// only; buses must outlive their tenant here.
#pragma once

#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/wire/subjects.h"
#include "controlplane-sim/presence/connections.h"
#include "controlplane-sim/rest/ports.h"
#include "controlplane-sim/tenancy/gateways.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane {

struct HelloReport {
    wire::InstanceId instance;             // of that link's streams
    std::optional<wire::InstanceId> boot;  // of that run of the daemon; an older one does not say
    std::string version;
    std::string hostname;
    std::uint64_t linkEpoch = 0;
    std::string path;  // how it reaches the bus, in words
};

// How far a chain of a gateway's audit goes, as the gateway says it.
struct ChainHead {
    std::string chain;  // "events" or "calls"
    std::uint64_t place = 0;
    std::string digest;  // 64 hexadecimal digits, lower case

    friend bool operator==(const ChainHead&, const ChainHead&) = default;
};

struct UploadsReport;

class Presence final : public LiveGateways {
  public:
    struct Events {
        // Any may be empty. Called on the loop.
        std::function<void(const wire::TenantId&, const wire::GatewayId&, const HelloReport&)>
            onHello;
        std::function<void(
            const wire::TenantId&, const wire::GatewayId&, std::vector<ReportedEndpoint>)>
            onInventory;
        std::function<void(const wire::TenantId&, const wire::GatewayId&, std::vector<ChainHead>)>
            onAuditHeads;
        std::function<void(const wire::TenantId&, const wire::GatewayId&, const UploadsReport&)>
            onUploads;
        std::function<void(const wire::TenantId&, const wire::GatewayId&, const LiveGateway&)>
            onChange;
    };

    static constexpr std::chrono::seconds kHeartbeat{5};
    static constexpr std::chrono::seconds kOfflineAfter{3 * kHeartbeat.count()};
    static constexpr std::chrono::seconds kCopyRemembered{60};

    Presence(net::Executor executor, const Clock& clock, Events events);
    ~Presence() override;

    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;

    // Watches the tenant's account. Idempotent.
    Result<> attach(const wire::TenantId& tenant, bus::Bus& bus);
    void detach(const wire::TenantId& tenant);

    void expect(const wire::TenantId& tenant,
                const wire::GatewayId& gateway,
                const wire::UserNkey& nkey);
    void forget(const wire::TenantId& tenant, const wire::GatewayId& gateway);

    // Until it is paired anew, this is why it is not there.
    void quarantine(const wire::TenantId& tenant, const wire::GatewayId& gateway, std::string why);

    // The broker says that somebody came with a user's key. Of a gateway: it is asked at once, and
    // if two runs of the daemon answer, there are two copies of it.
    void connected(const ConnectEvent& event);

    // Tells the gateway that it was removed, if it is there; its credentials are revoked elsewhere.
    void sendUnpair(const wire::TenantId& tenant,
                    const wire::GatewayId& gateway,
                    const std::string& reason);
    void sendRenewNow(const wire::TenantId& tenant, const wire::GatewayId& gateway);

    LiveGateway live(const TenantScope& scope, const wire::GatewayId& id) const override;
    LiveGateway live(const wire::TenantId& tenant, const wire::GatewayId& id) const;
    std::optional<LiveEndpoint> endpoint(const TenantScope& scope,
                                         const wire::GatewayId& gateway,
                                         const wire::EndpointId& id) const override;

    // Pings who is there, judges who is not. Once a second by the own timer; tests call it.
    void tick();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace pcg::controlplane
