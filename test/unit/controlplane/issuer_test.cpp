// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/issuer/issuer.h"

#include "common/base/text.h"
#include "common/codec/base64url.h"
#include "common/codec/json.h"
#include "common/wire/subjects.h"
#include "controlplane-sim/issuer/account_publisher.h"
#include "controlplane-sim/issuer/errc.h"
#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

namespace pcg::controlplane::issuer {
namespace {

namespace json = codec::json;

json::Object natsOf(const std::string& token) {
    const auto payload = codec::base64UrlDecode(split(token, '.')[1]).value();
    return **json::parseObject(asText(payload)).value().object("nats");
}

std::string textOf(const std::string& token) { return json::write(natsOf(token)); }

class IssuerTest : public testing::Test {
  protected:
    PkiStorage storage() {
        return {[this](const std::string& name) -> Result<std::optional<Secret>> {
                    const auto found = stored_.find(name);
                    if (found == stored_.end()) return std::nullopt;
                    return Secret(found->second);
                },
                [this](const std::string& name, const Secret& value) -> Result<> {
                    stored_[name] = toBytes(value.reveal());
                    return {};
                }};
    }

    std::unique_ptr<Issuer> open() { return Issuer::open(storage(), random_, clock_).value(); }

    wire::UserNkey newNkey() {
        return wire::UserNkey::unchecked(
            identity::UserKeyPair::generate(random_)->publicKey().text());
    }

