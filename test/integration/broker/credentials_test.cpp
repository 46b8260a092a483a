// SPDX-License-Identifier: Apache-2.0
// Which credentials the broker takes, and what ends a link that it took.
#include "test/integration/broker/broker_lab.h"

#include <gtest/gtest.h>

namespace pcg::test {
namespace {

using std::chrono::seconds;

class BrokerCredentials : public testing::Test {
  protected:
    static void SetUpTestSuite() { lab_ = std::make_unique<BrokerLab>(); }

    static void TearDownTestSuite() { lab_.reset(); }

    std::string claims(const std::string& more = {}) const {
        return R"({"pub":{},"sub":{},"issuer_account":")" + seeds_.account.text() +
               R"(","type":"user","version":2)" + more + "}";
    }

    void expectRefused(const NatsLogin& login) {
        const auto client = NatsClient::connect(login);
        ASSERT_FALSE(client);
        EXPECT_NE(client.error().message().find("uthori"), std::string::npos)
            << client.error().message();
    }

    static std::unique_ptr<BrokerLab> lab_;
    wire::TenantId tenant_ = lab_->newTenant();
    controlplane::issuer::TenantSeeds seeds_ = lab_->seedsOf(tenant_);
    LabGateway gateway_ = lab_->newGateway(tenant_);
    NatsLogin login_ = lab_->loginOf(gateway_);
};

std::unique_ptr<BrokerLab> BrokerCredentials::lab_;

TEST_F(BrokerCredentials, GenuineOnesAreTaken) {
    EXPECT_TRUE(NatsClient::connect(login_));
    login_.jwt = signUserToken(seeds_.gateways, gateway_.nkey(), "gateway", claims());
    EXPECT_TRUE(NatsClient::connect(login_));  // so what follows is refused for the reason it names
}

TEST_F(BrokerCredentials, AnExpiredTokenIsRefused) {
    const auto past = identity::toUnixSeconds(lab_->clock_.wallNow()) - 2;
    login_.jwt = signUserToken(seeds_.gateways, gateway_.nkey(), "gateway", claims(), past);
    expectRefused(login_);
}

TEST_F(BrokerCredentials, ATokenWithoutItsSeedIsRefused) {
    const auto thief = lab_->newGateway(tenant_);
    login_.sign = lab_->loginOf(thief).sign;
    expectRefused(login_);
}

TEST_F(BrokerCredentials, ATokenOfASigningKeyThatIsNotTheAccountsIsRefused) {
    const auto otherSeeds = lab_->seedsOf(lab_->newTenant());
    login_.jwt = signUserToken(otherSeeds.gateways, gateway_.nkey(), "gateway", claims());
    expectRefused(login_);
    const auto nobody = identity::AccountKeyPair::generate(lab_->random_).value();
    login_.jwt = signUserToken(nobody, gateway_.nkey(), "gateway", claims());
    expectRefused(login_);
}

TEST_F(BrokerCredentials, ATokenThatWidensItsScopeIsRefused) {
    for (const auto& nats : {R"({"pub":{"allow":[">"]},"sub":{},"issuer_account":")" +
                                 seeds_.account.text() + R"(","type":"user","version":2})",
                             R"({"pub":{},"sub":{"allow":[">"]},"issuer_account":")" +
                                 seeds_.account.text() + R"(","type":"user","version":2})",
                             claims(R"(,"subs":-1)"),
                             claims(R"(,"payload":-1)"),
                             claims(R"(,"allowed_connection_types":["STANDARD","LEAFNODE"])")}) {
        login_.jwt = signUserToken(seeds_.gateways, gateway_.nkey(), "gateway", nats);
        expectRefused(login_);
    }
}

TEST_F(BrokerCredentials, ABearerTokenIsRefused) {
    login_.jwt = signUserToken(
        seeds_.gateways, gateway_.nkey(), "gateway", claims(R"(,"bearer_token":true)"));
    expectRefused(login_);
}

TEST_F(BrokerCredentials, AnAlteredTokenIsRefused) {
    auto token = login_.jwt;
    const auto at = token.find('.') + 20;
    token[at] = token[at] == 'A' ? 'B' : 'A';
    login_.jwt = token;
    expectRefused(login_);
    login_.jwt.clear();
    expectRefused(login_);
}

TEST_F(BrokerCredentials, WithoutAClientCertificateOfOursNobodyGetsIn) {
    login_.identity.reset();
    EXPECT_FALSE(NatsClient::connect(login_));
    const auto other =
        crypto::CertificateAuthority::createRoot("PCG Root", lab_->clock_.wallNow()).value();
    const auto key = crypto::EcKey::generate(crypto::EcCurve::P256).value();
    const auto foreign =
        other.issueGateway(key.publicSpki(), {"pcg", tenant_.text(), "gw"}, lab_->clock_.wallNow())
            .value();
    login_.identity = net::CertificateAndKey{foreign.pem(), key.toPem().value()};
    EXPECT_FALSE(NatsClient::connect(login_));
    // One of ours, but for servers.
    login_.identity =
        lab_->pki_->serverIdentity({"localhost"}, {"127.0.0.1"}, lab_->clock_.wallNow()).value();
    EXPECT_FALSE(NatsClient::connect(login_));
}

