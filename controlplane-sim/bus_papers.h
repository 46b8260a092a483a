// SPDX-License-Identifier: Apache-2.0
// What the pairing service puts into a bundle about the bus, from the issuer that signs it and the
// fleet that serves it. Methods say which thread.
#pragma once

#include "controlplane-sim/fleet.h"
#include "controlplane-sim/relay/papers.h"

namespace pcg::controlplane {

class Papers final : public BusPapers {
  public:
    // Where gateways find the bus, and whom they trust there.
    struct Broker {
        std::vector<std::string> urls;  // tls://host:port
        std::vector<std::string> serverNames;
        std::string caPem;
    };

    Papers(const issuer::Issuer& issuer, Fleet& fleet, Broker broker)
        : issuer_(issuer), fleet_(fleet), broker_(std::move(broker)) {}

    net::Task<Result<>> prepare(wire::TenantId tenant) override;
    Result<pairing::Bus> papers(const wire::TenantId& tenant,
                                const wire::UserNkey& nkey) const override;
    net::Task<Result<>> issued(wire::TenantId tenant,
                               wire::GatewayId gateway,
                               wire::UserNkey nkey) override;
    net::Task<Result<>> quarantined(wire::TenantId tenant,
                                    wire::GatewayId gateway,
                                    wire::UserNkey nkey,
                                    std::string why) override;
    net::Task<Result<>> revoke(wire::TenantId tenant, wire::UserNkey nkey) override;

  private:
    const issuer::Issuer& issuer_;
    Fleet& fleet_;
    Broker broker_;
};

}  // namespace pcg::controlplane