    std::map<std::string, Bytes> stored_;
    test::SeededRandom random_;
    test::FakeClock clock_;
    wire::TenantId tenant_ = wire::newId<wire::TenantId>(random_);
};

TEST_F(IssuerTest, KeepsItsKeysOverARestart) {
    const auto first = open();
    ASSERT_TRUE(first->openTenant(storage(), tenant_, 1, {}));
    const auto second = open();
    ASSERT_TRUE(second->openTenant(storage(), tenant_, 1, {}));
    EXPECT_EQ(first->systemAccount(), second->systemAccount());
    EXPECT_EQ(first->operatorJwt().value(), second->operatorJwt().value());
    EXPECT_EQ(first->accountKey(tenant_).value(), second->accountKey(tenant_).value());
    EXPECT_EQ(first->accountJwt(tenant_).value(), second->accountJwt(tenant_).value());
}

TEST_F(IssuerTest, SaysSoWhenStoredKeysAreDamaged) {
    open();
    stored_["bus.operator"].pop_back();
    const auto again = Issuer::open(storage(), random_, clock_);
    ASSERT_FALSE(again);
    EXPECT_TRUE(again.error().is(kStored));
}

TEST_F(IssuerTest, KeepsNoIdentityKeyOfATenantsAccount) {
    const auto issuer = open();
    ASSERT_TRUE(issuer->openTenant(storage(), tenant_, 1, {}));
    const auto kept = Secret(stored_.at("bus.tenant." + tenant_.text()));
    const auto account = issuer->accountKey(tenant_).value();
    for (const auto line : split(kept.revealText(), '\n')) {
        const auto pair = identity::AccountKeyPair::fromSeed(Secret::fromText(line));
        if (pair) {
            EXPECT_NE(pair->publicKey().text(), account);
        }
    }
}

TEST_F(IssuerTest, TheGatewayScopeIsWhatTheProtocolSays) {
    const auto issuer = open();
    ASSERT_TRUE(issuer->openTenant(storage(), tenant_, 3, {}));
    const auto text = textOf(issuer->accountJwt(tenant_).value());
    EXPECT_NE(
        text.find(
            R"("role":"gateway","template":{"pub":{"allow":["pcg.v1.{{subject()}}.evt.>",)"
            R"("pcg.v1.{{subject()}}.hb"]},"sub":{"allow":["pcg.v1.{{subject()}}.rpc.>",)"
            R"("pcg.v1.{{subject()}}.ctl.>","pcg.v1.{{subject()}}.inbox.>"]},"subs":32,"data":-1,)"
            R"("payload":1048576,"allowed_connection_types":["STANDARD","WEBSOCKET"]})"),
        std::string::npos)
        << text;
    EXPECT_EQ(text.find("\"resp\""), std::string::npos);
    EXPECT_NE(
        text.find(
            R"("limits":{"subs":1280,"data":-1,"payload":1048576,"disallow_bearer":true,"conn":14})"),
        std::string::npos)
        << text;
}

TEST_F(IssuerTest, AGatewaysTokenIsForItsKeyAndADay) {
    const auto issuer = open();
    ASSERT_TRUE(issuer->openTenant(storage(), tenant_, 1, {}));
    const auto nkey = newNkey();
    const auto jwt = identity::verifyUserJwt(issuer->gatewayJwt(tenant_, nkey).value()).value();
    EXPECT_TRUE(identity::checkGatewayJwt(
        jwt,
        identity::UserKey::parse(nkey.text()).value(),
        identity::AccountKey::parse(issuer->accountKey(tenant_).value()).value(),
        clock_.wallNow(),
        Lifetimes{}.token));
}

TEST_F(IssuerTest, NeverIssuesForARevokedKeyAgain) {
    const auto issuer = open();
    const auto before = newNkey();
    const auto now = newNkey();
    ASSERT_TRUE(issuer->openTenant(storage(), tenant_, 1, {{before, clock_.wallNow()}}));
    EXPECT_TRUE(issuer->gatewayJwt(tenant_, before).error().is(kRevoked));
    ASSERT_TRUE(issuer->gatewayJwt(tenant_, now));
    ASSERT_TRUE(issuer->revoke(tenant_, now));
    EXPECT_TRUE(issuer->gatewayJwt(tenant_, now).error().is(kRevoked));
    const auto nats = natsOf(issuer->accountJwt(tenant_).value());
    const auto* revocations = nats.object("revocations").value();
    EXPECT_EQ(revocations->integer(before.text()).value(),
              identity::toUnixSeconds(clock_.wallNow()));
    EXPECT_EQ(revocations->integer(now.text()).value(), identity::toUnixSeconds(clock_.wallNow()));
}

TEST_F(IssuerTest, TellsOfARevocationUntilEveryTokenOfTheKeyHasEnded) {
    const auto issuer = open();
    const auto old = newNkey();
    const auto recent = newNkey();
    const auto now = clock_.wallNow();
    ASSERT_TRUE(issuer->openTenant(storage(),
                                   tenant_,
                                   1,
                                   {{old, now - kMaxTokenLifetime - std::chrono::hours(25)},
                                    {recent, now - kMaxTokenLifetime}}));

    const auto nats = natsOf(issuer->accountJwt(tenant_).value());

    const auto* revocations = nats.object("revocations").value();
    EXPECT_FALSE(revocations->has(old.text()));
    EXPECT_TRUE(revocations->has(recent.text()));
    EXPECT_TRUE(issuer->gatewayJwt(tenant_, old).error().is(kRevoked));
}

TEST_F(IssuerTest, KnowsNothingOfATenantThatWasNotOpenedOrHasLeft) {
    const auto issuer = open();
    EXPECT_TRUE(issuer->accountJwt(tenant_).error().is(kUnknownTenant));
    EXPECT_TRUE(issuer->gatewayJwt(tenant_, newNkey()).error().is(kUnknownTenant));
    EXPECT_TRUE(issuer->revoke(tenant_, newNkey()).error().is(kUnknownTenant));
    EXPECT_FALSE(issuer->controlPlaneUser(tenant_));
    ASSERT_TRUE(issuer->openTenant(storage(), tenant_, 1, {}));
    const auto account = issuer->accountKey(tenant_).value();
    const auto tombstone = issuer->tombstoneJwt(tenant_).value();
    EXPECT_NE(textOf(tombstone).find(R"("conn":0)"), std::string::npos);
    EXPECT_NE(textOf(tombstone).find(R"("revocations":{"*":)"), std::string::npos);
    EXPECT_TRUE(issuer->accountJwt(tenant_).error().is(kUnknownTenant));
}

TEST_F(IssuerTest, RefusesAKeyThatIsNoUserKey) {
    const auto issuer = open();
    ASSERT_TRUE(issuer->openTenant(storage(), tenant_, 1, {}));
    const auto account = wire::UserNkey::unchecked(issuer->accountKey(tenant_).value());
    EXPECT_FALSE(issuer->gatewayJwt(tenant_, account));
    EXPECT_FALSE(issuer->revoke(tenant_, account));
}

TEST_F(IssuerTest, ItsOwnUsersSignWithTheKeyTheirTokenNames) {
    const auto issuer = open();
    ASSERT_TRUE(issuer->openTenant(storage(), tenant_, 1, {}));
    for (const auto& user :
         {issuer->controlPlaneUser(tenant_).value(), issuer->systemUser().value()}) {
        const auto jwt = identity::verifyUserJwt(user->userJwt()).value();
        EXPECT_EQ(jwt.subject.text(), user->publicKey());
        const auto signature = user->signNonce("nonce").value();
        EXPECT_TRUE(crypto::verifyEd25519(jwt.subject.raw(), asBytes("nonce"), signature));
        EXPECT_FALSE(jwt.hasOwnPermissions);
    }
    EXPECT_NE(issuer->controlPlaneUser(tenant_).value()->publicKey(),
              issuer->controlPlaneUser(tenant_).value()->publicKey());
}

TEST(ClaimsAnswer, IsTakenOnlyWhenTheBrokerSaysSo) {
    const auto read = [](std::string_view text) { return readClaimsAnswer(asBytes(text)); };
    EXPECT_TRUE(read(
        R"({"data":{"account":"A","code":200,"message":"jwt updated"},"server":{"name":"x"}})"));
    EXPECT_FALSE(
        read(R"({"error":{"account":"A","code":500,"description":"claim failed"},"server":{}})"));
    EXPECT_NE(read(R"({"error":{"code":500,"description":"claim failed"}})")
                  .error()
                  .message()
                  .find("claim failed"),
              std::string::npos);
    for (const auto* text : {"",
                             "{}",
                             "[]",
                             R"({"data":{}})",
                             R"({"data":{"code":201}})",
                             R"({"data":{"code":"200"}})"}) {
        EXPECT_FALSE(read(text)) << text;
    }
}

}  // namespace
}  // namespace pcg::controlplane::issuer
