// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/maas_check.h"

#include "common/codec/json.h"
#include "vcenter-proxy/endpoint/maas/api_key.h"
#include "vcenter-proxy/endpoint/own_call.h"
#include "vcenter-proxy/errc.h"

namespace pcg::proxy::maas {
namespace {

Result<AboutInfo> readVersion(const OwnAnswer& answer) {
    constexpr std::size_t kLongest = 128;
    const Error other(
        errc::kNotAMaas,
        "the endpoint does not answer /MAAS/api/2.0/version/ as a MAAS does (status " +
            std::to_string(answer.head.status) + "); check its URL");
    if (answer.head.status != 200) return fail(other);
    const auto json = codec::json::parseObject(asText(answer.body));
    if (!json) return fail(other);
    const auto version = json->string("version", kLongest);
    if (!version) return fail(other);
    AboutInfo about;
    about.full_name = "MAAS " + *version;
    about.version = *version;
    return about;
}

net::Task<std::optional<Error>> tryKey(Services& services, std::shared_ptr<Endpoint> endpoint) {
    const auto& proven = endpoint->credentials_proven;
    if (proven && services.clock.now() - *proven < endpoint->config.limits.credentials_hold) {
        co_return std::nullopt;
    }
    auto credential = co_await storedCredential(services.vault, endpoint);
    if (!credential) co_return credential.error();
    const auto key = apiKeyOf(*credential);
    if (!key) co_return key.error();
    OwnCall own;
    own.method = "GET";
    own.target = "/MAAS/api/2.0/users/?op=whoami";
    own.headers.add("Authorization",
                    oauth::plaintextAuthorization(*key, services.clock.wallNow(), services.random));
    own.deadline = endpoint->config.limits.login_deadline;
    const auto answer = co_await callEndpoint(endpoint, std::move(own));
    if (!answer) co_return answer.error().error;
    if (answer->head.status != 200) {
        co_return Error(errc::kCredentialsRejected,
                        endpoint->config.name + " rejects the stored API key (status " +
                            std::to_string(answer->head.status) +
                            "), or the gateway's clock is slow");
    }
    endpoint->credentials_proven = services.clock.now();
    co_return std::nullopt;
}

}  // namespace

net::Task<Result<EndpointReport>> check(Services& services, std::shared_ptr<Endpoint> endpoint) {
    OwnCall own;
    own.method = "GET";
    own.target = "/MAAS/api/2.0/version/";
    own.deadline = endpoint->config.limits.check_deadline;
    auto answer = co_await callEndpoint(endpoint, std::move(own));
    if (!answer) co_return fail(std::move(answer).error().error);
    EndpointReport report;
    PCG_CO_TRY(report.about, readVersion(*answer));
    report.credentials_error = co_await tryKey(services, endpoint);
    co_return report;
}

}  // namespace pcg::proxy::maas
