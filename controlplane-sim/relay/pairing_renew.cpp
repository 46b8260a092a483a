// SPDX-License-Identifier: Apache-2.0
// Renewal (pairing/renew_messages.h): new papers for a gateway that is bound, over mutual TLS and
// signed by its device key.
#include "common/codec/base64url.h"
#include "common/crypto/csr.h"
#include "common/crypto/ec_key.h"
#include "common/log/log.h"
#include "controlplane-sim/relay/pairing_http.h"
#include "controlplane-sim/relay/pairing_service.h"
#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/renewals.h"
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

// Without the device key everything that is wrong gets the same refusal: a stranger learns nothing
// of who is bound, and cannot put anybody into quarantine.
tl::unexpected<pairing::Refusal> stranger() {
    return refuse(403,
                  "forbidden",
                  "a renewal is signed by the device key of a gateway that was paired here");
}

Result<std::optional<Bytes>> spkiOf(const pairing::RenewRequest& request) {
    if (request.csr.empty()) return std::nullopt;
    const auto csr = PCG_TRY(crypto::VerifiedCsr::fromDer(request.csr));
    return csr.publicSpki();
}

}  // namespace

net::Task<Answer<Gateway>> PairingService::whoRenews(http::Exchange& exchange,
                                                     wire::GatewayId id,
                                                     std::string raw) {
    auto work = [&authority = parts_.authority, id](store::Database& database) {
        return Gateways(database).byId(authority, id);
    };
    const auto gateway = co_await parts_.store.run(std::move(work));
    if (!gateway) co_return tl::unexpected(refusalOf(gateway.error()));
    if (!*gateway || !isSignedBy(**gateway, exchange.request(), raw)) co_return stranger();
    co_return **gateway;
}

net::Task<void> PairingService::renew(http::Exchange& exchange, const Params&) {
    auto raw = co_await readMessage(exchange);
    if (!raw) co_return co_await sendRefusal(exchange, std::move(raw).error());
    auto request = pairing::RenewRequest::parse(*raw);
    if (!request) co_return co_await sendRefusal(exchange, refusalOf(request.error()));
    const auto id = wire::parseGatewayId(request->gatewayId);
    if (!id) co_return co_await sendRefusal(exchange, refusalOf(id.error()));
    const auto gateway = co_await whoRenews(exchange, *id, *raw);
    if (!gateway) co_return co_await sendRefusal(exchange, gateway.error());
    const auto sha256 = crypto::sha256(*raw);
    const bool certified = isCertificateOf(exchange.clientCertificate(), *gateway);
    auto renewed = co_await renewDurably(*gateway, std::move(*request), sha256, certified);
    if (!renewed) co_return co_await sendRefusal(exchange, std::move(renewed).error());
    co_await sendJson(exchange, 200, std::move(*renewed));
}

net::Task<Answer<std::string>> PairingService::renewDurably(Gateway gateway,
                                                            pairing::RenewRequest request,
                                                            pairing::Hash sha256,
                                                            bool certified) {
    const auto nkey = wire::parseUserNkey(request.nkeyPub);
    if (!nkey) co_return tl::unexpected(refusalOf(nkey.error()));
    const auto spki = spkiOf(request);
    if (!spki) co_return tl::unexpected(refusalOf(spki.error()));
    const auto ready = co_await parts_.bus.prepare(gateway.tenant);
    if (!ready) co_return tl::unexpected(refusalOf(ready.error()));
    const RenewalRequest wanted{
        gateway.id,
        *nkey,
        request.epoch,
        request.renewId,
        toBytes(sha256),
        request.ratchet.counter,
        request.ratchet.value.has_value(),
        parts_.ratchets.isGenuine(gateway.id, request.epoch, request.ratchet),
        certified};
    const auto now = parts_.clock.wallNow();
    auto work = [parts = parts_, wanted, now, spki = *spki](store::Database& database) {
        const auto makePapers = [&](const Gateway& bound) -> Result<RenewedPapers> {
            RenewedPapers papers;
            papers.userJwt = PCG_TRY(parts.bus.papers(bound.tenant, bound.nkey)).userJwt;
            if (!spki) return papers;
            papers.clientCertChain = crypto::toPem(
                PCG_TRY(parts.pki.issueGateway(*spki, bound.tenant.text(), bound.id.text(), now)));
            return papers;
        };
        return Renewals(database).renew(parts.authority, wanted, now, makePapers);
    };
    auto outcome = co_await parts_.store.run(std::move(work));
    if (!outcome) co_return tl::unexpected(refusalOf(outcome.error()));
    if (auto* papers = std::get_if<RenewedPapers>(&*outcome)) {
        kLog.info("pairing.renewed",
                  {{"gateway_id", gateway.id.text()},
                   {"certificate", !papers->clientCertChain.empty()},
                   {"renewals", papers->counter}});
        const pairing::RenewReply reply{
            std::move(papers->userJwt),
            parts_.ratchets.at(gateway.id, request.epoch, papers->counter),
            std::move(papers->clientCertChain),
            papers->issuedAt};
        co_return reply.write();
    }
    if (const auto* found = std::get_if<renewal::Quarantined>(&*outcome)) {
        co_await quarantine(found->gateway, found->why);
        co_return refuse(403, pairing::renewal::kQuarantined, found->why);
    }
    const auto& refused = std::get<renewal::Refused>(*outcome);
    co_return refuse(403, refused.code, refused.why);
}

// It is durable already; a broker that is away is told when it is back.
net::Task<void> PairingService::quarantine(Gateway gateway, std::string why) {
    kLog.error("pairing.quarantined", {{"gateway_id", gateway.id.text()}, {"why", why}});
    AuditEvent event;
    event.actor = {ActorKind::Gateway, gateway.id.text()};
    event.action = "gateway.quarantine";
    event.target = {"gateway", gateway.id.text(), {}};
    event.detail = "renewed with a value that was used up";
    audit(gateway.tenant, std::move(event));
    const auto told =
        co_await parts_.bus.quarantined(gateway.tenant, gateway.id, gateway.nkey, std::move(why));
    if (!told) kLog.failure(log::Level::Error, "pairing.revoke_failed", told.error());
}

}  // namespace pcg::controlplane
