// SPDX-License-Identifier: Apache-2.0
// The rendezvous over HTTPS: offers, claims, polls, and who is told nothing.
#include "controlplane-sim/tenancy/sessions.h"
#include "controlplane-sim/tenancy/tokens.h"
#include "test/unit/controlplane/pairing_over_https.h"

namespace pcg::controlplane {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST_F(PairingOverHttps, AClaimFromASessionTakesAStepUp) {
    ASSERT_EQ(offer().status, 201);
    const std::string id(43, 's');
    const auto scope = authority_.scopeOf(*wire::parseTenantId(tenants_["acme"]));
    const auto digest = crypto::sha256(id);
    const auto now = clock_.wallNow();
    ASSERT_TRUE(worker_->post([=](store::Database& database) {
        return Sessions(database).open(scope, "admin", digest, now);
    }));
    pairing::ClaimRequest wanted;
    wanted.nameplate = code_.nameplate();
    const http::HeaderList session{{"Cookie", std::string(kSessionCookie) + "=" + id},
                                   {"X-CSRF-Token", Authenticator::csrfToken(id)}};

    const auto refused = request("POST", "/pair/v1/claims", wanted.write(), session);
    EXPECT_EQ(refused.status, 403);
    EXPECT_NE(refused.body.find("api.step_up"), std::string::npos) << refused.body;

    ASSERT_TRUE(worker_->post([=](store::Database& database) {
        return Sessions(database).stepUp(scope, digest, now + kStepUpLasts);
    }));
    EXPECT_EQ(request("POST", "/pair/v1/claims", wanted.write(), session).status, 201);
}

TEST_F(PairingOverHttps, AClaimTakesAnAdminAndANameThatCanBeShown) {
    ASSERT_EQ(offer().status, 201);
    const auto scope = authority_.scopeOf(*wire::parseTenantId(tenants_["acme"]));
    const auto now = clock_.wallNow();
    ASSERT_TRUE(worker_->post([=](store::Database& database) {
        const auto digest = toBytes(crypto::sha256("token-of-an-operator"));
        return Tokens(database).add(
            scope, {"tok_1", digest, "ci", UserRole::Operator, "admin", std::nullopt}, now);
    }));
    pairing::ClaimRequest wanted;
    wanted.nameplate = code_.nameplate();
    EXPECT_EQ(request("POST",
                      "/pair/v1/claims",
                      wanted.write(),
                      {{"Authorization", "Bearer token-of-an-operator"}})
                  .status,
              403);

    wanted.gatewayLabel = "dc\u202e1";
    EXPECT_EQ(asTenant("POST", "/pair/v1/claims", wanted.write()).status, 400);
}

TEST_F(PairingOverHttps, LetsTheGatewayRefuseAWrongCodeAndStaysOpen) {
    ASSERT_EQ(offer().status, 201);
    ASSERT_EQ(claim().status, 201);
    // The same nameplate, another secret.
    auto wrong = pairing::PairingCode::generate(random_);

    run(wrong);

    EXPECT_TRUE(shownA_.empty());
    EXPECT_FALSE(tenantFailure_.empty());
    EXPECT_EQ(attemptsLeft_, 2);
    EXPECT_EQ(claim().status, 201);
}

TEST_F(PairingOverHttps, RefusesAnOfferThatItsDeviceKeyDidNotSign) {
    const auto raw = gateway_.offer("7K3M", random_);
    const auto other = *crypto::EcKey::generate(crypto::EcCurve::P256);
    const auto signature =
        codec::base64UrlEncode(*other.signEs256(pairing::offerSigningInput(raw)));

    EXPECT_EQ(request("POST", "/pair/v1/offers", raw, {{"PCG-Sig", signature}}).status, 401);
    EXPECT_EQ(request("POST", "/pair/v1/offers", raw).status, 401);
    EXPECT_EQ(request("POST", "/pair/v1/offers", "{}").status, 400);
}

class ThrottledPairing : public PairingOverHttps {
  protected:
    ThrottledPairing() { limits_.requestsPerSource = {0.001, 3}; }
};

TEST_F(ThrottledPairing, LooksAtNothingOfASourceThatAsksTooOften) {
    EXPECT_EQ(request("POST", "/pair/v1/offers", "{}").status, 400);
    EXPECT_EQ(request("POST", "/pair/v1/renew", "{}").status, 400);
    EXPECT_EQ(request("GET", "/pair/v1/claims/x/events").status, 401);

    const auto refused = request("POST", "/pair/v1/offers", "{}");

    EXPECT_EQ(refused.status, 429);
    EXPECT_NE(refused.body.find("retry_after_ms"), std::string::npos) << refused.body;
    EXPECT_EQ(request("POST", "/pair/v1/claims", "{}").status, 429);
}

TEST_F(PairingOverHttps, SaysNothingToStrangers) {
    ASSERT_EQ(offer().status, 201);
    ASSERT_EQ(claim().status, 201);

    EXPECT_EQ(asTenant("GET", claimPath("/events?after=0"), {}, "globex").status, 404);
    EXPECT_EQ(asTenant("POST", claimPath("/approve"), "{}", "globex").status, 404);
    EXPECT_EQ(request("GET", claimPath("/events?after=0")).status, 401);
    EXPECT_EQ(request("GET", offerPath("/events?after=0")).status, 401);
    const auto since = std::chrono::steady_clock::now();
    EXPECT_EQ(claim("globex").status, 404);
    EXPECT_GE(std::chrono::steady_clock::now() - since, 150ms);
}

TEST_F(PairingOverHttps, HoldsAPollUntilSomethingHappens) {
    ASSERT_EQ(offer().status, 201);
    auto poller = client();
    auto polled = loop_.start(ask(*poller,
                                  {"GET",
                                   offerPath("/events?after=0&wait=25"),
                                   {{"Authorization", "PCG-Offer " + offered_.offerToken}},
                                   {}},
                                  ""));
    EXPECT_EQ(polled.wait_for(100ms), std::future_status::timeout);

    ASSERT_EQ(claim().status, 201);

    EXPECT_EQ(events(polled.get()).size(), 1u);
    loop_.call([&] { poller.reset(); });
}

}  // namespace
}  // namespace pcg::controlplane
