// SPDX-License-Identifier: Apache-2.0
// M9 to M13 of the pairing service: both halves, the one transaction, the acknowledgement.
#include "common/crypto/csr.h"
#include "common/log/log.h"
#include "controlplane-sim/relay/pairing_audit.h"
#include "controlplane-sim/relay/pairing_http.h"
#include "controlplane-sim/relay/pairing_service.h"
#include "controlplane-sim/tenancy/enrollments.h"
#include "controlplane-sim/tenancy/errc.h"
#include "pairing/halves.h"

namespace pcg::controlplane {

namespace {

constexpr log::Logger kLog{"pairing"};
constexpr std::string_view kNotYet = R"({"state":"pending","retry_after_ms":500})";
constexpr std::string_view kUnnamedGateway = "gateway";

bool isSame(const pairing::Approval& a, const pairing::Approval& b) {
    return a.write() == b.write();
}

Error invalidPapers(const Error& why) { return {kEnrollmentMismatch, why.message()}; }

}  // namespace

net::Task<void> PairingService::approve(http::Exchange& exchange, const Params& params) {
    const auto found = co_await claimOf(exchange, params);
    if (!found) co_return co_await sendRefusal(exchange, found.error());
    const auto claim = *found;
    auto raw = co_await readMessage(exchange);
    if (!raw) co_return co_await sendRefusal(exchange, std::move(raw).error());
    auto approval = pairing::Approval::parse(*raw);
    if (!approval) co_return co_await sendRefusal(exchange, refusalOf(approval.error()));
    const auto taken = co_await takeApproval(claim, std::move(*approval));
    if (!taken) co_return co_await sendRefusal(exchange, taken.error());
    co_await sendNothing(exchange, 202);
}

// The tenant's half (M10), from whoever is its commissioner.
net::Task<Answer<>> PairingService::takeApproval(std::shared_ptr<ClaimRecord> claim,
                                                 pairing::Approval approval) {
    if (claim->approval && !isSame(*claim->approval, approval))
        co_return refuse(
            409, pairing::refusal::kMismatch, "this claim was approved with other values");
    if (claim->state == ClaimState::Closed)
        co_return refuse(410, pairing::refusal::kGone, "this claim is over: " + claim->closedCode);
    claim->approval = std::move(approval);
    audit(claim->scope.tenant(), pairingEvent(*claim, "pairing.approve", AuditOutcome::Success));
    co_return co_await issue(claim);
}

net::Task<void> PairingService::putEnrollment(http::Exchange& exchange, const Params& params) {
    auto raw = co_await readMessage(exchange);
    if (!raw) co_return co_await sendRefusal(exchange, std::move(raw).error());
    auto enrollment = pairing::Enrollment::parse(*raw);
    if (!enrollment) co_return co_await sendRefusal(exchange, refusalOf(enrollment.error()));
    const auto sha256 = crypto::sha256(*raw);
    const std::string claimId(params.text("claim_id"));
    const auto claim = relay_.findClaim(claimId);
    if (!claim || claim->state == ClaimState::Closed || claim->state == ClaimState::Issued) {
        // Issued earlier, perhaps by a process that is no more: the database knows.
        const auto stored = co_await replay(claimId, sha256);
        if (!stored) co_return co_await sendRefusal(exchange, stored.error());
        co_return co_await sendJson(exchange, 200, std::string(asText(*stored)));
    }
    const auto accepted = acceptHalf(claim, std::move(*enrollment), sha256);
    if (!accepted) co_return co_await sendRefusal(exchange, accepted.error());
    const auto issued = co_await issue(claim);
    if (!issued) co_return co_await sendRefusal(exchange, issued.error());
    if (claim->state != ClaimState::Issued)
        co_return co_await sendJson(exchange, 202, std::string(kNotYet));
    co_await sendJson(exchange, 200, std::string(asText(claim->response)));
}

Answer<> PairingService::acceptHalf(const std::shared_ptr<ClaimRecord>& claim,
                                    pairing::Enrollment enrollment,
                                    const pairing::Hash& sha256) {
    if (enrollment.gatewayId != claim->offer->offer.gatewayId ||
        enrollment.tenantId != claim->terms.tenantId)
        return refuse(403, "forbidden", "this claim is between another gateway and tenant");
    if (claim->gateway && claim->gateway->requestSha256 != sha256)
        return refuse(409,
                      pairing::refusal::kMismatch,
                      "this claim was already enrolled with another request");
    if (claim->gateway) return {};
    claim->gateway = GatewayHalf{std::move(enrollment), sha256};
    relay_.status(*claim, "gateway_accepted");
    return {};
}

net::Task<Answer<Bytes>> PairingService::replay(std::string claimId, pairing::Hash requestSha256) {
    auto work = [claimId](store::Database& database) {
        return Enrollments(database).find(claimId);
    };
    auto found = co_await parts_.store.run(std::move(work));
    if (!found) co_return tl::unexpected(refusalOf(found.error()));
    if (!*found)
        co_return refuse(
            410, pairing::refusal::kGone, "this claim is over; pair again with a new code");
    const auto& stored = **found;
    if (stored.requestSha256 != toBytes(requestSha256))
        co_return refuse(409,
                         pairing::refusal::kMismatch,
                         "this claim was already enrolled with another request");
    if (stored.state != EnrollmentState::Issued)
        co_return refuse(410,
                         pairing::refusal::kGone,
                         "this claim was answered and acknowledged or has expired");
    co_return stored.response;
}

// Does nothing while a half is missing or another coroutine is at it.
net::Task<Answer<>> PairingService::issue(std::shared_ptr<ClaimRecord> claim) {
    if (claim->state != ClaimState::Open || !claim->approval || !claim->gateway)
        co_return Answer<>{};
    const auto halves = pairing::checkHalves(claim->gateway->enrollment,
                                             *claim->approval,
                                             claim->terms.claimId,
                                             claim->terms.sid,
                                             claim->terms.tenantId,
                                             claim->offer->offer.deviceSpki);
    if (!halves) {
        kLog.failure(log::Level::Warn,
                     "pairing.mismatch",
                     halves.error(),
                     {{"tenant_id", claim->terms.tenantId}});
        relay_.conclude(*claim, ClaimState::Closed, "mismatch");
        co_return refuse(409, pairing::refusal::kMismatch, halves.error().message());
    }
    claim->state = ClaimState::Issuing;
    auto response = co_await issueDurably(claim);
    if (response) {
        claim->response = std::move(*response);
        kLog.info(
            "pairing.issued",
            {{"tenant_id", claim->terms.tenantId}, {"gateway_id", claim->offer->offer.gatewayId}});
        audit(claim->scope.tenant(), pairingEvent(*claim, "gateway.pair", AuditOutcome::Success));
        relay_.conclude(*claim, ClaimState::Issued, {});
        co_return Answer<>{};
    }
    kLog.failure(log::Level::Warn, "pairing.issue_failed", response.error());
    audit(
        claim->scope.tenant(),
        pairingEvent(*claim, "gateway.pair", AuditOutcome::Failed, response.error().code().name()));
    claim->state = ClaimState::Open;
    // Somebody's mistake stays one; the disk or the broker may be back for the next try.
    if (response.error().isInput())
        relay_.conclude(*claim, ClaimState::Closed, std::string(refusalOf(response.error()).code));
    co_return tl::unexpected(refusalOf(response.error()));
}

net::Task<Result<Bytes>> PairingService::issueDurably(std::shared_ptr<ClaimRecord> claim) {
    const auto& half = *claim->gateway;
    const auto csr = crypto::VerifiedCsr::fromDer(half.enrollment.csr);
    if (!csr) co_return fail(invalidPapers(csr.error()));
    PCG_CO_TRY(const auto gateway, wire::parseGatewayId(half.enrollment.gatewayId));
    PCG_CO_TRY(const auto nkey, wire::parseUserNkey(half.enrollment.nkeyPub));
    PCG_CO_CHECK(co_await parts_.bus.prepare(claim->scope.tenant()));
    const auto now = parts_.clock.wallNow();
    const PapersOrder order{half.enrollment,
                            claim->terms.claimId,
                            claim->terms.tenantName,
                            claim->scope.tenant(),
                            nkey,
                            csr->publicSpki(),
                            origin_ + "/pair/v1/renew",
                            now};
    const auto name = claim->label.empty() ? std::string(kUnnamedGateway) : claim->label;
    const NewEnrollment wanted{pairing::toText(claim->terms.claimId),
                               gateway,
                               name,
                               claim->offer->offer.deviceSpki,
                               nkey,
                               toBytes(half.requestSha256),
                               claim->kind};
    auto work = [scope = claim->scope, wanted, order, now, parts = parts_](
                    store::Database& database) {
        const auto makeResponse = [&](std::int64_t epoch) {
            return issuePapers(order, epoch, parts.pki, parts.ratchets, parts.bus, parts.random);
        };
        return Enrollments(database).issue(scope, wanted, now, makeResponse);
    };
    PCG_CO_TRY(auto enrollment, co_await parts_.store.run(std::move(work)));
    PCG_CO_CHECK(co_await parts_.bus.issued(claim->scope.tenant(), gateway, nkey));
    co_return std::move(enrollment.response);
}

net::Task<void> PairingService::acknowledge(http::Exchange& exchange, const Params& params) {
    auto raw = co_await readMessage(exchange);
    if (!raw) co_return co_await sendRefusal(exchange, std::move(raw).error());
    const auto ack = pairing::Ack::parse(*raw);
    if (!ack) co_return co_await sendRefusal(exchange, refusalOf(ack.error()));
    const std::string claimId(params.text("claim_id"));
    const auto gateway = wire::parseGatewayId(ack->gatewayId);
    if (!gateway) co_return co_await sendRefusal(exchange, refusalOf(gateway.error()));
    auto look = [claimId](store::Database& database) {
        return Enrollments(database).find(claimId);
    };
    const auto found = co_await parts_.store.run(std::move(look));
    if (!found) co_return co_await sendRefusal(exchange, refusalOf(found.error()));
    crypto::GatewayProfile profile;
    profile.trustDomain = Pki::kTrustDomain;
    profile.gatewayId = ack->gatewayId;
    if (!*found) {
        auto gone = refuse(410,
                           pairing::refusal::kGone,
                           "there is no such enrolment; pair the gateway again with a new code");
        co_return co_await sendRefusal(exchange, std::move(gone.value()));
    }
    profile.tenantId = (*found)->tenant.text();
    const auto der = exchange.clientCertificate();
    const auto certificate = crypto::Certificate::fromDer(der.value_or(Bytes()));
    const std::vector<std::string> expected{crypto::gatewayUri(profile)};
    if (!certificate || certificate->names().uris != expected || (*found)->epoch != ack->epoch) {
        auto refused =
            refuse(403,
                   "forbidden",
                   "the acknowledgement takes the certificate that was issued for this claim");
        co_return co_await sendRefusal(exchange, std::move(refused.value()));
    }
    const auto now = parts_.clock.wallNow();
    auto work = [claimId, gateway = *gateway, now](store::Database& database) {
        return Enrollments(database).acknowledge(claimId, gateway, now);
    };
    const auto first = co_await parts_.store.run(std::move(work));
    if (!first) co_return co_await sendRefusal(exchange, refusalOf(first.error()));
    const auto claim = relay_.findClaim(claimId);
    if (*first && claim) relay_.status(*claim, "active");
    if (*first) {
        kLog.info("pairing.active", {{"gateway_id", ack->gatewayId}});
        AuditEvent event;
        event.actor = {ActorKind::Gateway, ack->gatewayId};
        event.action = "gateway.active";
        event.target = {"gateway", ack->gatewayId, claim ? claim->label : std::string()};
        audit((*found)->tenant, std::move(event));
    }
    co_await sendNothing(exchange, 204);
}

}  // namespace pcg::controlplane
