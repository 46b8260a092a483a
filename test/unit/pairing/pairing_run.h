// SPDX-License-Identifier: Apache-2.0
// Both roles and a relay between them, in memory: what the tests of the protocol drive. Every
// delivery goes through `tamper`, which may change the envelope or swallow it.
#pragma once

#include "common/crypto/certificate_authority.h"
#include "common/crypto/ec_key.h"
#include "pairing/commissioner.h"
#include "pairing/responder.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"

#include <deque>
#include <functional>
#include <memory>
#include <stdexcept>

namespace pcg::pairing::test {

template <class T>
T get(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message());
    return std::move(*result);
}

// Keys and a certificate that all runs share: they are slow to make.
struct Fixture {
    crypto::EcKey device = get(crypto::EcKey::generate(crypto::EcCurve::P256));
    crypto::CertificateAuthority root = get(
        crypto::CertificateAuthority::createRoot("Test root", pcg::test::FakeClock().wallNow()));
    crypto::CertificateAuthority otherRoot = get(
        crypto::CertificateAuthority::createRoot("Other root", pcg::test::FakeClock().wallNow()));
    PairingCode code = get(PairingCode::parse("7K3M-Q9TD-X4WS"));
    Nonce bootNonce{1, 2, 3};
    Nonce serverNonce{4, 5, 6};
    Sid sid = sidOf(bootNonce, serverNonce);
    crypto::Scalar w = get(passwordScalar(code, sid));
    pcg::test::SeededRandom random{7};
    crypto::Scalar wrongW = crypto::Scalar::random(random);

    static Fixture& instance() {
        static Fixture fixture;
        return fixture;
    }
};

inline constexpr const char* kTenant = "tn_01jd3v8z9q4m6x2c7b5k0h1w8e";

struct PairingRun {
    explicit PairingRun(std::uint64_t seed = 1) : random(seed) {
        offer.deviceSpki = fixture.device.publicSpki();
        offer.gatewayId = gatewayIdOf(offer.deviceSpki);
        offer.nameplate = fixture.code.nameplate();
        offer.bootNonce = fixture.bootNonce;
        offer.softwareVersion = "0.1.0";
        facts.gatewayId = offer.gatewayId;
        facts.deviceSpkiSha256 = crypto::sha256(offer.deviceSpki);
        facts.hostname = "gw.example";
        facts.softwareVersion = "0.1.0";
        facts.nkeyPub = "U" + std::string(55, 'A');
        facts.csrSha256 = crypto::sha256("csr");
        terms.claimId = random.array<16>();
        terms.sid = fixture.sid;
        terms.tenantId = kTenant;
        terms.tenantName = "Acme GmbH";
        terms.tenantRegion = "eu";
        terms.requestedBy = "jane";
        terms.commissioner = "cli";
        terms.portalOrigin = "https://portal.example";
        terms.controlPlaneRootSpkiSha256 = fixture.root.certificate().spkiSha256();
        offerRaw = offer.write();
    }

    // A new offer on the gateway's side.
    void makeResponder() {
        responder =
            std::make_unique<Responder>(facts,
                                        fixture.sid,
                                        offerRaw,
                                        get(crypto::Scalar::parse(fixture.w.bytes().reveal())),
                                        clock,
                                        random);
    }

    ClaimReply reply() const {
        ClaimReply reply;
        reply.claimId = terms.claimId;
        reply.sid = fixture.sid;
        reply.serverNonce = fixture.serverNonce;
        reply.offerRaw = offerRaw;
        reply.claimRaw = terms.write();
        reply.controlPlaneRootDer = fixture.root.certificate().der();
        return reply;
    }

    // Claims, delivers the claim to the gateway and begins on the tenant's side.
    Result<> claim(const crypto::Scalar& w) {
        if (!responder) makeResponder();
        const auto answer = reply();
        auto checked = checkClaim(answer, {fixture.code.nameplate(), kTenant, trustedRoot});
        if (!checked) return fail(checked.error());
        commissioner = std::make_unique<Commissioner>(
            std::move(*checked), "https://cp.example/pair/v1", w, clock, random);
        toGateway({terms.claimId, 0, "claim", answer.claimRaw});
        take(commissioner->start());
        return {};
    }

    Result<> claim() { return claim(fixture.w); }

    // A further claim of the same code.
    void again() {
        terms.claimId = random.array<16>();
        ++terms.attempt;
        commissioner.reset();
    }

    void toGateway(Envelope envelope) {
        log.push_back(envelope);
        if (!tamper(envelope, true)) return;
        take(responder->receive(envelope));
    }

    void toTenant(Envelope envelope) {
        log.push_back(envelope);
        if (!tamper(envelope, false) || !commissioner) return;
        take(commissioner->receive(envelope));
    }

    void take(GatewayActions actions) {
        for (auto& item : actions) {
            if (std::holds_alternative<action::PersistAttempt>(item)) {
                ++persisted;
                if (answerAttempts) take(responder->attemptPersisted());
            } else if (auto* send = std::get_if<action::Send>(&item)) {
                queue.push_back({false, send->envelope});
            } else if (auto* show = std::get_if<action::ShowConfirmation>(&item)) {
                shown = show->confirmation;
            } else if (std::holds_alternative<action::HideConfirmation>(item)) {
                shown.reset();
            } else if (auto* runFailed = std::get_if<action::RunFailed>(&item)) {
                gatewayErrors.push_back(runFailed->why);
            } else if (auto* burnt = std::get_if<action::CodeBurnt>(&item)) {
                gatewayErrors.push_back(burnt->why);
            } else if (auto* done = std::get_if<action::Accepted>(&item)) {
                accepted = std::move(done->acceptance);
            }
        }
    }

    void take(CommissionerSteps steps) {
        for (auto& item : steps) {
            if (auto* send = std::get_if<step::Send>(&item))
                queue.push_back({true, send->envelope});
            else if (auto* compare = std::get_if<step::Compare>(&item))
                compared = compare->comparison;
            else if (auto* approve = std::get_if<step::Approve>(&item))
                approved = approve->approval;
            else if (auto* paired_ = std::get_if<step::Paired>(&item))
                paired = paired_->gatewayId;
            else if (auto* failed = std::get_if<step::Failed>(&item))
                tenantErrors.push_back(failed->why);
        }
    }

    // Delivers until nobody has anything to say.
    void pump() {
        while (!queue.empty()) {
            auto [forGateway, envelope] = std::move(queue.front());
            queue.pop_front();
            if (forGateway)
                toGateway(std::move(envelope));
            else
                toTenant(std::move(envelope));
        }
    }

    Fixture& fixture = Fixture::instance();
    pcg::test::FakeClock clock;
    pcg::test::SeededRandom random;
    Offer offer;
    std::string offerRaw;
    GatewayFacts facts;
    ClaimTerms terms;
    std::optional<Hash> trustedRoot;
    std::function<bool(Envelope&, bool toGateway)> tamper = [](Envelope&, bool) { return true; };
    std::unique_ptr<Responder> responder;
    std::unique_ptr<Commissioner> commissioner;
    std::deque<std::pair<bool, Envelope>> queue;
    std::vector<Envelope> log;
    bool answerAttempts = true;
    int persisted = 0;
    std::optional<Confirmation> shown;
    std::optional<Comparison> compared;
    std::optional<Approval> approved;
    std::optional<Acceptance> accepted;
    std::string paired;
    std::vector<Error> gatewayErrors;
    std::vector<Error> tenantErrors;
};

}  // namespace pcg::pairing::test
