// SPDX-License-Identifier: Apache-2.0
// A tenant's gateways and their endpoints. What is live (online, round trip) is presence's and not
// stored. Names and reasons are sealed under the tenant's key (tenant_vault.h). Runs on the storage
// thread.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/store/database.h"
#include "controlplane-sim/tenancy/tenant_scope.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pcg::controlplane {

enum class GatewayState { Issued, Active, Released };

// System: the platform runs it beside the control plane and offers it to this tenant
// (docs/operator/system-gateways.md); the tenant uses it and cannot release it.
enum class GatewayKind { Paired, System };

std::string_view nameOf(GatewayKind kind);  // "system"

struct Gateway {
    wire::TenantId tenant;
    wire::GatewayId id;
    std::string name;
    Bytes deviceSpki;  // DER
    wire::UserNkey nkey;
    std::int64_t epoch;
    GatewayState state;
    WallTime boundAt;
    std::string quarantine;  // why nobody may use its identity; empty when all is well
    std::optional<WallTime> recoverUntil;  // until then it may renew without a valid certificate
    std::optional<std::int64_t> renewals;  // none: paired before renewals were counted
    GatewayKind kind = GatewayKind::Paired;
};

// As little as it takes to choose one of many.
struct GatewayName {
    wire::GatewayId id;
    std::string name;
    GatewayState state;
    GatewayKind kind = GatewayKind::Paired;
};

struct Endpoint {
    wire::TenantId tenant;
    wire::GatewayId gateway;
    wire::EndpointId id;
    std::string name;
    std::string kind;
    std::string state;
    std::string why;  // a sentence; empty when all is well
    std::optional<std::uint16_t>
        ingressPort;  // kept for ever: clients have it in their configuration
    bool present;     // the gateway listed it last time
};

// What a gateway says of one endpoint in evt.inventory.
struct ReportedEndpoint {
    wire::EndpointId id;
    std::string name;
    std::string kind;
    std::string state;
    std::string why;
};

inline constexpr std::size_t kMaxEndpointsPerGateway = 256;

class Gateways {
  public:
    explicit Gateways(store::Database& database) : database_(database) {}

    Result<std::vector<Gateway>> list(
        const TenantScope& scope);  // without the released ones; at most 10,000
    // A page of them: by name, beginning after `after`. `text` is looked for in name and id,
    // without regard to ASCII case; empty finds all.
    Result<std::vector<Gateway>> list(const TenantScope& scope,
                                      const std::string& text,
                                      const std::string& after,
                                      std::size_t limit);
    Result<std::vector<GatewayName>> names(const TenantScope& scope,
                                           const std::string& text,
                                           const std::string& after,
                                           std::size_t limit);
    Result<std::optional<Gateway>> find(const TenantScope& scope, const wire::GatewayId& id);

    // The platform's own questions at start: which links to serve. Gateways come without their
    // names; those of endpoints go into the tenant's own audit.
    Result<std::vector<Gateway>> all(const PlatformAuthority& authority);
    Result<std::optional<Gateway>> byId(const PlatformAuthority& authority,
                                        const wire::GatewayId& id);

    // What the platform runs for this tenant; without its name.
    Result<std::vector<Gateway>> systemOnes(const TenantScope& scope);

    // tenancy.name_taken when another gateway of the tenant has the name.
    Result<> rename(const TenantScope& scope, const wire::GatewayId& id, const std::string& name);

    // Frees the id for another pairing and remembers its nkey as revoked. Of whatever kind: who may
    // ask for it is the caller's to know.
    Result<> release(const TenantScope& scope, const wire::GatewayId& id, WallTime now);
    // The same inside the caller's transaction.
    Result<> releaseWithin(const TenantScope& scope, const wire::GatewayId& id, WallTime now);

    // The tenant vouches for a gateway whose certificate ended while it was off.
    Result<> allowRecovery(const TenantScope& scope, const wire::GatewayId& id, WallTime until);

    Result<bool> isRevoked(const wire::UserNkey& nkey);
    // The newest 100,000, and when; older ones have no token that is still good.
    Result<std::vector<std::pair<wire::UserNkey, WallTime>>> revoked(const TenantScope& scope);

    // Replaces what is known of the gateway's endpoints. An id of another gateway is ignored, not
    // moved: a gateway cannot take over what is not its own. Ports stay with their ids; of those
    // that are not there any more, with the 256 newest.
    Result<std::vector<Endpoint>> report(const TenantScope& scope,
                                         const wire::GatewayId& gateway,
                                         const std::vector<ReportedEndpoint>& endpoints);
    Result<std::vector<Endpoint>> endpoints(const TenantScope& scope,
                                            const wire::GatewayId& gateway);
    Result<std::vector<Endpoint>> allEndpoints(const PlatformAuthority& authority);
    Result<> setIngressPort(const TenantScope& scope,
                            const wire::EndpointId& id,
                            std::uint16_t port);

  private:
    store::Database& database_;
};

}  // namespace pcg::controlplane
