// SPDX-License-Identifier: Apache-2.0
// M1 to M13 over real sockets and real TLS, with both roles played by the pairing library.
#pragma once

#include "common/codec/base64url.h"
#include "common/crypto/jws.h"
#include "common/crypto/random.h"
#include "common/http/client.h"
#include "common/http/server.h"
#include "common/net/dialer.h"
#include "controlplane-sim/relay/pairing_service.h"
#include "controlplane-sim/tenancy/enrollments.h"
#include "controlplane-sim/tenancy/gateways.h"
#include "pairing/commissioner.h"
#include "pairing/pairing_code.h"
#include "pairing/renew_messages.h"
#include "pairing/responder.h"
#include "pairing/sealed_bundle.h"
#include "test/fakes/tenant_database.h"
#include "test/support/log_capture.h"
#include "test/support/temp_dir.h"
#include "test/unit/controlplane/gateway_keys.h"
#include "test/unit/http/loop_thread.h"

#include <gtest/gtest.h>

#include <map>

namespace pcg::controlplane {

PlatformAuthority makePlatformAuthorityForTest();

namespace test {

using namespace std::chrono_literals;
using http::test::LoopThread;

class FakeBusPapers final : public BusPapers {
  public:
    net::Task<Result<>> prepare(wire::TenantId) override {
        ++prepared;
        if (down) co_return fail(ErrorCode(ErrorClass::Weather, "bus.down"), "the broker is down");
        co_return Result<>{};
    }

    Result<pairing::Bus> papers(const wire::TenantId&, const wire::UserNkey& nkey) const override {
        pairing::Bus bus;
        bus.urls = {"tls://127.0.0.1:4222"};
        bus.ca = "-----BEGIN CERTIFICATE-----\n";
        bus.serverNames = {"localhost"};
        bus.accountPub = "A" + std::string(55, 'A');
        bus.userJwt = "jwt.for." + nkey.text();
        bus.subjectPrefix = "pcg.v1." + nkey.text();
        return bus;
    }

    net::Task<Result<>> issued(wire::TenantId, wire::GatewayId, wire::UserNkey) override {
        co_return Result<>{};
    }

    net::Task<Result<>> revoke(wire::TenantId, wire::UserNkey nkey) override {
        revoked.push_back(nkey.text());
        co_return Result<>{};
    }

    net::Task<Result<>> quarantined(wire::TenantId,
                                    wire::GatewayId gateway,
                                    wire::UserNkey,
                                    std::string why) override {
        quarantine.emplace_back(gateway.text(), std::move(why));
        co_return Result<>{};
    }

    int prepared = 0;
    std::vector<std::string> revoked;
    bool down = false;
    std::vector<std::pair<std::string, std::string>> quarantine;
};

struct Response {
    int status = 0;
    std::string body;
};

inline net::Task<Response> ask(http::Client& client, http::RequestHead head, std::string body) {
    const BytesView octets = asBytes(body);
    const auto answer = co_await http::callWhole(client, std::move(head), octets, 256_KiB);
    if (!answer) co_return Response{0, answer.error().message()};
    co_return Response{answer->head.status, std::string(asText(answer->body))};
}

class PairingOverHttps : public testing::Test {
  protected:
    void SetUp() override {
        auto database = pcg::test::openTenantDatabase(directory_.path(), random_);
        for (const std::string name : {"acme", "globex"}) {
            const NewTenant tenant{wire::newId<wire::TenantId>(random_),
                                   name,
                                   "admin",
                                   "scrypt$x",
                                   toBytes(crypto::sha256("token-" + name))};
            ASSERT_TRUE(Accounts(*database).create(tenant, clock_.wallNow()));
            tenants_[name] = tenant.id.text();
        }
        worker_ = std::make_unique<store::Worker>(std::move(database));
        const PkiStorage storage{
            [](const std::string&) -> Result<std::optional<Secret>> { return std::nullopt; },
            [](const std::string&, const Secret&) -> Result<> { return {}; }};
        auto pki = Pki::open(storage, clock_.wallNow());
        ASSERT_TRUE(pki);
        pki_.emplace(std::move(*pki));
        ratchets_.emplace(*Ratchets::open(storage, random_));
        authenticator_.emplace(*worker_, clock_, crypto::sha256("operator"));
        serve();
    }

