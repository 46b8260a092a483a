// SPDX-License-Identifier: Apache-2.0
// Renewal (pairing/renew_messages.h): a new bus token for a gateway that is bound, over mutual TLS
// and signed by its device key.
//
// The answer is no secret without the keys that were born on the gateway, and the same question may
// be asked again, so nothing is stored for it.
#include "common/codec/base64url.h"
#include "common/crypto/ec_key.h"
#include "common/log/log.h"
#include "controlplane-sim/relay/pairing_http.h"
#include "controlplane-sim/relay/pairing_service.h"
#include "controlplane-sim/tenancy/gateways.h"
#include "pairing/renew_messages.h"

namespace pcg::controlplane {

namespace {

constexpr log::Logger kLog{"pairing"};

bool isCertificateOf(const std::optional<Bytes>& der, const Gateway& gateway) {
    crypto::GatewayProfile profile;
    profile.trustDomain = Pki::kTrustDomain;
    profile.tenantId = gateway.tenant.text();
    profile.gatewayId = gateway.id.text();
    const auto certificate = crypto::Certificate::fromDer(der.value_or(Bytes()));
    const std::vector<std::string> expected{crypto::gatewayUri(profile)};
    return certificate && certificate->names().uris == expected;
}

bool isSignedBy(const Gateway& gateway, const http::RequestHead& head, std::string_view raw) {
    const auto* header = head.headers.find(pairing::kOfferSignatureHeader);
    const auto signature =
        header == nullptr ? Result<Bytes>(Bytes()) : codec::base64UrlDecode(*header);
    return signature &&
           crypto::verifyEs256(gateway.deviceSpki, pairing::renewSigningInput(raw), *signature);
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
    const auto request = pairing::RenewRequest::parse(*raw);
    if (!request) co_return co_await sendRefusal(exchange, refusalOf(request.error()));
    const auto id = wire::parseGatewayId(request->gatewayId);
    if (!id) co_return co_await sendRefusal(exchange, refusalOf(id.error()));
    const auto nkey = wire::parseUserNkey(request->nkeyPub);
    if (!nkey) co_return co_await sendRefusal(exchange, refusalOf(nkey.error()));
    const auto gateway = co_await renewable(*id, *nkey);
    if (!gateway) co_return co_await sendRefusal(exchange, refusalOf(gateway.error()));
    const bool allowed = *gateway && (*gateway)->epoch == request->epoch &&
                         isCertificateOf(exchange.clientCertificate(), **gateway) &&
                         isSignedBy(**gateway, exchange.request(), *raw);
    if (!allowed) {
        auto refused = refuse(403,
                              "forbidden",
                              "renewal takes the certificate and the keys of a gateway that is "
                              "bound; pair it again if it was released");
        co_return co_await sendRefusal(exchange, std::move(refused.value()));
    }
    const auto ready = co_await parts_.bus.prepare((*gateway)->tenant);
    if (!ready) co_return co_await sendRefusal(exchange, refusalOf(ready.error()));
    const auto bus = parts_.bus.papers((*gateway)->tenant, *nkey);
    if (!bus) co_return co_await sendRefusal(exchange, refusalOf(bus.error()));
    kLog.info("pairing.renewed", {{"gateway_id", request->gatewayId}});
    const pairing::RenewReply reply{bus->userJwt};
    co_await sendJson(exchange, 200, reply.write());
}

}  // namespace pcg::controlplane
