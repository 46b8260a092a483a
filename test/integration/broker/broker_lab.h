// SPDX-License-Identifier: Apache-2.0
// A real nats-server, run and configured exactly as the control plane does it, and identities for
// two tenants.
#pragma once

#include "common/crypto/random.h"
#include "controlplane-sim/broker/nats_server_process.h"
#include "controlplane-sim/issuer/issuer.h"
#include "test/integration/broker/nats_client.h"
#include "test/support/temp_dir.h"

#include <map>
#include <memory>
#include <string>

namespace pcg::test {

struct LabGateway {
    identity::UserKeyPair key;
    wire::TenantId tenant;

    std::string nkey() const { return key.publicKey().text(); }

    std::string prefix() const { return "pcg.v1." + nkey(); }
};

class BrokerLab {
  public:
    BrokerLab();

    controlplane::PkiStorage storage();

    std::uint16_t port() const { return broker_->running()->ports.client; }

    std::uint16_t monitorPort() const { return broker_->running()->ports.monitor; }

    wire::TenantId newTenant();
    LabGateway newGateway(const wire::TenantId& tenant);

    // With the credentials it would get in real life; fields may then be spoilt.
    NatsLogin loginOf(const LabGateway& gateway);
    NatsLogin controlPlaneLogin(const wire::TenantId& tenant);
    NatsLogin systemLogin();

    std::unique_ptr<NatsClient> connect(const NatsLogin& login);

    // Pushes the tenant's claims as they stand; "" or the broker's objection.
    std::string push(const std::string& accountJwt);
    std::string pushTenant(const wire::TenantId& tenant);

    const controlplane::issuer::TenantSeeds seedsOf(const wire::TenantId& tenant);

    TempDir directory_;
    SystemClock clock_;
    crypto::SystemRandom random_;
    std::map<std::string, Bytes> stored_;
    std::unique_ptr<controlplane::Pki> pki_;
    std::unique_ptr<controlplane::issuer::Issuer> issuer_;
    std::unique_ptr<controlplane::broker::NatsServerProcess> broker_;
    std::unique_ptr<NatsClient> system_;

  private:
    NatsLogin loginOf(const wire::TenantId& tenant,
                      std::shared_ptr<const bus::BusCredentials> user);
};

// A user token with any claims, signed correctly: what an issuer that was broken into could make.
std::string signUserToken(const identity::AccountKeyPair& signer,
                          const std::string& subject,
                          const std::string& name,
                          const std::string& natsClaims,
                          std::optional<std::int64_t> expires = std::nullopt);

// GET of the broker's monitoring: the body.
std::string httpGet(std::uint16_t port, const std::string& path);

}  // namespace pcg::test
