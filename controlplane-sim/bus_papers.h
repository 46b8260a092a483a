// SPDX-License-Identifier: Apache-2.0
// What the pairing service puts into a bundle about the bus, from the issuer that signs it and the
// fleet that serves it. Methods say which thread.
#pragma once

#include "controlplane-sim/fleet.h"
#include "controlplane-sim/relay/papers.h"

namespace pcg::controlplane {

class Papers final : public BusPapers {
  public:
    Papers(const issuer::Issuer& issuer, Fleet& fleet, const Pki& pki, std::string busUrl)
        : issuer_(issuer), fleet_(fleet), pki_(pki), busUrl_(std::move(busUrl)) {}

    net::Task<Result<>> prepare(wire::TenantId tenant) override;
    Result<pairing::Bus> papers(const wire::TenantId& tenant,
                                const wire::UserNkey& nkey) const override;
    net::Task<Result<>> issued(wire::TenantId tenant,
                               wire::GatewayId gateway,
                               wire::UserNkey nkey) override;
    net::Task<Result<>> revoke(wire::TenantId tenant, wire::UserNkey nkey) override;

  private:
    const issuer::Issuer& issuer_;
    Fleet& fleet_;
    const Pki& pki_;
    std::string busUrl_;
};

}  // namespace pcg::controlplane
