// SPDX-License-Identifier: Apache-2.0
// A control plane and a tenant in memory, for one gateway: relays between the gateway under test
// and a real commissioner, and issues real papers. It can be told to fail, to lie and to forget.
#pragma once

#include "common/codec/base64url.h"
#include "common/crypto/certificate_authority.h"
#include "common/crypto/csr.h"
#include "common/crypto/jws.h"
#include "common/http/client.h"
#include "common/identity/nats_jwt.h"
#include "gateway/enrollment/errc.h"
#include "pairing/commissioner.h"
#include "pairing/halves.h"
#include "pairing/sealed_bundle.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>

namespace pcg::gateway::test {

template <class T>
T get(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message());
    return std::move(*result);
}

inline constexpr const char* kTenant = "tn_01jd3v8z9q4m6x2c7b5k0h1w8e";

struct Answer {
    int status = 200;
    std::string body;
};

class FakeControlPlane final : public http::Caller,
                               public std::enable_shared_from_this<FakeControlPlane> {
  public:
    FakeControlPlane(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

    net::Task<Result<std::unique_ptr<http::Call>>> start(http::RequestHead head) override;

    pairing::ClaimTerms nextTerms() {
        pairing::ClaimTerms terms;
        terms.claimId = random_.array<16>();
        terms.sid = sid;
        terms.tenantId = kTenant;
        terms.tenantName = "acme";
        terms.tenantRegion = "eu";
        terms.requestedBy = "jane";
        terms.commissioner = "cli";
        terms.portalOrigin = "https://portal.example";
        terms.controlPlaneRootSpkiSha256 = root.certificate().spkiSha256();
        terms.attempt = ++attempts;
        return terms;
    }

    // Somebody who knows no code takes an attempt.
    void claimWithGarbage() {
        const auto terms = nextTerms();
        commissioner.reset();
        toGateway({terms.claimId, 0, "claim", terms.write()});
        toGateway({terms.claimId, 1, "pake_a", "{}"});
    }

    // The tenant types a code; its commissioner then runs by itself until it compares.
    void claim(const pairing::PairingCode& code) {
        const auto terms = nextTerms();
        pairing::ClaimReply reply;
        reply.claimId = claimId = terms.claimId;
        reply.sid = sid;
        reply.serverNonce = serverNonce;
        reply.offerRaw = offerRaw;
        reply.claimRaw = terms.write();
        reply.controlPlaneRootDer = root.certificate().der();
        auto checked = get(pairing::checkClaim(reply, {code.nameplate(), kTenant, std::nullopt}));
        commissioner.emplace(
            std::move(checked), "", get(pairing::passwordScalar(code, sid)), clock_, random_);
        toGateway({claimId, 0, "claim", reply.claimRaw});
        take(commissioner->start());
    }

    void toGateway(pairing::Envelope envelope) {
        events.push_back({++lastEvent, std::move(envelope)});
    }

    void take(pairing::CommissionerSteps steps) {
        for (auto& item : steps) {
            if (auto* send = std::get_if<pairing::step::Send>(&item))
                toGateway(send->envelope);
            else if (auto* compare = std::get_if<pairing::step::Compare>(&item))
                sas = compare->comparison.sas;
            else if (auto* approve = std::get_if<pairing::step::Approve>(&item))
                approval = approve->approval;
            else if (auto* failed = std::get_if<pairing::step::Failed>(&item))
                tenantFailure = failed->why.code().name();
        }
    }

    void approve() { take(commissioner->decide(true)); }

    Result<Answer> handle(const http::RequestHead& head, const std::string& body) {
        const std::string key = head.method + " " + std::string(head.path());
        requests.push_back(key);
        if (intercept) {
            if (auto answer = intercept(head, body)) return std::move(*answer);
        }
        if (key == "POST /pair/v1/offers") return onOffer(head, body);
        if (key.starts_with("POST /pair/v1/offers/") && key.ends_with("/messages"))
            return onMessage(body);
        if (key.starts_with("GET /pair/v1/offers/")) return onPoll(head);
        if (key.starts_with("DELETE /pair/v1/offers/")) return Answer{204, ""};
        if (key.starts_with("PUT /pair/v1/enrollments/")) return onEnrollment(body);
        if (key.ends_with("/ack"))
            return Answer{acknowledged.emplace_back(body).empty() ? 400 : 204, ""};
        if (key == "POST /pair/v1/renew") return onRenewal(body);
        return Answer{404, ""};
    }

    std::string userJwt(std::chrono::seconds life) {
        identity::UserClaims claims{get(identity::UserKey::parse(nkeyPub)),
                                    "gw",
                                    account.publicKey(),
                                    clock_.wallNow() + life};
        return get(identity::makeUserJwt(signing, claims, clock_.wallNow()));
    }

    std::string sealedBundle(const pairing::Enrollment& enrollment) {
        nkeyPub = enrollment.nkeyPub;
        const auto csr = get(crypto::VerifiedCsr::fromDer(enrollment.csr));
        const auto leaf =
            get(issuing.issueGateway(csr.publicSpki(),
                                     {"example.com", bundleTenant, enrollment.gatewayId},
                                     clock_.wallNow()));
        const std::vector<crypto::Certificate> chain{leaf, issuing.certificate()};
        pairing::Bundle bundle;
        bundle.pth = enrollment.pth;
        bundle.gatewayId = enrollment.gatewayId;
        bundle.tenantId = bundleTenant;
        bundle.tenantName = "acme";
        bundle.clientCertChain = crypto::toPem(chain);
        bundle.controlPlaneCa = root.certificate().pem();
        bundle.bus = {{"tls://127.0.0.1:4222"},
                      root.certificate().pem(),
                      {"localhost"},
                      account.publicKey().text(),
                      userJwt(std::chrono::hours(24)),
                      "pcg.v1." + nkeyPub};
        bundle.renewUrl = "https://127.0.0.1/pair/v1/renew";
        bundle.ratchet = ratchet0;
        bundle.issuedAt = toUnixMilliseconds(clock_.wallNow());
        const std::vector<crypto::Certificate> signerChain{signerCertificate};
        const auto jws = get(
            crypto::signJws(signerKey, pairing::kBundleType, asBytes(bundle.write()), signerChain));
        return get(pairing::sealBundle(jws, enrollment.encPub, enrollment.pth, claimId, random_))
            .write();
    }

    // From now on what is put to the claim is answered by "gone".
    void loseTheClaim() {
        intercept = [](const http::RequestHead& head,
                       const std::string&) -> std::optional<Result<Answer>> {
            if (head.method != "PUT") return std::nullopt;
            return Result<Answer>(Answer{410, R"({"code":"gone"})"});
        };
    }

    std::function<std::optional<Result<Answer>>(const http::RequestHead&, const std::string& body)>
        intercept;
    std::vector<std::string> requests;
    std::string offerRaw;
    int offers = 0;
    int attempts = 0;
    pairing::Sid sid{};
    pairing::Nonce serverNonce{};
    pairing::ClaimId claimId{};
    std::vector<std::string> renewals;                  // bodies, repeats too
    std::map<std::string, std::string> renewalAnswers;  // by renew id
    std::int64_t renewalCounter = 0;
    std::chrono::seconds renewedLife = std::chrono::hours(23);  // not the first token's
    std::deque<pairing::Event> events;
    std::int64_t lastEvent = 0;
    bool offerGone = false;
    std::vector<pairing::Envelope> fromGateway;
    std::optional<pairing::Commissioner> commissioner;
    std::string sas;
    std::string tenantFailure;
    std::optional<pairing::Approval> approval;
    std::vector<std::string> puts;
    std::string issued;
    std::vector<std::string> acknowledged;
    std::string bundleTenant = kTenant;
    std::string nkeyPub;

  private:
    Result<Answer> onRenewal(const std::string& body) {
        renewals.push_back(body);
        const auto request = get(pairing::RenewRequest::parse(body));
        auto& answer = renewalAnswers[pairing::toText(request.renewId)];
        if (!answer.empty()) return Answer{200, answer};
        pairing::RenewReply reply;
        reply.userJwt = userJwt(renewedLife);
        reply.ratchet = {++renewalCounter, random_.array<32>()};
        reply.issuedAt = toUnixMilliseconds(clock_.wallNow());
        if (!request.csr.empty()) {
            const auto csr = get(crypto::VerifiedCsr::fromDer(request.csr));
            const std::vector<crypto::Certificate> chain{
                get(issuing.issueGateway(csr.publicSpki(),
                                         {"example.com", kTenant, request.gatewayId},
                                         clock_.wallNow())),
                issuing.certificate()};
            reply.clientCertChain = crypto::toPem(chain);
        }
        answer = reply.write();
        return Answer{200, answer};
    }

    Result<Answer> onOffer(const http::RequestHead& head, const std::string& body) {
        const auto offer = pairing::Offer::parse(body);
        const auto* signature = head.headers.find(pairing::kOfferSignatureHeader);
        if (!offer || signature == nullptr) return Answer{400, ""};
        const auto raw = codec::base64UrlDecode(*signature);
        if (!raw || !crypto::verifyEs256(offer->deviceSpki, pairing::offerSigningInput(body), *raw))
            return Answer{403, ""};
        offerRaw = body;
        ++offers;
        attempts = 0;
        offerGone = false;
        events.clear();
        serverNonce = random_.array<32>();
        sid = pairing::sidOf(offer->bootNonce, serverNonce);
        return Answer{
            201,
            pairing::OfferReply{sid, serverNonce, pairing::toText(Bytes(32, 1)), 600, 0}.write()};
    }

    Result<Answer> onPoll(const http::RequestHead& head) {
        if (offerGone || head.target.find(pairing::toText(sid)) == std::string::npos)
            return Answer{410, ""};
        const auto after = std::stoll(head.target.substr(head.target.find("after=") + 6));
        pairing::EventList list;
        for (const auto& event : events) {
            if (event.number > after) list.events.push_back(event);
        }
        return list.events.empty() ? Answer{204, ""} : Answer{200, list.write()};
    }

    Result<Answer> onMessage(const std::string& body) {
        auto envelope = get(pairing::Envelope::parse(body));
        fromGateway.push_back(envelope);
        if (commissioner) take(commissioner->receive(envelope));
        return Answer{202, ""};
    }

    Result<Answer> onEnrollment(const std::string& body) {
        puts.push_back(body);
        if (!approval) return Answer{202, R"({"retry_after_ms":100})"};
        if (issued.empty()) {
            const auto enrollment = get(pairing::Enrollment::parse(body));
            const auto offer = get(pairing::Offer::parse(offerRaw));
            if (!pairing::checkHalves(
                    enrollment, *approval, claimId, sid, kTenant, offer.deviceSpki))
                return Answer{409, ""};
            issued = sealedBundle(enrollment);
        }
        return Answer{200, issued};
    }

    const Clock& clock_;
    Random& random_;

  public:
    crypto::CertificateAuthority root =
        get(crypto::CertificateAuthority::createRoot("Test root", clock_.wallNow()));
    crypto::CertificateAuthority issuing = get(root.createIssuing(
        {"Test issuing", crypto::Days{365}, crypto::Purpose::ClientAuth, "example.com"},
        clock_.wallNow()));
    crypto::EcKey signerKey = get(crypto::EcKey::generate(crypto::EcCurve::P256));
    crypto::Certificate signerCertificate =
        get(root.issueEnrollmentSigner(signerKey.publicSpki(), "Test enroll", clock_.wallNow()));
    identity::AccountKeyPair account = get(identity::AccountKeyPair::generate(random_));
    identity::AccountKeyPair signing = get(identity::AccountKeyPair::generate(random_));
    pairing::RatchetValue ratchet0 = random_.array<32>();
};

class FakeCall final : public http::Call {
  public:
    FakeCall(std::shared_ptr<FakeControlPlane> plane, http::RequestHead head)
        : plane_(std::move(plane)), head_(std::move(head)) {}

    net::Task<Result<>> writeBody(BytesView bytes) override {
        request_ += asText(bytes);
        co_return Result<>();
    }

    net::Task<Result<>> finishRequest() override { co_return Result<>(); }

    net::Task<Result<http::ResponseHead>> readHead() override {
        const auto executor = co_await net::asio::this_coro::executor;
        const bool poll = head_.target.find("wait=") != std::string::npos;
        for (int turn = 0;; ++turn) {
            auto answer = plane_->handle(head_, request_);
            if (!answer) co_return fail(answer.error());
            if (poll && answer->status == 204 && turn < 100) {
                net::Timer pause(executor, std::chrono::milliseconds(2));
                co_await pause.async_wait(net::kAwaitTuple);
                continue;
            }
            response_ = answer->body;
            http::ResponseHead head;
            head.status = answer->status;
            head.body = http::BodyFraming::ofLength(response_.size());
            co_return head;
        }
    }

    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override {
        const auto size = std::min(buffer.size(), response_.size());
        std::copy_n(response_.begin(), size, buffer.begin());
        response_.erase(0, size);
        co_return size;
    }

    void cancel() override {}

    http::Outcome outcome() const override { return http::Outcome::Unknown; }

  private:
    std::shared_ptr<FakeControlPlane> plane_;
    http::RequestHead head_;
    std::string request_;
    std::string response_;
};

inline net::Task<Result<std::unique_ptr<http::Call>>> FakeControlPlane::start(
    http::RequestHead head) {
    std::unique_ptr<http::Call> call =
        std::make_unique<FakeCall>(shared_from_this(), std::move(head));
    co_return call;
}

}  // namespace pcg::gateway::test
