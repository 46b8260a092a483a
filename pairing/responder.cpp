// SPDX-License-Identifier: Apache-2.0
#include "pairing/responder.h"

#include "common/crypto/x509.h"
#include "pairing/errc.h"

#include <algorithm>

namespace pcg::pairing {
namespace {

constexpr std::size_t kMaxClaimsPerCode = 64;

void appendAll(GatewayActions& to, GatewayActions more) {
    for (auto& item : more) to.push_back(std::move(item));
}

Error outOfOrder(std::string_view type) {
    return {kProtocol,
            "the tenant's side sent \"" + std::string(type.substr(0, 32)) + "\" out of order"};
}

}  // namespace

Responder::Responder(GatewayFacts facts,
                     const Sid& sid,
                     std::string_view offerRaw,
                     crypto::Scalar w,
                     const Clock& clock,
                     Random& random)
    : facts_(std::move(facts)),
      sid_(sid),
      offerSha256_(crypto::sha256(offerRaw)),
      w_(std::move(w)),
      clock_(clock),
      random_(random),
      codeExpiry_(clock.now() + kCodeLifetime) {}

action::Send Responder::message(std::string_view type, std::string raw) {
    return {Envelope{terms_.claimId, ++sent_, std::string(type), std::move(raw)}};
}

SteadyTime Responder::deadline() const {
    switch (state_) {
        case State::Offered:
            return codeExpiry_;
        case State::Confirming:
            return std::min(claimDeadline_, confirmDeadline_);
        case State::Claimed:
        case State::Counting:
        case State::Pake:
            return claimDeadline_;
        default:
            return SteadyTime::max();
    }
}

GatewayActions Responder::receive(const Envelope& envelope) {
    if (state_ == State::Accepted || state_ == State::Burnt) return {};
    if (envelope.type == "claim") return onClaim(envelope);
    if (state_ == State::Offered || envelope.claimId != terms_.claimId)
        return {};  // of a run that is over
    if (envelope.type == "cancel") return onPeerFailure(envelope);
    // The relay delivers at least once.
    if (envelope.seq <= received_) return {};
    const bool next = envelope.seq == received_ + 1;
    received_ = envelope.seq;
    if (envelope.type == "fail") return onPeerFailure(envelope);
    if (next && envelope.type == "pake_a" && state_ == State::Claimed) return onPakeA(envelope);
    if (next && envelope.type == "confirm_a" && state_ == State::Pake) return onConfirmA(envelope);
    return endRun(outOfOrder(envelope.type), "protocol", state_ == State::Confirming, true);
}

GatewayActions Responder::onClaim(const Envelope& envelope) {
    if (state_ != State::Offered) return {};
    auto terms = ClaimTerms::parse(envelope.raw);
    const bool seen =
        std::find(seenClaims_.begin(), seenClaims_.end(), envelope.claimId) != seenClaims_.end();
    // A claim that is not of this offer, or not new, changes nothing: there is no run that could
    // fail.
    if (!terms || seen || terms->claimId != envelope.claimId || terms->sid != sid_) return {};
    if (seenClaims_.size() >= kMaxClaimsPerCode) {
        return endRun({kProtocol, "this code was claimed too often"}, "burned", true, false);
    }
    seenClaims_.push_back(envelope.claimId);
    terms_ = std::move(*terms);
    claimSha256_ = crypto::sha256(envelope.raw);
    received_ = sent_ = 0;
    claimDeadline_ = clock_.now() + kClaimLifetime;
    state_ = State::Claimed;
    return {};
}

GatewayActions Responder::onPakeA(const Envelope& envelope) {
    // Whatever arrived, it was an attempt.
    ++attempts_;
    state_ = State::Counting;
    const auto pake = PakeA::parse(envelope.raw);
    peerShare_ = pake ? pake->pA : PointBytes{};  // all zero is no point: refused below
    GatewayActions actions;
    actions.emplace_back(action::PersistAttempt{});
    return actions;
}

GatewayActions Responder::attemptPersisted() {
    if (state_ != State::Counting) return {};
    return answerPakeA();
}

GatewayActions Responder::attemptRefused() {
    if (state_ != State::Counting) return {};
    const Error why(kResting, "ten codes were tried within an hour; the gateway rests");
    return endRun(why, "resting", true, true);
}

GatewayActions Responder::answerPakeA() {
    auto run = Spake2::start(Role::Gateway, w_, random_);
    ownShare_ = run.share();
    encPrivate_ = crypto::Scalar::random(random_);
    encPub_ = crypto::Point::multiplyGenerator(*encPrivate_).bytes();

    RunContext context;
    context.sid = sid_;
    context.claimId = terms_.claimId;
    context.gatewayId = facts_.gatewayId;
    context.deviceSpkiSha256 = facts_.deviceSpkiSha256;
    context.encPub = encPub_;
    context.nkeyPub = facts_.nkeyPub;
    context.csrSha256 = facts_.csrSha256;
    context.tenantId = terms_.tenantId;
    context.tenantName = terms_.tenantName;
    context.portalOrigin = terms_.portalOrigin;
    context.controlPlaneRootSpkiSha256 = terms_.controlPlaneRootSpkiSha256;
    context.offerSha256 = offerSha256_;
    context.claimSha256 = claimSha256_;
    context.attempt = static_cast<std::uint8_t>(terms_.attempt);
    const auto associated = associatedData(context);
    auto keys = std::move(run).finish(peerShare_,
                                      commissionerIdentity(terms_.tenantId),
                                      gatewayIdentity(facts_.gatewayId),
                                      associated);
    if (!keys) return endRun(keys.error(), "bad_share", false, true);
    keys_ = std::move(*keys);
    session_ = deriveSession(keys_.ke.reveal(), associated, peerShare_, ownShare_);
    keys_.ke = Secret();
    state_ = State::Pake;
    GatewayActions actions;
    const PakeB answer{
        ownShare_, encPub_, facts_.nkeyPub, facts_.csrSha256, facts_.deviceSpkiSha256};
    actions.emplace_back(message("pake_b", answer.write()));
    return actions;
}

GatewayActions Responder::onConfirmA(const Envelope& envelope) {
    const auto confirm = ConfirmA::parse(envelope.raw);
    if (!confirm) return endRun(confirm.error(), "protocol", false, true);
    if (!constantTimeEqual(confirm->cA, keys_.commissionerConfirm)) {
        const Error why(
            kBadCode,
            "somebody of tenant " + terms_.tenantId + " typed another code than this one");
        return endRun(why, "bad_code", false, true);
    }
    auto actions = openConfirmation(*confirm, static_cast<std::uint64_t>(envelope.seq));
    if (!actions)
        return endRun(
            actions.error(), actions.error().is(kRoot) ? "root_mismatch" : "protocol", false, true);
    return std::move(*actions);
}

Result<GatewayActions> Responder::openConfirmation(const ConfirmA& confirm, std::uint64_t seq) {
    const auto plain = PCG_TRY(
        openBox(session_.commissionerToGateway, "confirm_a", terms_.claimId, seq, confirm.box));
    auto box = PCG_TRY(ConfirmABox::parse(plain.revealText()));
    const auto root = PCG_TRY(crypto::Certificate::fromDer(box.controlPlaneRootDer));
    if (root.spkiSha256() != terms_.controlPlaneRootSpkiSha256) {
        return fail(kRoot,
                    "the control plane's root certificate is not the one that the claim names");
    }
    if (facts_.pinnedRootSpkiSha256 && *facts_.pinnedRootSpkiSha256 != root.spkiSha256()) {
        return fail(kRoot,
                    "the control plane's root certificate is not the one that this gateway is "
                    "configured for");
    }
    rootDer_ = std::move(box.controlPlaneRootDer);
    const bool preset = !facts_.expectedTenant.empty();
    ConfirmBBox answer{
        facts_.hostname, facts_.softwareVersion, preset ? "expected_tenant" : "console", false};
    auto sealed = sealBox(session_.gatewayToCommissioner,
                          "confirm_b",
                          terms_.claimId,
                          static_cast<std::uint64_t>(sent_ + 1),
                          answer.write());
    GatewayActions actions;
    actions.emplace_back(
        message("confirm_b", ConfirmB{keys_.gatewayConfirm, std::move(sealed)}.write()));
    state_ = State::Confirming;
    confirmDeadline_ = clock_.now() + kConfirmLifetime;
    if (!preset) {
        actions.emplace_back(action::ShowConfirmation{{session_.sas, terms_}});
    } else if (isExpected(terms_)) {
        appendAll(actions, accept("expected_tenant"));
    } else {
        const Error why(
            kRejected,
            "tenant " + terms_.tenantId + " is not the tenant that this gateway expects");
        appendAll(actions, endRun(why, "tenant_not_expected", true, true));
    }
    return actions;
}

bool Responder::isExpected(const ClaimTerms& terms) const {
    // Never by its name: a tenant gives itself any name that it likes, another one's id, too.
    return facts_.expectedTenant == terms.tenantId;
}

GatewayActions Responder::decide(bool yes) {
    if (state_ != State::Confirming) return {};
    if (!yes) return endRun({kRejected, "the console refused the tenant"}, "rejected", true, true);
    return accept("console");
}

GatewayActions Responder::accept(std::string_view mode) {
    state_ = State::Accepted;
    Acceptance acceptance;
    acceptance.terms = terms_;
    acceptance.pth = session_.pth;
    acceptance.reportTag = session_.reportTag;
    acceptance.controlPlaneRootDer = std::move(rootDer_);
    acceptance.encPrivate = encPrivate_->bytes();
    acceptance.encPub = encPub_;
    acceptance.acceptMode = mode;
    encPrivate_.reset();
    session_ = {};
    keys_ = {};
    GatewayActions actions;
    actions.emplace_back(action::Accepted{std::move(acceptance)});
    return actions;
}

GatewayActions Responder::onPeerFailure(const Envelope& envelope) {
    const auto failure = Failure::parse(envelope.raw);
    const std::string code = failure ? failure->code : "unreadable";
    const Error why(kFailedThere, "the tenant's side ended the pairing (" + code + ")");
    return endRun(why, "cancelled", state_ == State::Confirming, false);
}

GatewayActions Responder::tick() {
    if (clock_.now() < deadline()) return {};
    switch (state_) {
        case State::Offered:
            return endRun(
                {kExpired, "the code was not used within 10 minutes"}, "expired", true, false);
        case State::Confirming:
            return endRun({kExpired, "nobody answered at the console within 2 minutes"},
                          "console_timeout",
                          true,
                          true);
        case State::Claimed:
        case State::Counting:
        case State::Pake:
            return endRun({kExpired, "the tenant's side did not finish within 5 minutes"},
                          "expired",
                          false,
                          true);
        default:
            return {};
    }
}

GatewayActions Responder::endRun(const Error& why,
                                 std::string_view code,
                                 bool burn,
                                 bool tellPeer) {
    const bool shown = state_ == State::Confirming;
    const bool burnt = burn || attemptsLeft() == 0 || clock_.now() >= codeExpiry_;
    const int left = burnt ? 0 : attemptsLeft();
    GatewayActions actions;
    if (tellPeer) actions.emplace_back(message("fail", Failure{std::string(code), left}.write()));
    if (shown) actions.emplace_back(action::HideConfirmation{why.message()});
    if (burnt)
        actions.emplace_back(action::CodeBurnt{why});
    else
        actions.emplace_back(action::RunFailed{why, left});
    state_ = burnt ? State::Burnt : State::Offered;
    encPrivate_.reset();
    session_ = {};
    keys_ = {};
    rootDer_.clear();
    return actions;
}

}  // namespace pcg::pairing
