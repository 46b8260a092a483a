// SPDX-License-Identifier: Apache-2.0
// How the orchestrator comes into an endpoint: through its ingress, like any other client, with an
// access key that the gateway made. The key is kept sealed under the tenant's key and is never
// shown again.
#pragma once

#include "common/http/client.h"
#include "common/net/connect.h"
#include "common/store/worker.h"
#include "controlplane-sim/deploy/seals.h"
#include "controlplane-sim/tenancy/gateways.h"

namespace pcg::controlplane::deploy {

struct Access {
    std::string kind;  // "vcenter", "maas"
    net::Target target;
    std::string caPem;
    std::string username;
    Secret password;
};

// Calls to the endpoint by its ingress; the CA is the only one that is trusted.
Result<std::shared_ptr<http::Caller>> callerOf(net::Loop& loop,
                                               const Access& access,
                                               std::size_t maxConnections);

// Whether a key may be made for whoever asks, when there is none: for those who may change
// something.
enum class Minting { Allowed, Never };

class EndpointAccess {
  public:
    virtual ~EndpointAccess() = default;

    // deploy.no_access_key, deploy.gone when the endpoint is not there, deploy.weather when it has
    // no ingress yet.
    virtual net::Task<Result<Access>> access(TenantScope scope,
                                             wire::GatewayId gateway,
                                             wire::EndpointId endpoint,
                                             Minting minting) = 0;
};

// The orchestrator's key of each endpoint. Storage thread.
class OrchestratorKeys {
  public:
    OrchestratorKeys(store::Database& database, Seals& seals)
        : database_(database), seals_(seals) {}

    Result<> put(const TenantScope& scope,
                 const wire::EndpointId& endpoint,
                 const std::string& username,
                 const Secret& password);
    Result<> remove(const TenantScope& scope, const wire::EndpointId& endpoint);

    struct Key {
        std::string username;
        Secret password;
    };

    Result<std::optional<Key>> find(const TenantScope& scope, const wire::EndpointId& endpoint);

  private:
    store::Database& database_;
    Seals& seals_;
};

class StoredEndpointAccess final : public EndpointAccess {
  public:
    struct Ingress {
        std::string host;  // a name or address in the certificate
        std::string caPem;
    };

    StoredEndpointAccess(store::Worker& store, Seals& seals, Ingress ingress)
        : store_(store), seals_(seals), ingress_(std::move(ingress)) {}

    net::Task<Result<Access>> access(TenantScope scope,
                                     wire::GatewayId gateway,
                                     wire::EndpointId endpoint,
                                     Minting minting) override;

  private:
    store::Worker& store_;
    Seals& seals_;
    Ingress ingress_;
};

}  // namespace pcg::controlplane::deploy