    // A service made anew, as by a start of the control plane, on an empty router.
    void serve() {
        service_.emplace(
            PairingService::Parts{
                loop_.loop(), *worker_, clock_, random_, *pki_, *ratchets_, authority_, bus_},
            *authenticator_,
            limits_,
            "https://saas.test");
        service_->addTo(router_);
        listen();
    }

    void listen() {
        const auto identity = pki_->serverIdentity({"localhost"}, {"127.0.0.1"}, clock_.wallNow());
        auto context = net::TlsServerContext::create(
            *identity,
            net::ClientCertificates::Optional,
            pki_->gatewayAuthority().certificate().pem() + pki_->rootPem());
        ASSERT_TRUE(context) << context.error().message();
        http::ServerOptions options;
        options.tls = std::make_shared<const net::TlsServerContext>(std::move(*context));
        options.admission.allowedHosts = {"127.0.0.1", "localhost"};
        auto server = loop_.call([&] {
            service_->start();
            return http::Server::listenTcp(
                loop_.loop(), "127.0.0.1", 0, router_.handler(), options);
        });
        ASSERT_TRUE(server);
        server_ = std::move(*server);
        anonymous_ = client();
    }

    void TearDown() override {
        if (server_) {
            loop_.await(service_->stop());
            loop_.await(server_->stop(0ms));
        }
        loop_.call([&] {
            anonymous_.reset();
            server_.reset();
        });
        worker_->stop();
    }

    std::unique_ptr<http::Client> client(
        std::optional<net::CertificateAndKey> identity = std::nullopt) {
        auto context =
            net::TlsClientContext::create(net::TrustCa{pki_->rootPem()}, std::move(identity));
        EXPECT_TRUE(context);
        auto dialer = std::make_shared<net::Dialer>(std::move(*context));
        http::ClientOptions options;
        options.authority = "localhost";
        return std::make_unique<http::Client>(
            loop_.loop(), http::tlsOpener(dialer, "127.0.0.1", server_->port()), options);
    }

    Response request(const std::string& method,
                     const std::string& path,
                     const std::string& body = {},
                     http::HeaderList headers = {}) {
        return loop_.await(ask(*anonymous_, {method, path, std::move(headers), {}}, body));
    }

    Response asTenant(const std::string& method,
                      const std::string& path,
                      const std::string& body = {},
                      const std::string& name = "acme") {
        return request(method, path, body, {{"Authorization", "Bearer token-" + name}});
    }

    Response asGateway(const std::string& method,
                       const std::string& path,
                       const std::string& body = {}) {
        return request(method, path, body, {{"Authorization", "PCG-Offer " + offered_.offerToken}});
    }

    // M1.
    Response offer() {
        offerRaw_ = gateway_.offer(code_.nameplate(), random_);
        const auto signature = *gateway_.device.signEs256(pairing::offerSigningInput(offerRaw_));
        auto response = request(
            "POST", "/pair/v1/offers", offerRaw_, {{"PCG-Sig", codec::base64UrlEncode(signature)}});
        if (auto reply = pairing::OfferReply::parse(response.body)) offered_ = *reply;
        return response;
    }

    std::string offerPath(const std::string& rest) {
        return "/pair/v1/offers/" + pairing::toText(offered_.sid) + rest;
    }

    std::string claimPath(const std::string& rest) {
        return "/pair/v1/claims/" + pairing::toText(claimed_.claimId) + rest;
    }

    std::string enrollmentPath(const std::string& rest = {}) {
        return "/pair/v1/enrollments/" + pairing::toText(claimed_.claimId) + rest;
    }

