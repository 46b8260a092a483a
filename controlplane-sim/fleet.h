// SPDX-License-Identifier: Apache-2.0
// The living side of all tenants: claims at the broker, a link per tenant, the gateways that are
// expected on it, and the ingress of every endpoint they report.
//
// The database says what there is; this makes it so, at start and after each change. Loop thread
// only; what touches the database runs on the storage thread. start() once, stop() before
// destruction.
#pragma once

#include "common/store/worker.h"
#include "common/tunnel/connector.h"
#include "controlplane-sim/endpoints/gateway_calls.h"
#include "controlplane-sim/ingress/ingress.h"
#include "controlplane-sim/issuer/account_publisher.h"
#include "controlplane-sim/issuer/issuer.h"
#include "controlplane-sim/observe/gateway_watch.h"
#include "controlplane-sim/observe/traffic.h"
#include "controlplane-sim/observe/upload_watch.h"
#include "controlplane-sim/presence/presence.h"
#include "controlplane-sim/presence/tenant_buses.h"
#include "controlplane-sim/rest/ports.h"
#include "controlplane-sim/tenancy/gateways.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace pcg::controlplane {

class Fleet final : public Lifecycle, public GatewayCalls {
  public:
    struct Parts {
        net::Loop& loop;
        store::Worker& store;
        const PlatformAuthority& authority;
        const Clock& clock;
        Random& random;
        issuer::Issuer& issuer;
        issuer::AccountPublisher& claims;
        TenantBuses& buses;
        Ingress& ingress;
        stream::WindowPool& window;  // the whole process's receive storage
        wire::InstanceId instance;
        std::string publicHost;
        GatewayWatch& watch;
        Traffic& traffic;
        UploadWatch& uploads;
    };

    explicit Fleet(Parts parts);

    // Everything that is stored. A broker that does not take claims is told again later.
    net::Task<Result<>> start();
    net::Task<void> stop(std::chrono::milliseconds drain);

    const LiveGateways& live() const { return presence_; }

    net::Task<Result<>> tenantCreated(wire::TenantId tenant) override;
    net::Task<Result<>> gatewayReleased(TenantScope scope, wire::GatewayId id) override;

    net::Task<Result<GatewayAnswer>> ask(TenantScope scope,
                                         wire::GatewayId gateway,
                                         GatewayRequest request) override;
    net::Task<void> untilReported(TenantScope scope,
                                  wire::GatewayId gateway,
                                  wire::EndpointId endpoint,
                                  bool isThere) override;
    // The tenant's link, its gateways and its ingress end; what is said to its gateways is said.
    // The answer is the tombstone of its account, for Offboarding. A second call has nothing to
    // end.
    net::Task<Result<std::string>> tenantLeaves(wire::TenantId tenant);

    // Tells the broker of an account that is no more.
    net::Task<Result<>> bury(std::string tombstoneJwt) {
        return parts_.claims.publish(std::move(tombstoneJwt));
    }

    // The pairing service has issued an identity, or taken one back.
    net::Task<Result<>> gatewayIssued(wire::TenantId tenant,
                                      wire::GatewayId id,
                                      wire::UserNkey nkey);
    net::Task<Result<>> gatewayQuarantined(wire::TenantId tenant,
                                           wire::GatewayId id,
                                           wire::UserNkey nkey,
                                           std::string why);
    net::Task<Result<>> nkeyRevoked(wire::TenantId tenant, wire::UserNkey nkey);

    // The broker is there (again). It may be another one, or one that lost its files: it is told of
    // every account.
    void brokerUp();

    // Somebody has connected with this user key: if it is a gateway's, it is asked who answers.
    void userConnected(const ConnectEvent& event) { presence_.connected(event); }

    // The broker knows the tenant's account and we are on it.
    net::Task<Result<>> prepare(wire::TenantId tenant);

    // The host name of an endpoint on the shared listener.
    static std::string ingressHost(const wire::EndpointId& endpoint, const std::string& publicHost);

  private:
    struct GatewayRuntime {
        wire::UserNkey nkey;
        std::optional<wire::InstanceId> boot;     // the run of the daemon that spoke last
        std::vector<wire::InstanceId> instances;  // of that run: while it changes its link, two
        std::set<wire::EndpointId> served;
        std::set<wire::EndpointId> reported;  // and stored with their ports
        bool applying = false;                // an inventory; meanwhile the latest one waits
        std::optional<std::vector<ReportedEndpoint>> waiting = {};
    };

    struct TenantRuntime {
        std::unique_ptr<tunnel::Connector> connector;  // its calls keep the tenant's window
        std::map<wire::GatewayId, GatewayRuntime> gateways;
    };

    struct Stored {
        std::vector<wire::TenantId> tenants;
        std::vector<Gateway> gateways;
        std::vector<Endpoint> endpoints;
    };

    net::Task<Result<Stored>> loadAll();
    net::Task<Result<>> openKeys(wire::TenantId tenant);
    Result<> openRuntime(const wire::TenantId& tenant);
    net::Task<Result<>> publishClaims(wire::TenantId tenant);
    net::Task<void> keepClaims();
    void expect(const wire::TenantId& tenant,
                const wire::GatewayId& id,
                const wire::UserNkey& nkey);
    void forget(const wire::TenantId& tenant, const wire::GatewayId& id);
    Result<std::uint16_t> serve(const Endpoint& endpoint);
    std::size_t servedOf(const wire::TenantId& tenant) const;
    void onInventory(const wire::TenantId& tenant,
                     const wire::GatewayId& id,
                     std::vector<ReportedEndpoint> reported);
    net::Task<void> applyInventories(wire::TenantId tenant,
                                     wire::GatewayId id,
                                     std::vector<ReportedEndpoint> reported);
    net::Task<void> applyInventory(wire::TenantId tenant,
                                   wire::GatewayId id,
                                   std::vector<ReportedEndpoint> reported);
    void onHello(const wire::TenantId& tenant, const wire::GatewayId& id, const HelloReport& hello);
    GatewayRuntime* find(const wire::TenantId& tenant, const wire::GatewayId& id);
    Presence::Events events();

    Parts parts_;
    Presence presence_;
    net::Timer retry_;
    net::Timer reported_;  // cancelled after each inventory, to wake whoever waits for one
    bool stopping_ = false;
    std::map<wire::TenantId, std::unique_ptr<TenantRuntime>> tenants_;
    std::set<wire::TenantId> unpublished_;  // claims that the broker has not taken yet
};

}  // namespace pcg::controlplane
