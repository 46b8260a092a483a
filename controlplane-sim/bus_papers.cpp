// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/bus_papers.h"

#include "common/wire/subjects.h"

namespace pcg::controlplane {

net::Task<Result<>> Papers::prepare(wire::TenantId tenant) {
    return fleet_.prepare(std::move(tenant));
}

Result<pairing::Bus> Papers::papers(const wire::TenantId& tenant,
                                    const wire::UserNkey& nkey) const {
    pairing::Bus bus;
    bus.urls = broker_.urls;
    bus.ca = broker_.caPem;
    bus.serverNames = broker_.serverNames;
    bus.accountPub = PCG_TRY(issuer_.accountKey(tenant));
    bus.userJwt = PCG_TRY(issuer_.gatewayJwt(tenant, nkey));
    bus.subjectPrefix = "pcg.v1." + nkey.text();
    return bus;
}

net::Task<Result<>> Papers::issued(wire::TenantId tenant,
                                   wire::GatewayId gateway,
                                   wire::UserNkey nkey) {
    return fleet_.gatewayIssued(std::move(tenant), std::move(gateway), std::move(nkey));
}

net::Task<Result<>> Papers::quarantined(wire::TenantId tenant,
                                        wire::GatewayId gateway,
                                        wire::UserNkey nkey,
                                        std::string why) {
    return fleet_.gatewayQuarantined(
        std::move(tenant), std::move(gateway), std::move(nkey), std::move(why));
}

net::Task<Result<>> Papers::revoke(wire::TenantId tenant, wire::UserNkey nkey) {
    return fleet_.nkeyRevoked(std::move(tenant), std::move(nkey));
}

}  // namespace pcg::controlplane