    Response claim(const std::string& tenant = "acme") {
        pairing::ClaimRequest request;
        request.nameplate = code_.nameplate();
        request.gatewayLabel = "dc1";
        auto response = asTenant("POST", "/pair/v1/claims", request.write(), tenant);
        if (auto reply = pairing::ClaimReply::parse(response.body)) claimed_ = *reply;
        return response;
    }

    // M2 to M8: both state machines, fed from the relay, until both have what they need or nothing
    // moves.
    void run(const pairing::PairingCode& typed) {
        auto wB = *pairing::passwordScalar(code_, offered_.sid);
        const auto wA = *pairing::passwordScalar(typed, claimed_.sid);
        responder_.emplace(
            gateway_.facts(), offered_.sid, offerRaw_, std::move(wB), clock_, random_);
        const pairing::ClaimExpectation expectation{
            code_.nameplate(), tenants_["acme"], pki_->root().spkiSha256()};
        const auto checked = pairing::checkClaim(claimed_, expectation);
        ASSERT_TRUE(checked) << checked.error().message();
        commissioner_.emplace(*checked, "https://saas.test/pair/v1", wA, clock_, random_);
        take(commissioner_->start());
        for (int turn = 0; turn < 8; ++turn) {
            for (const auto& event :
                 events(asGateway("GET", offerPath("/events?after=" + std::to_string(afterB_)))))
                afterB_ = event.number, take(responder_->receive(event.envelope));
            for (const auto& event :
                 events(asTenant("GET", claimPath("/events?after=" + std::to_string(afterA_)))))
                afterA_ = event.number, take(commissioner_->receive(event.envelope));
        }
    }

    static std::vector<pairing::Event> events(const Response& response) {
        const auto list = pairing::EventList::parse(response.body);
        return list ? list->events : std::vector<pairing::Event>{};
    }

    void take(const pairing::GatewayActions& actions) {
        for (const auto& action : actions) {
            if (std::holds_alternative<pairing::action::PersistAttempt>(action))
                take(responder_->attemptPersisted());
            if (const auto* send = std::get_if<pairing::action::Send>(&action)) {
                EXPECT_EQ(asGateway("POST", offerPath("/messages"), send->envelope.write()).status,
                          202);
            }
            if (const auto* show = std::get_if<pairing::action::ShowConfirmation>(&action))
                shownB_ = show->confirmation.sas;
            if (const auto* accepted = std::get_if<pairing::action::Accepted>(&action))
                enroll(accepted->acceptance);
            if (const auto* failed = std::get_if<pairing::action::RunFailed>(&action))
                attemptsLeft_ = failed->attemptsLeft;
        }
    }

    void take(const pairing::CommissionerSteps& steps) {
        for (const auto& step : steps) {
            if (const auto* send = std::get_if<pairing::step::Send>(&step)) {
                EXPECT_EQ(asTenant("POST", claimPath("/messages"), send->envelope.write()).status,
                          202);
            }
            if (const auto* compare = std::get_if<pairing::step::Compare>(&step))
                shownA_ = compare->comparison.sas;
            if (const auto* approve = std::get_if<pairing::step::Approve>(&step))
                approval_ = approve->approval;
            if (const auto* progress = std::get_if<pairing::step::Progress>(&step))
                progress_.push_back(progress->state);
            if (std::holds_alternative<pairing::step::Paired>(step)) progress_.push_back("paired");
            if (const auto* failed = std::get_if<pairing::step::Failed>(&step))
                tenantFailure_ = failed->why.message();
        }
    }

