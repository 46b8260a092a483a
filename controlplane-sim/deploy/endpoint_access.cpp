// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/endpoint_access.h"

#include "common/net/dialer.h"
#include "controlplane-sim/deploy/errc.h"

#include <algorithm>

namespace pcg::controlplane::deploy {
namespace {

constexpr auto kTable = "orchestrator_keys";

constexpr auto kNoKey =
    "The orchestrator has no access key for this endpoint. Make one with the role deploy, and give "
    "it with PUT /api/v1/gateways/{id}/endpoints/{endpoint_id}/orchestrator-key.";

}  // namespace

Result<std::shared_ptr<http::Caller>> callerOf(net::Loop& loop,
                                               const Access& access,
                                               std::size_t maxConnections) {
    auto context = PCG_TRY(net::TlsClientContext::create(net::TrustCa{access.caPem}));
    auto dialer = std::make_shared<net::Dialer>(std::move(context));
    http::ClientOptions options;
    options.authority = access.target.text();
    options.maxConnections = maxConnections;
    auto opener = http::tlsOpener(std::move(dialer), access.target.host, access.target.port);
    return std::make_shared<http::Client>(loop, std::move(opener), std::move(options));
}

Result<> OrchestratorKeys::put(const TenantScope& scope,
                               const wire::EndpointId& endpoint,
                               const std::string& username,
                               const Secret& password) {
    PCG_TRY(seals_.prepare(database_, scope));
    const auto& id = endpoint.text();
    auto usernameSealed =
        PCG_TRY(seals_.seal(database_, scope, {kTable, id, "username_sealed"}, asBytes(username)));
    auto passwordSealed =
        PCG_TRY(seals_.seal(database_, scope, {kTable, id, "password_sealed"}, password.reveal()));
    // The conflict clause's WHERE keeps a foreign row as it is.
    PCG_TRY(database_.execute(
        R"(INSERT INTO orchestrator_keys (endpoint_id, tenant_id, key_epoch, username_sealed,
             password_sealed) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (endpoint_id) DO UPDATE SET key_epoch = excluded.key_epoch, username_sealed = excluded.username_sealed,
             password_sealed = excluded.password_sealed WHERE tenant_id = excluded.tenant_id)",
        {id,
         scope.tenant().text(),
         seals_.epoch(database_, scope),
         std::move(usernameSealed),
         std::move(passwordSealed)}));
    return {};
}

Result<> OrchestratorKeys::remove(const TenantScope& scope, const wire::EndpointId& endpoint) {
    PCG_TRY(
        database_.execute("DELETE FROM orchestrator_keys WHERE tenant_id = ? AND endpoint_id = ?",
                          {scope.tenant().text(), endpoint.text()}));
    return {};
}

Result<std::optional<OrchestratorKeys::Key>> OrchestratorKeys::find(
    const TenantScope& scope, const wire::EndpointId& endpoint) {
    const auto& id = endpoint.text();
    const auto row = PCG_TRY(database_.queryOne(
        "SELECT username_sealed, password_sealed FROM orchestrator_keys WHERE tenant_id = ? AND "
        "endpoint_id = ?",
        {scope.tenant().text(), id}));
    if (!row) return std::nullopt;
    const auto username =
        PCG_TRY(seals_.open(database_, scope, {kTable, id, "username_sealed"}, row->blob(0)));
    auto password =
        PCG_TRY(seals_.open(database_, scope, {kTable, id, "password_sealed"}, row->blob(1)));
    return Key{std::string(username.revealText()), std::move(password)};
}

net::Task<Result<Access>> StoredEndpointAccess::access(TenantScope scope,
                                                       wire::GatewayId gateway,
                                                       wire::EndpointId id,
                                                       Minting) {
    auto work = [this, scope, gateway, id](store::Database& database) -> Result<Access> {
        const auto endpoints = PCG_TRY(Gateways(database).endpoints(scope, gateway));
        const auto endpoint = std::find_if(
            endpoints.begin(), endpoints.end(), [&](const Endpoint& e) { return e.id == id; });
        if (endpoint == endpoints.end())
            return fail(kGone, "The endpoint is not there: its gateway does not have it any more.");
        if (!endpoint->ingressPort)
            return fail(kWeather, "The endpoint has no ingress yet; it will be tried again.");
        auto key = PCG_TRY(OrchestratorKeys(database, seals_).find(scope, id));
        if (!key) return fail(kNoAccessKey, kNoKey);
        return Access{endpoint->kind,
                      {ingress_.host, *endpoint->ingressPort},
                      ingress_.caPem,
                      std::move(key->username),
                      std::move(key->password)};
    };
    co_return co_await store_.run(std::move(work));
}

}  // namespace pcg::controlplane::deploy
