// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/relay/pairing_service.h"

#include "common/base/text.h"
#include "common/codec/base64url.h"
#include "common/codec/name_rule.h"
#include "common/crypto/ec_key.h"
#include "common/log/log.h"
#include "controlplane-sim/relay/pairing_audit.h"
#include "controlplane-sim/relay/pairing_http.h"
#include "controlplane-sim/source_network.h"
#include "controlplane-sim/tenancy/enrollments.h"
#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/gateways.h"

#include <algorithm>

namespace pcg::controlplane {

namespace {

using namespace std::chrono_literals;

constexpr log::Logger kLog{"pairing"};
// Unknown, expired and busy nameplates take the same time to refuse, so that nothing is learned by
// asking.
constexpr std::chrono::milliseconds kRefusedClaim{150};
constexpr std::chrono::minutes kClockTolerance{10};

std::int64_t numberParameter(const http::Exchange& exchange,
                             std::string_view name,
                             std::int64_t absent) {
    const auto text = http::queryParameter(exchange.request().target, name);
    const auto number = parseUnsigned(text);
    return number && *number < 1'000'000 ? static_cast<std::int64_t>(*number) : absent;
}

Relay::Platform platformOf(const Pki& pki, std::string origin) {
    return {std::move(origin), "local", pki.root().der(), pki.root().spkiSha256()};
}

}  // namespace

PairingService::PairingService(Parts parts,
                               const Authenticator& authenticator,
                               Relay::Limits limits,
                               std::string origin)
    : parts_(parts),
      authenticator_(authenticator),
      origin_(std::move(origin)),
      relay_(parts.loop.get_executor(),
             parts.clock,
             parts.random,
             limits,
             platformOf(parts.pki, origin_)),
      requests_(limits.requestsPerSource),
      tick_(parts.loop.get_executor()),
      stopped_(parts.loop.get_executor()) {
    relay_.onClosed([this](const ClaimRecord& claim, const std::string& code) {
        audit(claim.scope.tenant(),
              pairingEvent(claim, "pairing.attempt", AuditOutcome::Failed, code));
    });
}

http::RouteHandler PairingService::bind(Method method) {
    return [this, method](http::Exchange& exchange, const Params& params) {
        return admit(exchange, params, method);
    };
}

net::Task<void> PairingService::admit(http::Exchange& exchange,
                                      const Params& params,
                                      Method method) {
    const auto wait = requests_.take(sourceNetwork(exchange.peer()), parts_.clock.now());
    if (wait) {
        auto refused = refuse(429,
                              pairing::refusal::kTooMany,
                              "too many requests from this network; wait and go on more slowly");
        refused.value().retryAfterMilliseconds = wait->count();
        co_return co_await sendRefusal(exchange, std::move(refused.value()));
    }
    co_await (this->*method)(exchange, params);
}

void PairingService::addTo(http::Router& router) {
    router.add("POST", "/pair/v1/offers", bind(&PairingService::postOffer));
    router.add("DELETE", "/pair/v1/offers/{sid}", bind(&PairingService::deleteOffer));
    router.add("GET", "/pair/v1/offers/{sid}/events", bind(&PairingService::pollOffer));
    router.add("POST", "/pair/v1/offers/{sid}/messages", bind(&PairingService::sendFromGateway));
    router.add("POST", "/pair/v1/claims", bind(&PairingService::postClaim));
    router.add("DELETE", "/pair/v1/claims/{claim_id}", bind(&PairingService::deleteClaim));
    router.add("GET", "/pair/v1/claims/{claim_id}/events", bind(&PairingService::pollClaim));
    router.add(
        "POST", "/pair/v1/claims/{claim_id}/messages", bind(&PairingService::sendFromTenant));
    router.add("POST", "/pair/v1/claims/{claim_id}/approve", bind(&PairingService::approve));
    router.add("PUT", "/pair/v1/enrollments/{claim_id}", bind(&PairingService::putEnrollment));
    router.add("POST", "/pair/v1/enrollments/{claim_id}/ack", bind(&PairingService::acknowledge));
    router.add("POST", "/pair/v1/renew", bind(&PairingService::renew));
    router.add("POST", "/pair/v1/release", bind(&PairingService::release));
}

net::Task<Answer<>> PairingService::checkOffer(const http::RequestHead& request,
                                               const pairing::Offer& offer,
                                               std::string_view raw) {
    const auto* header = request.headers.find(pairing::kOfferSignatureHeader);
    const auto signature =
        header == nullptr ? Result<Bytes>(Bytes()) : codec::base64UrlDecode(*header);
    const auto signedBytes = pairing::offerSigningInput(raw);
    if (!signature || !crypto::verifyEs256(offer.deviceSpki, signedBytes, *signature))
        co_return refuse(
            401, "signature", "the offer is not signed by the device key that it names");
    const auto difference =
        std::chrono::abs(fromUnixMilliseconds(offer.at) - parts_.clock.wallNow());
    if (difference > kClockTolerance)
        kLog.warn("pairing.clock_differs", {{"gateway_id", offer.gatewayId}});
    const auto id = wire::parseGatewayId(offer.gatewayId);
    if (!id) co_return refuse(400, "message", id.error().message());
    auto work = [&authority = parts_.authority, id = *id](store::Database& database) {
        return Gateways(database).byId(authority, id);
    };
    const auto gateway = co_await parts_.store.run(std::move(work));
    if (!gateway) co_return tl::unexpected(refusalOf(gateway.error()));
    if (*gateway && (*gateway)->state == GatewayState::Active)
        co_return refuse(409,
                         pairing::refusal::kGatewayBound,
                         "this gateway has an owner; they must release it, or it must be reset to "
                         "factory state");
    co_return Answer<>{};
}

net::Task<void> PairingService::postOffer(http::Exchange& exchange, const Params&) {
    auto raw = co_await readMessage(exchange);
    if (!raw) co_return co_await sendRefusal(exchange, std::move(raw).error());
    auto offer = pairing::Offer::parse(*raw);
    if (!offer) co_return co_await sendRefusal(exchange, refusalOf(offer.error()));
    auto checked = co_await checkOffer(exchange.request(), *offer, *raw);
    if (!checked) co_return co_await sendRefusal(exchange, std::move(checked).error());
    const auto gatewayId = offer->gatewayId;
    const auto reply =
        relay_.offer(std::move(*offer), std::move(*raw), sourceNetwork(exchange.peer()));
    if (!reply) co_return co_await sendRefusal(exchange, reply.error());
    kLog.info("pairing.offered", {{"gateway_id", gatewayId}});
    co_await sendJson(exchange, 201, reply->write());
}

Answer<std::shared_ptr<OfferRecord>> PairingService::offerOf(const http::Exchange& exchange,
                                                             const Params& params) {
    const auto* header = exchange.request().headers.find("Authorization");
    if (header == nullptr || !header->starts_with(pairing::kOfferAuthorization))
        return refuse(
            401, "unauthenticated", "send the offer's token as 'Authorization: PCG-Offer TOKEN'");
    return relay_.offerOf(params.text("sid"),
                          std::string_view(*header).substr(pairing::kOfferAuthorization.size()));
}

net::Task<void> PairingService::deleteOffer(http::Exchange& exchange, const Params& params) {
    const auto offer = offerOf(exchange, params);
    if (!offer) co_return co_await sendRefusal(exchange, offer.error());
    relay_.withdraw(**offer);
    co_await sendNothing(exchange, 204);
}

net::Task<void> PairingService::poll(http::Exchange& exchange, EventQueue& events) {
    const auto after = numberParameter(exchange, "after", 0);
    const auto asked = std::chrono::seconds(numberParameter(exchange, "wait", 0));
    const std::chrono::milliseconds limit =
        std::min<std::chrono::seconds>(asked, pairing::kLongPoll);
    if (limit.count() > 0) co_await events.wait(after, limit, exchange);
    const auto list = events.after(after);
    if (!list.events.empty()) co_return co_await sendJson(exchange, 200, list.write());
    if (!events.closed() || stopping_) co_return co_await sendNothing(exchange, 204);
    auto over = refuse(410, pairing::refusal::kGone, "this run is over");
    co_await sendRefusal(exchange, std::move(over.value()));
}

net::Task<void> PairingService::pollOffer(http::Exchange& exchange, const Params& params) {
    const auto offer = offerOf(exchange, params);
    if (!offer) co_return co_await sendRefusal(exchange, offer.error());
    const auto held = *offer;
    co_await poll(exchange, held->events);
}

net::Task<void> PairingService::sendFromGateway(http::Exchange& exchange, const Params& params) {
    const auto offer = offerOf(exchange, params);
    if (!offer) co_return co_await sendRefusal(exchange, offer.error());
    const auto held = *offer;
    auto raw = co_await readMessage(exchange);
    if (!raw) co_return co_await sendRefusal(exchange, std::move(raw).error());
    auto envelope = pairing::Envelope::parse(*raw);
    if (!envelope) co_return co_await sendRefusal(exchange, refusalOf(envelope.error()));
    const auto sent = relay_.fromGateway(*held, std::move(*envelope));
    if (!sent) co_return co_await sendRefusal(exchange, sent.error());
    co_await sendNothing(exchange, 202);
}

net::Task<void> PairingService::postClaim(http::Exchange& exchange, const Params&) {
    const auto since = std::chrono::steady_clock::now();
    const auto who = co_await authenticator_.tenant(exchange.request());
    if (!who) co_return co_await sendRefusal(exchange, refusalOf(who.error()));
    if (who->role != UserRole::Admin) {
        auto refused = refuse(403, "forbidden", "pairing takes the role admin");
        co_return co_await sendRefusal(exchange, std::move(refused.value()));
    }
    if (!who->steppedUp(parts_.clock.wallNow())) {
        auto needed = rest::stepUpNeeded();
        auto refused = refuse(403, needed.value().code, needed.value().detail);
        co_return co_await sendRefusal(exchange, std::move(refused.value()));
    }
    auto raw = co_await readMessage(exchange);
    if (!raw) co_return co_await sendRefusal(exchange, std::move(raw).error());
    auto request = pairing::ClaimRequest::parse(*raw);
    if (!request) co_return co_await sendRefusal(exchange, refusalOf(request.error()));
    if (!request->gatewayLabel.empty()) {
        auto name = codec::parseName(request->gatewayLabel);
        if (!name) co_return co_await sendRefusal(exchange, refusalOf(name.error()));
        request->gatewayLabel = std::move(*name);
    }
    const auto* key = exchange.request().headers.find("Idempotency-Key");
    const auto reply =
        relay_.claim(*who, *request, key == nullptr ? std::string() : key->substr(0, 64));
    if (reply) {
        const auto claim = relay_.findClaim(pairing::toText(reply->claimId));
        if (claim)
            audit(who->scope.tenant(),
                  pairingEvent(*claim, "pairing.claim", AuditOutcome::Success));
        co_return co_await sendJson(exchange, 201, reply->write());
    }
    audit(who->scope.tenant(), refusedClaim(*who, reply.error()));
    net::Timer delay(parts_.loop.get_executor(), since + kRefusedClaim);
    co_await delay.async_wait(net::kAwaitTuple);
    co_await sendRefusal(exchange, reply.error());
}

net::Task<Answer<std::shared_ptr<ClaimRecord>>> PairingService::claimOf(http::Exchange& exchange,
                                                                        const Params& params) {
    const auto who = co_await authenticator_.tenant(exchange.request());
    if (!who) co_return tl::unexpected(refusalOf(who.error()));
    co_return relay_.claimOf(params.text("claim_id"), who->scope);
}

net::Task<void> PairingService::deleteClaim(http::Exchange& exchange, const Params& params) {
    const auto claim = co_await claimOf(exchange, params);
    if (!claim) co_return co_await sendRefusal(exchange, claim.error());
    relay_.cancel(**claim, "cancelled");
    co_await sendNothing(exchange, 204);
}

net::Task<void> PairingService::pollClaim(http::Exchange& exchange, const Params& params) {
    const auto claim = co_await claimOf(exchange, params);
    if (!claim) co_return co_await sendRefusal(exchange, claim.error());
    const auto held = *claim;
    co_await poll(exchange, held->events);
}

net::Task<void> PairingService::sendFromTenant(http::Exchange& exchange, const Params& params) {
    const auto claim = co_await claimOf(exchange, params);
    if (!claim) co_return co_await sendRefusal(exchange, claim.error());
    const auto held = *claim;
    auto raw = co_await readMessage(exchange);
    if (!raw) co_return co_await sendRefusal(exchange, std::move(raw).error());
    auto envelope = pairing::Envelope::parse(*raw);
    if (!envelope) co_return co_await sendRefusal(exchange, refusalOf(envelope.error()));
    const auto sent = relay_.fromTenant(*held, std::move(*envelope));
    if (!sent) co_return co_await sendRefusal(exchange, sent.error());
    co_await sendNothing(exchange, 202);
}

void PairingService::start() {
    sweeping_ = true;
    net::asio::co_spawn(parts_.loop.get_executor(), sweepLoop(), net::asio::detached);
}

net::Task<void> PairingService::stop() {
    stopping_ = true;
    tick_.cancel();
    relay_.closeAll();
    while (sweeping_) co_await stopped_.wait();
}

net::Task<void> PairingService::sweepLoop() {
    for (int second = 0; !stopping_; ++second) {
        relay_.sweep();
        if (second % 30 == 0) co_await expireUnacknowledged();
        if (stopping_) break;
        tick_.expires_after(1s);
        co_await tick_.async_wait(net::kAwaitTuple);
    }
    sweeping_ = false;
    stopped_.notify();
}

// The fail-safe: what a gateway does not acknowledge in 15 minutes is taken back.
net::Task<void> PairingService::expireUnacknowledged() {
    const auto now = parts_.clock.wallNow();
    auto work = [&authority = parts_.authority, now](store::Database& database) {
        return Enrollments(database).expire(authority, now);
    };
    const auto expired = co_await parts_.store.run(std::move(work));
    if (!expired) {
        kLog.failure(log::Level::Error, "pairing.expire_failed", expired.error());
        co_return;
    }
    for (const auto& enrollment : *expired) {
        kLog.warn("pairing.not_acknowledged", {{"gateway_id", enrollment.gateway.text()}});
        AuditEvent event;
        event.action = "gateway.expire";
        event.actor = {ActorKind::Platform, "control plane"};
        event.target = {"gateway", enrollment.gateway.text(), {}};
        event.outcome = AuditOutcome::Failed;
        event.detail = "The gateway did not acknowledge its identity in time.";
        audit(enrollment.tenant, std::move(event));
        const auto revoked = co_await parts_.bus.revoke(enrollment.tenant, enrollment.nkey);
        if (!revoked) kLog.failure(log::Level::Error, "pairing.revoke_failed", revoked.error());
    }
}

}  // namespace pcg::controlplane
