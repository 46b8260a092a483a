// SPDX-License-Identifier: Apache-2.0
// Renewal of a gateway's papers, over mutual TLS with the certificate that is to be followed:
//
//   POST /pair/v1/renew  {"gateway_id","epoch","nkey_pub"[,"csr"]} -> 200
//   {"v","user_jwt"[,"client_cert_chain"]}
//
// The answer is no secret without the keys that were born on the gateway, and the same question may
// be asked again, so nothing is stored for it.
#include "common/codec/base64url.h"
#include "common/codec/json.h"
#include "common/crypto/csr.h"
#include "common/log/log.h"
#include "controlplane-sim/relay/pairing_http.h"
#include "controlplane-sim/relay/pairing_service.h"
#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/gateways.h"

#include <limits>

namespace pcg::controlplane {

namespace {

namespace json = codec::json;

constexpr log::Logger kLog{"pairing"};
constexpr std::size_t kMaxCsrText = 12 * 1024;

struct RenewRequest {
    wire::GatewayId gateway;
    std::int64_t epoch;
    wire::UserNkey nkey;
    std::optional<Bytes> csr;
};

Result<RenewRequest> parseRenewRequest(std::string_view raw) {
    const auto object = PCG_TRY(json::parseObject(raw, pairing::kMaxMessageBytes));
    const auto gateway = PCG_TRY(wire::parseGatewayId(PCG_TRY(object.string("gateway_id", 64))));
    const auto epoch =
        PCG_TRY(object.integer("epoch", 1, std::numeric_limits<std::int32_t>::max()));
    const auto nkey = PCG_TRY(wire::parseUserNkey(PCG_TRY(object.string("nkey_pub", 64))));
    std::optional<Bytes> csr;
    if (const auto text = PCG_TRY(object.optionalString("csr", kMaxCsrText)))
        csr = PCG_TRY(codec::base64UrlDecode(*text));
    return RenewRequest{gateway, epoch, nkey, std::move(csr)};
}

bool isCertificateOf(const std::optional<Bytes>& der, const Gateway& gateway) {
    crypto::GatewayProfile profile;
    profile.trustDomain = Pki::kTrustDomain;
    profile.tenantId = gateway.tenant.text();
    profile.gatewayId = gateway.id.text();
    const auto certificate = crypto::Certificate::fromDer(der.value_or(Bytes()));
    const std::vector<std::string> expected{crypto::gatewayUri(profile)};
    return certificate && certificate->names().uris == expected;
}

}  // namespace

// Everything that is wrong gets the same refusal: a stranger learns nothing of who is bound.
net::Task<Result<std::optional<Gateway>>> PairingService::renewable(wire::GatewayId id,
                                                                    wire::UserNkey nkey) {
    auto work = [&authority = parts_.authority, id, nkey](
                    store::Database& database) -> Result<std::optional<Gateway>> {
        Gateways gateways(database);
        auto gateway = PCG_TRY(gateways.byId(authority, id));
        const bool revoked = PCG_TRY(gateways.isRevoked(nkey));
        if (!gateway || revoked || gateway->nkey != nkey ||
            gateway->state == GatewayState::Released)
            return std::nullopt;
        return gateway;
    };
    co_return co_await parts_.store.run(std::move(work));
}

net::Task<void> PairingService::renew(http::Exchange& exchange, const Params&) {
    auto raw = co_await readMessage(exchange);
    if (!raw) co_return co_await sendRefusal(exchange, std::move(raw).error());
    const auto request = parseRenewRequest(*raw);
    if (!request) co_return co_await sendRefusal(exchange, refusalOf(request.error()));
    const auto gateway = co_await renewable(request->gateway, request->nkey);
    if (!gateway) co_return co_await sendRefusal(exchange, refusalOf(gateway.error()));
    const bool allowed = *gateway && (*gateway)->epoch == request->epoch &&
                         isCertificateOf(exchange.clientCertificate(), **gateway);
    if (!allowed) {
        auto refused = refuse(
            403, "forbidden", "renewal takes the certificate and key of a gateway that is bound");
        co_return co_await sendRefusal(exchange, std::move(refused.value()));
    }
    const auto ready = co_await parts_.bus.prepare((*gateway)->tenant);
    if (!ready) co_return co_await sendRefusal(exchange, refusalOf(ready.error()));
    const auto reply = renewedPapers(**gateway, request->csr);
    if (!reply) co_return co_await sendRefusal(exchange, refusalOf(reply.error()));
    kLog.info("pairing.renewed", {{"gateway_id", request->gateway.text()}});
    co_await sendJson(exchange, 200, *reply);
}

Result<std::string> PairingService::renewedPapers(const Gateway& gateway,
                                                  const std::optional<Bytes>& csr) const {
    const auto bus = PCG_TRY(parts_.bus.papers(gateway.tenant, gateway.nkey));
    json::Object reply;
    reply.set("v", 1).set("user_jwt", bus.userJwt);
    if (csr) {
        const auto verified = PCG_TRY(crypto::VerifiedCsr::fromDer(*csr));
        const auto chain = PCG_TRY(parts_.pki.issueGateway(verified.publicSpki(),
                                                           gateway.tenant.text(),
                                                           gateway.id.text(),
                                                           parts_.clock.wallNow()));
        reply.set("client_cert_chain", crypto::toPem(chain));
    }
    return json::write(reply);
}

}  // namespace pcg::controlplane
