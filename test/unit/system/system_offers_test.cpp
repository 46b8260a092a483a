// SPDX-License-Identifier: Apache-2.0
// To whom the platform offers a gateway, and what becomes of its identity.
#include "controlplane-sim/tenancy/system_offers.h"

#include "controlplane-sim/tenancy/accounts.h"
#include "controlplane-sim/tenancy/enrollments.h"
#include "controlplane-sim/tenancy/errc.h"
#include "test/fakes/tenant_database.h"
#include "test/support/seeded_random.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

namespace pcg::controlplane {

PlatformAuthority makePlatformAuthorityForTest() { return PlatformAuthority(); }

namespace {

const WallTime kNow = fromUnixMilliseconds(1'795'290'321'000);

class Offers : public ::testing::Test {
  protected:
    wire::TenantId tenant(const std::string& name) {
        auto id = wire::newId<wire::TenantId>(random_);
        EXPECT_TRUE(Accounts(*database_)
                        .create({id, name, "admin", "scrypt$x", toBytes(asBytes(name))}, kNow));
        return id;
    }

    Result<Enrollment> enroll(const wire::TenantId& tenant,
                              GatewayKind kind,
                              const wire::GatewayId& gateway,
                              char nkey) {
        const auto key = *wire::parseUserNkey("U" + std::string(55, nkey));
        const auto claim = std::string("claim-") + nkey;
        return Enrollments(*database_)
            .issue(authority_.scopeOf(tenant),
                   {claim, gateway, "system", {1}, key, {2}, kind},
                   kNow,
                   [](std::int64_t) { return Result<Bytes>(Bytes{3}); });
    }

    test::TempDir dir_;
    test::SeededRandom random_{7};
    std::unique_ptr<store::Database> database_ = test::openTenantDatabase(dir_.path(), random_);
    PlatformAuthority authority_ = makePlatformAuthorityForTest();
    SystemOffers offers_{*database_, authority_};
};

TEST_F(Offers, OneATenantAndOnlySoManyInAll) {
    const auto acme = tenant("acme");
    const auto globex = tenant("globex");

    EXPECT_TRUE(*offers_.offer(acme, "aaaaaaaaaaaa", 1, kNow));
    EXPECT_FALSE(*offers_.offer(acme, "bbbbbbbbbbbb", 1, kNow));

    EXPECT_EQ((*offers_.find(acme))->instance, "aaaaaaaaaaaa");
    EXPECT_TRUE(offers_.offer(globex, "cccccccccccc", 1, kNow).error().is(kTooMany));
    EXPECT_TRUE(offers_.offer(globex, "cccccccccccc", 2, kNow));
    EXPECT_EQ(offers_.all()->size(), 2U);
}

TEST_F(Offers, ATenantThatIsNotThereGetsNone) {
    const auto nobody = wire::newId<wire::TenantId>(random_);
    EXPECT_TRUE(offers_.offer(nobody, "aaaaaaaaaaaa", 8, kNow).error().is(kNotFound));
    EXPECT_TRUE(offers_.withdraw(nobody, kNow).error().is(kNotFound));
}

TEST_F(Offers, WithdrawingReleasesThePlatformsGatewayAndNoOther) {
    const auto acme = tenant("acme");
    const auto ours = wire::newId<wire::GatewayId>(random_);
    const auto theirs = wire::newId<wire::GatewayId>(random_);
    ASSERT_TRUE(offers_.offer(acme, "aaaaaaaaaaaa", 8, kNow));
    ASSERT_TRUE(enroll(acme, GatewayKind::System, ours, 'A'));
    ASSERT_TRUE(enroll(acme, GatewayKind::Paired, theirs, 'B'));

    const auto released = offers_.withdraw(acme, kNow);

    ASSERT_TRUE(released) << released.error().message();
    EXPECT_EQ(*released, std::vector{ours});
    Gateways gateways(*database_);
    EXPECT_FALSE(*gateways.find(authority_.scopeOf(acme), ours));
    EXPECT_EQ((*gateways.find(authority_.scopeOf(acme), theirs))->kind, GatewayKind::Paired);
    EXPECT_TRUE(*gateways.isRevoked(*wire::parseUserNkey("U" + std::string(55, 'A'))));
    EXPECT_FALSE(*gateways.isRevoked(*wire::parseUserNkey("U" + std::string(55, 'B'))));
    EXPECT_TRUE(offers_.withdraw(acme, kNow)->empty()) << "again, after a crash";
}

TEST_F(Offers, AnotherOneOnlyWhenTheLastOneIsWiped) {
    const auto acme = tenant("acme");
    ASSERT_TRUE(offers_.offer(acme, "aaaaaaaaaaaa", 8, kNow));
    ASSERT_TRUE(offers_.wiped("aaaaaaaaaaaa")) << "nothing for one that is offered";
    ASSERT_TRUE(offers_.withdraw(acme, kNow));

    EXPECT_TRUE(offers_.offer(acme, "bbbbbbbbbbbb", 8, kNow).error().is(kStillWiping));
    ASSERT_TRUE(offers_.wiped("aaaaaaaaaaaa"));
    EXPECT_TRUE(*offers_.offer(acme, "bbbbbbbbbbbb", 8, kNow));
}

TEST_F(Offers, WhatIsWithdrawnWhileItEnrollsIsIssuedNothing) {
    const auto acme = tenant("acme");
    const auto gateway = wire::newId<wire::GatewayId>(random_);
    ASSERT_TRUE(offers_.offer(acme, "aaaaaaaaaaaa", 8, kNow));
    ASSERT_TRUE(offers_.withdraw(acme, kNow));

    const auto late = enroll(acme, GatewayKind::System, gateway, 'A');

    ASSERT_FALSE(late);
    EXPECT_TRUE(late.error().is(kEnrollmentMismatch));
    EXPECT_TRUE(Gateways(*database_).list(authority_.scopeOf(acme))->empty());
}

TEST_F(Offers, AGatewayThatIsPairedLaterIsNotThePlatformsAnyMore) {
    const auto acme = tenant("acme");
    const auto gateway = wire::newId<wire::GatewayId>(random_);
    ASSERT_TRUE(offers_.offer(acme, "aaaaaaaaaaaa", 8, kNow));
    ASSERT_TRUE(enroll(acme, GatewayKind::System, gateway, 'A'));
    ASSERT_TRUE(offers_.withdraw(acme, kNow));

    ASSERT_TRUE(enroll(acme, GatewayKind::Paired, gateway, 'B'));

    EXPECT_EQ((*Gateways(*database_).find(authority_.scopeOf(acme), gateway))->kind,
              GatewayKind::Paired);
    EXPECT_TRUE(Gateways(*database_).systemOnes(authority_.scopeOf(acme))->empty());
}

}  // namespace
}  // namespace pcg::controlplane