    void enroll(const pairing::Acceptance& acceptance) {
        pairing::Bind bind;
        bind.sid = offered_.sid;
        bind.claimId = claimed_.claimId;
        bind.tenantId = acceptance.terms.tenantId;
        bind.gatewayId = gateway_.id;
        bind.pth = acceptance.pth;
        bind.csrSha256 = crypto::sha256(gateway_.csr);
        bind.nkeyPub = kNkey;
        bind.encPub = acceptance.encPub;
        bind.acceptMode = acceptance.acceptMode;
        bind.issuedAt = toUnixMilliseconds(clock_.wallNow());
        enrollment_.gatewayId = gateway_.id;
        enrollment_.tenantId = acceptance.terms.tenantId;
        enrollment_.csr = gateway_.csr;
        enrollment_.nkeyPub = kNkey;
        enrollment_.encPub = acceptance.encPub;
        enrollment_.pth = acceptance.pth;
        enrollment_.reportTag = acceptance.reportTag;
        enrollment_.bind =
            *crypto::signJws(gateway_.device, pairing::kBindType, asBytes(bind.write()));
        encPrivate_ = acceptance.encPrivate.clone();
    }

    void runToComparison() {
        ASSERT_EQ(offer().status, 201);
        ASSERT_EQ(claim().status, 201);
        run(code_);
        ASSERT_FALSE(shownA_.empty());
        ASSERT_EQ(shownA_, shownB_);
    }

    void acceptBoth() {
        take(commissioner_->decide(true));
        take(responder_->decide(true));
        ASSERT_TRUE(approval_.has_value());
        ASSERT_FALSE(enrollment_.bind.empty());
    }

    pairing::Bundle openBundle(const std::string& body) {
        const auto sealed = pairing::SealedBundle::parse(body);
        EXPECT_TRUE(sealed) << body;
        const auto text =
            pairing::openBundle(*sealed, encPrivate_, enrollment_.pth, claimed_.claimId);
        EXPECT_TRUE(text);
        const auto jws = crypto::UnverifiedJws::parse(*text);
        EXPECT_TRUE(jws);
        const auto payload = jws->verifyByChain(pairing::kBundleType,
                                                {&pki_->root(), 1},
                                                crypto::Purpose::EnrollmentSigning,
                                                clock_.wallNow());
        EXPECT_TRUE(payload) << payload.error().message();
        const auto bundle = pairing::Bundle::parse(asText(*payload));
        EXPECT_TRUE(bundle);
        return *bundle;
    }

    Response acknowledge(const pairing::Bundle& bundle, const crypto::EcKey& key) {
        net::CertificateAndKey identity{bundle.clientCertChain, *key.toPem()};
        auto mutual = client(std::move(identity));
        pairing::Ack ack;
        ack.gatewayId = gateway_.id;
        ack.epoch = bundle.epoch;
        ack.pth = bundle.pth;
        auto response =
            loop_.await(ask(*mutual, {"POST", enrollmentPath("/ack"), {}, {}}, ack.write()));
        loop_.call([&] { mutual.reset(); });
        return response;
    }

    pcg::test::LogCapture log_;
    pcg::test::TempDir directory_;
    LoopThread loop_;
    SystemClock clock_;
    crypto::SystemRandom random_;
    std::map<std::string, std::string> tenants_;
    PlatformAuthority authority_ = makePlatformAuthorityForTest();
    FakeBusPapers bus_;
    std::unique_ptr<store::Worker> worker_;
    std::optional<Pki> pki_;
    std::optional<Ratchets> ratchets_;
    std::optional<Authenticator> authenticator_;
    Relay::Limits limits_;
    std::optional<PairingService> service_;
    http::Router router_;
    std::unique_ptr<http::Server> server_;
    std::unique_ptr<http::Client> anonymous_;

    GatewayKeys gateway_;
    pairing::PairingCode code_ = pairing::PairingCode::generate(random_);
    std::string offerRaw_;
    pairing::OfferReply offered_;
    pairing::ClaimReply claimed_;
    std::optional<pairing::Responder> responder_;
    std::optional<pairing::Commissioner> commissioner_;
    std::int64_t afterA_ = 0;
    std::int64_t afterB_ = 0;
    std::string shownA_;
    std::string shownB_;
    std::string tenantFailure_;
    std::vector<std::string> progress_;
    int attemptsLeft_ = 3;
    std::optional<pairing::Approval> approval_;
    pairing::Enrollment enrollment_;
    Secret encPrivate_;
};

}  // namespace test
}  // namespace pcg::controlplane
