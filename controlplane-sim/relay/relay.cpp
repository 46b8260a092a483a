// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/relay/relay.h"

#include "common/base/secret.h"
#include "common/crypto/digest.h"

#include <utility>

namespace pcg::controlplane {

namespace {

using namespace std::chrono_literals;
namespace names = pairing::refusal;

// A finished run answers repeated requests for a while, so that a lost reply is not a lost pairing.
constexpr std::chrono::minutes kKeepFinished{15};

tl::unexpected<pairing::Refusal> noSuchCode() {
    return refuse(
        404,
        names::kNotFound,
        "no gateway is waiting under this code; read the code on its console and type it again");
}

tl::unexpected<pairing::Refusal> tooMany(std::chrono::milliseconds retryAfter) {
    auto refused = refuse(429, names::kTooMany, "too many attempts; wait and try again");
    refused.value().retryAfterMilliseconds = retryAfter.count();
    return refused;
}

tl::unexpected<pairing::Refusal> gone(std::string detail) {
    return refuse(410, names::kGone, std::move(detail));
}

}  // namespace

tl::unexpected<pairing::Refusal> refuse(int status, std::string_view code, std::string detail) {
    pairing::Refusal refusal;
    refusal.status = status;
    refusal.code = code;
    refusal.detail = std::move(detail);
    return tl::unexpected<pairing::Refusal>(std::move(refusal));
}

Relay::Relay(
    net::Executor executor, const Clock& clock, Random& random, Limits limits, Platform platform)
    : executor_(executor),
      clock_(clock),
      random_(random),
      limits_(limits),
      platform_(std::move(platform)),
      offersBySource_(limits.offersPerSourceAndMinute, 1min),
      takenBySource_(limits.takenPerSourceAndHour, 1h),
      offersByGateway_(limits.offersPerGatewayAndMinute, 1min),
      claimsByMinute_(limits.claimsPerTenantAndMinute, 1min),
      claimsByHour_(limits.claimsPerTenantAndHour, 1h),
      missesByUser_(limits.missesPerUserAndHour, 1h) {}

std::shared_ptr<OfferRecord> Relay::foundIn(const OfferIndex& index, const std::string& key) {
    const auto found = index.find(key);
    return found == index.end() ? nullptr : found->second;
}

// What the source costs comes before any look at what others have offered: otherwise the answer to
// a probe would be free, and tell which nameplates are taken.
Answer<> Relay::mayOffer(const pairing::Offer& offer, const std::string& source, ByteCount bytes) {
    const auto now = clock_.now();
    if (takenBySource_.exhausted(source, now)) return tooMany(10min);
    if (!offersBySource_.take(source, now)) return tooMany(1min);
    const auto counted = sources_.find(source);
    auto own = counted == sources_.end() ? Source{} : counted->second;
    const auto earlier = foundIn(byGateway_, offer.gatewayId);
    // It will be replaced by this one.
    if (earlier && earlier->source == source) --own.live;
    if (own.live >= limits_.offersPerSource || own.records >= limits_.recordsPerSource ||
        byGateway_.size() >= limits_.offers || offers_.size() >= 2 * limits_.offers ||
        offerBytes_ + bytes > limits_.offerBytes)
        return tooMany(1min);
    if (!offersByGateway_.take(offer.gatewayId, now)) return tooMany(20s);
    const auto other = foundIn(byNameplate_, offer.nameplate);
    if (!other || other == earlier) return {};
    takenBySource_.take(source, now);
    return refuse(
        409, names::kNameplateTaken, "another gateway shows a code that begins like this one");
}

void Relay::supersede(const std::string& gatewayId) {
    if (const auto earlier = foundIn(byGateway_, gatewayId))
        closeOffer(*earlier, OfferState::Burned, "gateway_restarted");
}

void Relay::keep(const std::shared_ptr<OfferRecord>& offer) {
    offers_[pairing::toText(offer->reply.sid)] = offer;
    byGateway_[offer->offer.gatewayId] = offer;
    byNameplate_[offer->offer.nameplate] = offer;
    auto& source = sources_[offer->source];
    ++source.live;
    ++source.records;
    offerBytes_ += offer->raw.size();
}

// The code is void: what stays is what those who poll, and a claim that runs, still ask for.
void Relay::retire(OfferRecord& offer, OfferState state) {
    const bool was = offer.state == OfferState::Live || offer.state == OfferState::Claimed;
    offer.state = state;
    if (was) {
        byGateway_.erase(offer.offer.gatewayId);
        byNameplate_.erase(offer.offer.nameplate);
        --sources_[offer.source].live;
        offerBytes_ -= offer.raw.size();
        std::exchange(offer.raw, {});
        std::exchange(offer.offer.versions, {});
        std::exchange(offer.offer.suites, {});
        std::exchange(offer.offer.softwareVersion, {});
        std::exchange(offer.offer.imageSha256, {});
    }
    offer.events.close();
}

void Relay::forget(const OfferRecord& offer) {
    const auto source = sources_.find(offer.source);
    if (--source->second.records == 0) sources_.erase(source);
}

Answer<pairing::OfferReply> Relay::offer(pairing::Offer offer,
                                         std::string raw,
                                         std::string source) {
    const auto earlier = foundIn(byGateway_, offer.gatewayId);
    if (earlier && earlier->state == OfferState::Live && earlier->raw == raw) return earlier->reply;
    if (auto allowed = mayOffer(offer, source, raw.size()); !allowed)
        return tl::unexpected(std::move(allowed).error());
    supersede(offer.gatewayId);
    auto record = std::make_shared<OfferRecord>(executor_);
    record->reply.serverNonce = random_.array<32>();
    record->reply.sid = pairing::sidOf(offer.bootNonce, record->reply.serverNonce);
    record->reply.offerToken = pairing::toText(random_.array<32>());
    record->reply.controlPlaneTime = toUnixMilliseconds(clock_.wallNow());
    record->offer = std::move(offer);
    record->raw = std::move(raw);
    record->source = std::move(source);
    record->expiresAt = clock_.now() + pairing::kCodeLifetime;
    keep(record);
    return record->reply;
}

Answer<std::shared_ptr<OfferRecord>> Relay::offerOf(std::string_view sid, std::string_view token) {
    const auto found = offers_.find(sid);
    if (found == offers_.end()) return gone("this offer is over; offer a new code");
    const auto expected = crypto::sha256(found->second->reply.offerToken);
    if (!constantTimeEqual(expected, crypto::sha256(token)))
        return refuse(401, "unauthenticated", "this is not the token of the offer");
    return found->second;
}

void Relay::withdraw(OfferRecord& offer) {
    closeOffer(offer, OfferState::Burned, "code_withdrawn");
}

void Relay::closeOffer(OfferRecord& offer, OfferState state, const std::string& why) {
    if (offer.state == OfferState::Done || offer.state == OfferState::Burned) return;
    if (offer.claim) {
        if (const auto claim = findClaim(pairing::toText(*offer.claim))) closeClaim(*claim, why);
    }
    retire(offer, state);
}

std::shared_ptr<OfferRecord> Relay::liveOfferOf(const std::string& nameplate) {
    const auto offer = foundIn(byNameplate_, nameplate);
    const bool live = offer && offer->state == OfferState::Live && clock_.now() < offer->expiresAt;
    return live ? offer : nullptr;
}

Answer<pairing::ClaimReply> Relay::claim(const Authenticated& who,
                                         const pairing::ClaimRequest& request,
                                         std::string idempotencyKey) {
    const auto tenant = who.scope.tenant().text();
    for (const auto& [id, claim] : claims_) {
        if (!idempotencyKey.empty() && claim->idempotencyKey == idempotencyKey &&
            claim->scope.tenant() == who.scope.tenant())
            return claim->reply;
    }
    const auto user = tenant + "/" + who.username;
    const auto now = clock_.now();
    if (missesByUser_.exhausted(user, now)) return tooMany(1h);
    if (!claimsByMinute_.take(tenant, now)) return tooMany(1min);
    if (!claimsByHour_.take(tenant, now)) return tooMany(10min);
    const auto offer = liveOfferOf(request.nameplate);
    if (!offer) {
        missesByUser_.take(user, now);
        return noSuchCode();
    }
    const auto claim = open(who, request, offer);
    claim->idempotencyKey = std::move(idempotencyKey);
    return claim->reply;
}

Answer<std::shared_ptr<ClaimRecord>> Relay::claimForPlatform(const Authenticated& platform,
                                                             const pairing::ClaimRequest& request) {
    const auto offer = liveOfferOf(request.nameplate);
    if (!offer) return noSuchCode();
    auto claim = open(platform, request, offer);
    claim->kind = GatewayKind::System;
    return claim;
}

std::shared_ptr<ClaimRecord> Relay::open(const Authenticated& who,
                                         const pairing::ClaimRequest& request,
                                         const std::shared_ptr<OfferRecord>& offer) {
    auto claim = std::make_shared<ClaimRecord>(executor_, who.scope);
    claim->username = who.username;
    claim->label = request.gatewayLabel;
    claim->offer = offer;
    claim->expiresAt = clock_.now() + pairing::kClaimLifetime;
    offer->state = OfferState::Claimed;
    ++offer->attempts;

    auto& terms = claim->terms;
    terms.claimId = random_.array<16>();
    terms.sid = offer->reply.sid;
    terms.tenantId = who.scope.tenant().text();
    terms.tenantName = who.tenantName;
    terms.tenantRegion = platform_.region;
    terms.requestedBy = who.username;
    terms.commissioner = request.commissioner;
    terms.portalOrigin = platform_.origin;
    terms.controlPlaneRootSpkiSha256 = platform_.rootSpkiSha256;
    terms.versions = request.versions;
    terms.attempt = offer->attempts;
    terms.controlPlaneTime = toUnixMilliseconds(clock_.wallNow());
    offer->claim = terms.claimId;

    auto& reply = claim->reply;
    reply.claimId = terms.claimId;
    reply.sid = terms.sid;
    reply.serverNonce = offer->reply.serverNonce;
    reply.offerRaw = offer->raw;
    reply.claimRaw = terms.write();
    reply.controlPlaneRootDer = platform_.rootDer;
    reply.attempt = terms.attempt;
    claims_[pairing::toText(terms.claimId)] = claim;
    offer->events.push({terms.claimId, 0, "claim", reply.claimRaw});
    return claim;
}

Answer<std::shared_ptr<ClaimRecord>> Relay::claimOf(std::string_view id, const TenantScope& scope) {
    const auto claim = findClaim(id);
    // Somebody else's claim looks like none.
    if (!claim || claim->scope.tenant() != scope.tenant())
        return refuse(404, names::kNotFound, "there is no such claim");
    return claim;
}

std::shared_ptr<ClaimRecord> Relay::findClaim(std::string_view id) {
    const auto found = claims_.find(id);
    return found == claims_.end() ? nullptr : found->second;
}

Answer<> Relay::forward(EventQueue& to, std::int64_t& lastSeq, pairing::Envelope envelope) {
    if (envelope.seq <= lastSeq) return {};  // said before; the answer got lost
    if (envelope.seq != lastSeq + 1)
        return refuse(
            409, names::kMismatch, "a message is missing before this one; start the pairing again");
    const auto seq = envelope.seq;
    if (!to.push(std::move(envelope))) return tooMany(1min);
    lastSeq = seq;
    return {};
}

Answer<> Relay::fromGateway(OfferRecord& offer, pairing::Envelope envelope) {
    const auto claim = findClaim(pairing::toText(envelope.claimId));
    if (!claim || claim->offer.get() != &offer)
        return refuse(404, names::kNotFound, "there is no such claim");
    if (claim->state == ClaimState::Closed) return gone("this claim is over");
    if (envelope.type != "pake_b" && envelope.type != "confirm_b" && envelope.type != "fail")
        return refuse(400, "message", "a gateway sends pake_b, confirm_b or fail");
    std::optional<pairing::Failure> failure;
    if (envelope.type == "fail") {
        auto parsed = pairing::Failure::parse(envelope.raw);
        if (!parsed) return refuse(400, "message", parsed.error().message());
        failure = std::move(*parsed);
    }
    if (auto sent = forward(claim->events, claim->lastSeqOfGateway, std::move(envelope)); !sent)
        return sent;
    if (!failure || claim->state != ClaimState::Open) return {};
    offer.claim.reset();
    if (failure->left > 0) {
        offer.state = OfferState::Live;
    } else {
        retire(offer, OfferState::Burned);
    }
    closeClaim(*claim, failure->code);
    return {};
}

Answer<> Relay::fromTenant(ClaimRecord& claim, pairing::Envelope envelope) {
    if (claim.state == ClaimState::Closed) return gone("this claim is over");
    if (envelope.claimId != claim.terms.claimId)
        return refuse(409, names::kMismatch, "the message names another claim than the URL");
    if (envelope.type != "pake_a" && envelope.type != "confirm_a" && envelope.type != "fail")
        return refuse(400, "message", "a commissioner sends pake_a, confirm_a or fail");
    const bool failed = envelope.type == "fail";
    if (auto sent = forward(claim.offer->events, claim.lastSeqOfTenant, std::move(envelope)); !sent)
        return sent;
    if (failed && claim.state == ClaimState::Open) conclude(claim, ClaimState::Closed, "failed");
    return {};
}

void Relay::cancel(ClaimRecord& claim, const std::string& code) {
    if (claim.state != ClaimState::Open) return;
    const pairing::Failure failure{code, 0};
    claim.offer->events.push({claim.terms.claimId, 0, "cancel", failure.write()});
    conclude(claim, ClaimState::Closed, code);
}

void Relay::status(ClaimRecord& claim, const std::string& state, const std::string& code) {
    const pairing::Status status{state, code};
    claim.events.push({claim.terms.claimId, 0, "status", status.write()});
}

void Relay::closeClaim(ClaimRecord& claim, const std::string& code) {
    if (claim.state == ClaimState::Closed || claim.state == ClaimState::Issued) return;
    claim.state = ClaimState::Closed;
    claim.closedCode = code;
    claim.expiresAt = clock_.now() + kKeepFinished;
    status(claim, "closed", code);
    claim.events.close();
    if (onClosed_) onClosed_(claim, code);
}

void Relay::conclude(ClaimRecord& claim, ClaimState state, const std::string& code) {
    auto& offer = *claim.offer;
    if (offer.claim == claim.terms.claimId) {
        offer.claim.reset();
        // A code that was replaced or withdrawn meanwhile stays void.
        const bool another = state == ClaimState::Closed && code != "mismatch" &&
                             offer.state == OfferState::Claimed &&
                             offer.attempts < pairing::kAttemptsPerCode;
        if (another) {
            offer.state = OfferState::Live;
        } else {
            retire(offer, state == ClaimState::Issued ? OfferState::Done : OfferState::Burned);
        }
    }
    if (state == ClaimState::Closed) {
        closeClaim(claim, code);
        return;
    }
    claim.state = state;
    claim.expiresAt = clock_.now() + kKeepFinished;
    status(claim, "issued");
}

void Relay::sweep() {
    const auto now = clock_.now();
    for (const auto& [id, claim] : claims_) {
        if (now >= claim->expiresAt && claim->state == ClaimState::Open) cancel(*claim, "expired");
    }
    std::erase_if(claims_, [&](const auto& entry) {
        const auto& claim = *entry.second;
        const bool over = claim.state == ClaimState::Closed || claim.state == ClaimState::Issued;
        if (!over || now < claim.expiresAt) return false;
        entry.second->events.close();
        return true;
    });
    for (const auto& [sid, offer] : offers_) {
        // A running claim freezes the code for as long as the claim may last.
        if (now >= offer->expiresAt && offer->state == OfferState::Live)
            closeOffer(*offer, OfferState::Burned, "expired");
    }
    std::erase_if(offers_, [&](const auto& entry) {
        const auto& offer = *entry.second;
        const bool over = offer.state == OfferState::Done || offer.state == OfferState::Burned;
        if (!over || now < offer.expiresAt + pairing::kClaimLifetime) return false;
        entry.second->events.close();
        forget(offer);
        return true;
    });
}

void Relay::closeAll() {
    for (const auto& [sid, offer] : offers_) offer->events.close();
    for (const auto& [id, claim] : claims_) claim->events.close();
}

}  // namespace pcg::controlplane
