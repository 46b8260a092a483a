// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/endpoint_kinds.h"

#include "controlplane-sim/deploy/errc.h"
#include "controlplane-sim/maas/inventory.h"
#include "controlplane-sim/maas/maas_cloud.h"
#include "controlplane-sim/vsphere/inventory.h"
#include "controlplane-sim/vsphere/vsphere_cloud.h"

namespace pcg::controlplane {
namespace {

constexpr std::string_view kVCenter = "vcenter";
constexpr std::string_view kMaas = "maas";
constexpr auto kMaasConsumer = "pcg";  // of every access key: "pcg:ID:SECRET"
constexpr std::size_t kMaasConnections = 8;

Result<maas::Client> maasClient(net::Loop& loop,
                                const Clock& clock,
                                Random& random,
                                deploy::Access access) {
    auto caller = PCG_TRY(deploy::callerOf(loop, access, kMaasConnections));
    maas::Client::Parts parts{
        std::move(caller),
        oauth::ApiKey{kMaasConsumer, std::move(access.username), std::move(access.password)},
        clock,
        random};
    return maas::Client(std::move(parts));
}

tl::unexpected<Error> otherKind(const std::string& kind) {
    return fail(
        deploy::kRejected,
        "The endpoint is of the kind " + kind + "; this works with vCenter and MAAS endpoints.");
}

}  // namespace

std::vector<std::string> inventoryKindsOf(const std::string& endpointKind) {
    if (endpointKind == kVCenter) return vsphere::inventoryKinds();
    if (endpointKind == kMaas) return maas::inventoryKinds();
    return {};
}

// Asked each time: an endpoint that is gone, or a key that was taken back, ends its session.
net::Task<Result<deploy::Access>> EndpointKinds::accessTo(TenantScope scope,
                                                          inventory::Place place) {
    auto access =
        co_await access_.access(std::move(scope), place.gateway, place.endpoint, place.minting);
    if (!access && access.error().isInput()) sessions_.forget(place.endpoint);
    co_return access;
}

net::Task<Result<std::shared_ptr<deploy::Cloud>>> EndpointKinds::open(TenantScope scope,
                                                                      wire::GatewayId gateway,
                                                                      wire::EndpointId endpoint) {
    inventory::Place place{std::move(gateway), endpoint, deploy::Minting::Allowed};
    PCG_CO_TRY(auto access, co_await accessTo(scope, std::move(place)));
    if (access.kind == kVCenter) {
        PCG_CO_TRY(auto session, sessions_.open(scope, endpoint, std::move(access)));
        vsphere::Client client(std::move(session));
        co_return std::shared_ptr<deploy::Cloud>(
            std::make_shared<vsphere::VSphereCloud>(std::move(client)));
    }
    if (access.kind != kMaas) co_return otherKind(access.kind);
    PCG_CO_TRY(auto client, maasClient(loop_, clock_, random_, std::move(access)));
    co_return std::shared_ptr<deploy::Cloud>(
        std::make_shared<maas::MaasCloud>(std::move(client), random_));
}

net::Task<Result<std::shared_ptr<inventory::Inventory>>> EndpointKinds::inventoryOf(
    TenantScope scope, inventory::Place place) {
    PCG_CO_TRY(auto access, co_await accessTo(scope, place));
    if (access.kind == kVCenter) {
        PCG_CO_TRY(auto session, sessions_.open(scope, place.endpoint, std::move(access)));
        vsphere::Client client(std::move(session));
        co_return std::shared_ptr<inventory::Inventory>(
            std::make_shared<vsphere::VSphereInventory>(std::move(client)));
    }
    if (access.kind != kMaas) co_return otherKind(access.kind);
    PCG_CO_TRY(auto client, maasClient(loop_, clock_, random_, std::move(access)));
    co_return std::shared_ptr<inventory::Inventory>(
        std::make_shared<maas::MaasInventory>(std::move(client)));
}

}  // namespace pcg::controlplane