TEST_F(BrokerCredentials, ATokenEndsTheLinkWhenItExpires) {
    const auto soon = identity::toUnixSeconds(lab_->clock_.wallNow()) + 2;
    login_.jwt = signUserToken(seeds_.gateways, gateway_.nkey(), "gateway", claims(), soon);
    const auto client = lab_->connect(login_);
    EXPECT_TRUE(client->closedWithin(seconds(8)));
}

TEST_F(BrokerCredentials, RevocationDropsTheLiveLinkAndOnlyThat) {
    const auto neighbour = lab_->newGateway(tenant_);
    const auto victim = lab_->connect(login_);
    const auto bystander = lab_->connect(lab_->loginOf(neighbour));
    ASSERT_TRUE(lab_->issuer_->revoke(tenant_, wire::UserNkey::unchecked(gateway_.nkey())));
    ASSERT_EQ(lab_->pushTenant(tenant_), "");
    EXPECT_TRUE(victim->closedWithin(seconds(5)));
    expectRefused(login_);  // the old token
    const auto again =
        lab_->issuer_->gatewayJwt(tenant_, wire::UserNkey::unchecked(gateway_.nkey()));
    EXPECT_FALSE(again);  // and there is no new one
    EXPECT_EQ(bystander->errorAfterFlush(), "");
    EXPECT_FALSE(bystander->closedWithin(std::chrono::milliseconds(0)));
}

TEST_F(BrokerCredentials, ATenantIsLetInAsSoonAsItsClaimsArePushedAndOutWithItsTombstone) {
    auto tenant = wire::newId<wire::TenantId>(lab_->random_);
    ASSERT_TRUE(lab_->issuer_->openTenant(lab_->storage(), tenant, 0, {}));
    const auto gateway = lab_->newGateway(tenant);
    const auto login = lab_->loginOf(gateway);
    EXPECT_FALSE(NatsClient::connect(login));  // the broker has not heard of the account
    ASSERT_EQ(lab_->pushTenant(tenant), "");
    const auto client = NatsClient::connect(login);
    ASSERT_TRUE(client) << client.error().message();
    const auto platform = lab_->connect(lab_->controlPlaneLogin(tenant));
    ASSERT_EQ(lab_->push(lab_->issuer_->tombstoneJwt(tenant).value()), "");
    EXPECT_TRUE((*client)->closedWithin(seconds(5)));
    EXPECT_TRUE(platform->closedWithin(seconds(5)));
    EXPECT_FALSE(NatsClient::connect(login));
}

TEST_F(BrokerCredentials, ConnectionsOfATenantAreLimited) {
    ASSERT_TRUE(lab_->issuer_->setGateways(tenant_, 0));  // 8 connections
    ASSERT_EQ(lab_->pushTenant(tenant_), "");
    std::vector<std::unique_ptr<NatsClient>> clients;
    for (int i = 0; i < 8; ++i) clients.push_back(lab_->connect(login_));
    EXPECT_FALSE(NatsClient::connect(login_));
    ASSERT_TRUE(lab_->issuer_->setGateways(tenant_, 1));
    ASSERT_EQ(lab_->pushTenant(tenant_), "");
    EXPECT_TRUE(NatsClient::connect(login_));
}

TEST_F(BrokerCredentials, AnAccountThatTheOperatorDidNotSignLetsNobodyIn) {
    const controlplane::PkiStorage nowhere{
        [](const std::string&) -> Result<std::optional<Secret>> { return std::nullopt; },
        [](const std::string&, const Secret&) -> Result<> { return {}; }};
    const auto impostor =
        controlplane::issuer::Issuer::open(nowhere, lab_->random_, lab_->clock_).value();
    ASSERT_TRUE(impostor->openTenant(nowhere, tenant_, 0, {}));
    // nats-server 2.9 stores what is well formed and signed by anybody, and judges the signer when
    // the account is used. So the answer proves nothing; that nobody gets in does.
    lab_->push(impostor->accountJwt(tenant_).value());
    login_.jwt = impostor->gatewayJwt(tenant_, wire::UserNkey::unchecked(gateway_.nkey())).value();
    EXPECT_FALSE(NatsClient::connect(login_));
}

TEST_F(BrokerCredentials, ClaimsThatAreDamagedAreNotTaken) {
    EXPECT_NE(lab_->push("nonsense"), "");
    auto jwt = lab_->issuer_->accountJwt(tenant_).value();
    jwt[jwt.size() - 20] = jwt[jwt.size() - 20] == 'A' ? 'B' : 'A';
    EXPECT_NE(lab_->push(jwt), "");
}

}  // namespace
}  // namespace pcg::test
