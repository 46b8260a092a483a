// SPDX-License-Identifier: Apache-2.0
#include "pairing/commissioner.h"

#include "common/crypto/x509.h"
#include "pairing/errc.h"

#include <algorithm>

namespace pcg::pairing {
namespace {

tl::unexpected<Error> unfit(std::string_view what) {
    return fail(kBinding,
                "the control plane's answer does not fit together: " + std::string(what) +
                    ". No attempt was used; if this comes again, somebody is in between");
}

CommissionerSteps one(CommissionerStep step) {
    CommissionerSteps steps;
    steps.push_back(std::move(step));
    return steps;
}

Error gatewaySaid(const Failure& failure) {
    const std::string again =
        failure.left > 0 ? std::to_string(failure.left) + " of 3 attempts are left with this code"
                         : "this code is void; read the new one from the gateway's console";
    if (failure.code == "bad_code") return {kBadCode, "the code is not the gateway's; " + again};
    if (failure.code == "rejected")
        return {kRejected, "the gateway's console refused this tenant; " + again};
    if (failure.code == "console_timeout") {
        return {kExpired, "nobody answered at the gateway's console within 2 minutes; " + again};
    }
    if (failure.code == "tenant_not_expected") {
        return {kRejected, "the gateway is set up for another tenant; ask whoever runs it"};
    }
    if (failure.code == "resting") {
        return {kResting,
                "the gateway was tried ten times within an hour and rests; its console says when "
                "it shows the next code"};
    }
    return {kFailedThere, "the gateway ended the pairing (" + failure.code + "); " + again};
}

}  // namespace

Result<CheckedClaim> checkClaim(const ClaimReply& reply, const ClaimExpectation& expectation) {
    CheckedClaim claim;
    claim.offer = PCG_TRY(Offer::parse(reply.offerRaw));
    claim.terms = PCG_TRY(ClaimTerms::parse(reply.claimRaw));
    const auto& terms = claim.terms;
    if (terms.claimId != reply.claimId) return unfit("the claim id differs");
    if (terms.sid != reply.sid || sidOf(claim.offer.bootNonce, reply.serverNonce) != reply.sid) {
        return unfit("the offer's id is not made of both sides' random numbers");
    }
    if (claim.offer.nameplate != expectation.nameplate)
        return unfit("it is the offer of another code");
    if (terms.tenantId != expectation.tenantId)
        return unfit("the claim is for another tenant than yours");
    const auto& versions = claim.offer.versions;
    const auto& suites = claim.offer.suites;
    if (std::find(versions.begin(), versions.end(), kProtocolVersion) == versions.end() ||
        std::find(suites.begin(), suites.end(), kSuite) == suites.end()) {
        return fail(kVersion,
                    "the gateway does not speak version 1 of the pairing protocol; update it");
    }
    const auto root = PCG_TRY(crypto::Certificate::fromDer(reply.controlPlaneRootDer));
    if (root.spkiSha256() != terms.controlPlaneRootSpkiSha256) {
        return fail(kRoot,
                    "the control plane's root certificate is not the one that its claim names");
    }
    if (expectation.trustedRootSpkiSha256 &&
        *expectation.trustedRootSpkiSha256 != root.spkiSha256()) {
        return fail(kRoot,
                    "the control plane named a root certificate that is not in your CA file; "
                    "somebody may be in between");
    }
    claim.offerSha256 = crypto::sha256(reply.offerRaw);
    claim.claimSha256 = crypto::sha256(reply.claimRaw);
    claim.controlPlaneRootDer = reply.controlPlaneRootDer;
    return claim;
}

Commissioner::Commissioner(CheckedClaim claim,
                           std::string enrollUrl,
                           const crypto::Scalar& w,
                           const Clock& clock,
                           Random& random)
    : claim_(std::move(claim)),
      enrollUrl_(std::move(enrollUrl)),
      clock_(clock),
      run_(Spake2::start(Role::Commissioner, w, random)),
      ownShare_(run_.share()),
      deadline_(clock.now() + kClaimLifetime) {}

step::Send Commissioner::message(std::string_view type, std::string raw) {
    return {Envelope{claim_.terms.claimId, ++sent_, std::string(type), std::move(raw)}};
}

CommissionerSteps Commissioner::start() {
    if (state_ != State::Fresh) return {};
    state_ = State::Pake;
    return one(message("pake_a", PakeA{ownShare_}.write()));
}

CommissionerSteps Commissioner::receive(const Envelope& envelope) {
    if (state_ == State::Fresh || state_ == State::Paired || state_ == State::Failed) return {};
    if (envelope.claimId != claim_.terms.claimId) return {};
    if (envelope.type == "status") return onStatus(envelope);
    // The relay delivers at least once.
    if (envelope.seq <= received_) return {};
    const bool next = envelope.seq == received_ + 1;
    received_ = envelope.seq;
    if (envelope.type == "fail") return onGatewayFailure(envelope);
    if (next && envelope.type == "pake_b" && state_ == State::Pake) return onPakeB(envelope);
    if (next && envelope.type == "confirm_b" && state_ == State::Confirm)
        return onConfirmB(envelope);
    return failed(
        {kProtocol, "the gateway's side sent \"" + envelope.type.substr(0, 32) + "\" out of order"},
        "protocol",
        true,
        true);
}

RunContext Commissioner::contextOf(const PakeB& pake) const {
    RunContext context;
    context.sid = claim_.terms.sid;
    context.claimId = claim_.terms.claimId;
    context.gatewayId = claim_.offer.gatewayId;
    context.deviceSpkiSha256 = pake.deviceSpkiSha256;
    context.encPub = pake.encPub;
    context.nkeyPub = pake.nkeyPub;
    context.csrSha256 = pake.csrSha256;
    context.tenantId = claim_.terms.tenantId;
    context.tenantName = claim_.terms.tenantName;
    context.portalOrigin = claim_.terms.portalOrigin;
    context.controlPlaneRootSpkiSha256 = claim_.terms.controlPlaneRootSpkiSha256;
    context.offerSha256 = claim_.offerSha256;
    context.claimSha256 = claim_.claimSha256;
    context.attempt = static_cast<std::uint8_t>(claim_.terms.attempt);
    return context;
}

CommissionerSteps Commissioner::onPakeB(const Envelope& envelope) {
    auto pake = PakeB::parse(envelope.raw);
    if (!pake) return failed(pake.error(), "protocol", true, true);
    if (pake->deviceSpkiSha256 != crypto::sha256(claim_.offer.deviceSpki)) {
        return failed(
            {kBinding, "the gateway answered with another device key than that of its offer"},
            "protocol",
            true,
            true);
    }
    const auto associated = associatedData(contextOf(*pake));
    auto keys = std::move(run_).finish(pake->pB,
                                       commissionerIdentity(claim_.terms.tenantId),
                                       gatewayIdentity(claim_.offer.gatewayId),
                                       associated);
    if (!keys) return failed(keys.error(), "bad_share", true, true);
    keys_ = std::move(*keys);
    session_ = deriveSession(keys_.ke.reveal(), associated, ownShare_, pake->pB);
    keys_.ke = Secret();
    pakeB_ = std::move(*pake);
    const ConfirmABox box{
        claim_.controlPlaneRootDer, enrollUrl_, toUnixMilliseconds(clock_.wallNow()), true};
    auto sealed = sealBox(session_.commissionerToGateway,
                          "confirm_a",
                          claim_.terms.claimId,
                          static_cast<std::uint64_t>(sent_ + 1),
                          box.write());
    state_ = State::Confirm;
    return one(
        message("confirm_a", ConfirmA{keys_.commissionerConfirm, std::move(sealed)}.write()));
}

CommissionerSteps Commissioner::onConfirmB(const Envelope& envelope) {
    const auto confirm = ConfirmB::parse(envelope.raw);
    if (!confirm) return failed(confirm.error(), "protocol", true, true);
    if (!constantTimeEqual(confirm->cB, keys_.gatewayConfirm)) {
        return failed({kBadCode, "what answered does not know the code: it is not your gateway"},
                      "bad_gateway",
                      true,
                      true);
    }
    const auto plain = openBox(session_.gatewayToCommissioner,
                               "confirm_b",
                               claim_.terms.claimId,
                               static_cast<std::uint64_t>(envelope.seq),
                               confirm->box);
    if (!plain) return failed(plain.error(), "protocol", true, true);
    auto box = ConfirmBBox::parse(plain->revealText());
    if (!box) return failed(box.error(), "protocol", true, true);
    state_ = State::Comparing;
    const auto& terms = claim_.terms;
    return one(step::Compare{{session_.sas,
                              terms.tenantName,
                              terms.tenantId,
                              claim_.offer.gatewayId,
                              std::move(box->hostname),
                              std::move(box->softwareVersion),
                              box->acceptMode == "expected_tenant"}});
}

CommissionerSteps Commissioner::decide(bool same) {
    if (state_ != State::Comparing) return {};
    if (!same) {
        return failed(
            {kRejected,
             "you said that the console shows something else; the gateway was not paired"},
            "sas_mismatch",
            true,
            true);
    }
    state_ = State::Waiting;
    deadline_ = clock_.now() + kEnrollmentLifetime;
    return one(step::Approve{{session_.pth,
                              session_.reportTag,
                              pakeB_.deviceSpkiSha256,
                              pakeB_.csrSha256,
                              pakeB_.nkeyPub}});
}

CommissionerSteps Commissioner::onStatus(const Envelope& envelope) {
    const auto status = Status::parse(envelope.raw);
    if (!status) return {};
    if (status->state == "closed") {
        return failed({kCancelled,
                       "the control plane closed the pairing (" + status->code + "); begin again"},
                      "",
                      false,
                      false);
    }
    if (status->state != "active") return one(step::Progress{status->state});
    if (state_ != State::Waiting) return {};  // not without our word
    state_ = State::Paired;
    return one(step::Paired{claim_.offer.gatewayId});
}

CommissionerSteps Commissioner::onGatewayFailure(const Envelope& envelope) {
    const auto failure = Failure::parse(envelope.raw);
    if (!failure) return failed(failure.error(), "", false, true);
    return failed(gatewaySaid(*failure), "", false, false);
}

CommissionerSteps Commissioner::tick() {
    if (state_ == State::Paired || state_ == State::Failed || clock_.now() < deadline_) return {};
    const auto* sentence =
        state_ == State::Waiting
            ? "the gateway did not come online within 15 minutes; look at its console"
            : "the gateway did not answer within 5 minutes; is it still running?";
    return failed({kExpired, sentence}, "expired", state_ != State::Waiting, true);
}

CommissionerSteps Commissioner::failed(Error why,
                                       std::string_view code,
                                       bool tellPeer,
                                       bool withdraw) {
    CommissionerSteps steps;
    if (tellPeer) steps.emplace_back(message("fail", Failure{std::string(code), 0}.write()));
    steps.emplace_back(step::Failed{std::move(why), withdraw});
    state_ = State::Failed;
    session_ = {};
    keys_ = {};
    return steps;
}

}  // namespace pcg::pairing
