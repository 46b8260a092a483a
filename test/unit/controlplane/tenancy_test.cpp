// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/accounts.h"
#include "controlplane-sim/tenancy/enrollments.h"
#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/gateways.h"
#include "controlplane-sim/tenancy/tokens.h"
#include "test/fakes/tenant_database.h"
#include "test/support/seeded_random.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace pcg::controlplane {

PlatformAuthority makePlatformAuthorityForTest() { return PlatformAuthority(); }

namespace {

// A scope cannot be made out of an id.
static_assert(!std::is_constructible_v<TenantScope, wire::TenantId>);
static_assert(!std::is_default_constructible_v<PlatformAuthority>);

const WallTime kNow = fromUnixMilliseconds(1'795'290'321'000);

class Tenancy : public ::testing::Test {
  protected:
    Tenancy() { database_ = test::openTenantDatabase(dir_.path(), random_); }

    TenantScope tenant(const std::string& name) {
        const auto id = wire::newId<wire::TenantId>(random_);
        const auto created =
            Accounts(*database_)
                .create({id, name, "admin", "scrypt$x", toBytes(asBytes(name))}, kNow);
        EXPECT_TRUE(created);
        return authority_.scopeOf(id);
    }

    NewEnrollment enrollment(const std::string& claim,
                             const wire::GatewayId& gateway,
                             char nkeyFill) {
        auto nkey = wire::parseUserNkey("U" + std::string(55, nkeyFill));
        EXPECT_TRUE(nkey);
        return {claim, gateway, "dc1", {1, 2, 3}, *nkey, {9, 9}};
    }

    static Result<Bytes> answer(std::int64_t epoch) {
        return toBytes(asBytes("epoch " + std::to_string(epoch)));
    }

    Result<Enrollment> issue(const TenantScope& scope,
                             const NewEnrollment& wanted,
                             WallTime now = kNow) {
        return Enrollments(*database_).issue(scope, wanted, now, answer);
    }

    test::TempDir dir_;
    test::SeededRandom random_{7};
    std::unique_ptr<store::Database> database_;
    PlatformAuthority authority_ = makePlatformAuthorityForTest();
};

TEST_F(Tenancy, ATokenLeadsToItsTenantAndNoOther) {
    const auto acme = tenant("acme");
    tenant("umbra");

    const auto who = Accounts(*database_).byTokenSha256(asBytes("acme"), kNow);
    const auto nobody = Accounts(*database_).byTokenSha256(asBytes("other"), kNow);

    ASSERT_TRUE(who && *who);
    EXPECT_EQ((*who)->scope.tenant(), acme.tenant());
    EXPECT_EQ((*who)->role, UserRole::Admin);
    ASSERT_TRUE(nobody);
    EXPECT_FALSE(*nobody);
}

TEST_F(Tenancy, AnExpiredTokenIsNobody) {
    const auto acme = tenant("acme");
    Accounts accounts(*database_);
    const NewToken token{"tok_1",
                         toBytes(asBytes("short")),
                         "ci",
                         UserRole::Admin,
                         "admin",
                         kNow + std::chrono::seconds(1)};
    ASSERT_TRUE(Tokens(*database_).add(acme, token, kNow));

    EXPECT_TRUE(*accounts.byTokenSha256(asBytes("short"), kNow));
    EXPECT_FALSE(*accounts.byTokenSha256(asBytes("short"), kNow + std::chrono::seconds(1)));
}

TEST_F(Tenancy, ATakenNameIsRefusedAndNothingIsLeftBehind) {
    tenant("acme");

    const auto again = Accounts(*database_)
                           .create({wire::newId<wire::TenantId>(random_),
                                    "ACME",
                                    "admin",
                                    "scrypt$x",
                                    toBytes(asBytes("t2"))},
                                   kNow);

    ASSERT_FALSE(again);
    EXPECT_TRUE(again.error().is(kNameTaken));
    EXPECT_EQ(Accounts(*database_).list()->size(), 1U);
}

TEST_F(Tenancy, OneTenantDoesNotSeeTheGatewayOfAnother) {
    const auto acme = tenant("acme");
    const auto umbra = tenant("umbra");
    const auto id = wire::newId<wire::GatewayId>(random_);
    ASSERT_TRUE(issue(acme, enrollment("c1", id, 'A')));

    EXPECT_TRUE(*Gateways(*database_).find(acme, id));
    EXPECT_FALSE(*Gateways(*database_).find(umbra, id));
    EXPECT_TRUE(Gateways(*database_).list(umbra)->empty());
    EXPECT_FALSE(Gateways(*database_).release(umbra, id, kNow));
}

TEST_F(Tenancy, TheSameRequestGetsTheSameAnswerAndTheSameEpoch) {
    const auto acme = tenant("acme");
    const auto wanted = enrollment("c1", wire::newId<wire::GatewayId>(random_), 'A');

    const auto first = issue(acme, wanted);
    const auto second = issue(acme, wanted);

    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->response, second->response);
    EXPECT_EQ(second->epoch, 1);
}

TEST_F(Tenancy, TheSameClaimWithAnotherBodyIsRefused) {
    const auto acme = tenant("acme");
    auto wanted = enrollment("c1", wire::newId<wire::GatewayId>(random_), 'A');
    ASSERT_TRUE(issue(acme, wanted));
    wanted.requestSha256 = {8, 8};

    const auto other = issue(acme, wanted);

    ASSERT_FALSE(other);
    EXPECT_TRUE(other.error().is(kEnrollmentMismatch));
}

TEST_F(Tenancy, ABoundGatewayCannotBeClaimedByAnotherTenantUntilItIsReleased) {
    const auto acme = tenant("acme");
    const auto umbra = tenant("umbra");
    const auto id = wire::newId<wire::GatewayId>(random_);
    ASSERT_TRUE(issue(acme, enrollment("c1", id, 'A')));

    const auto stolen = issue(umbra, enrollment("c2", id, 'B'));
    ASSERT_FALSE(stolen);
    EXPECT_TRUE(stolen.error().is(kGatewayBound));

    ASSERT_TRUE(Gateways(*database_).release(acme, id, kNow));
    const auto given = issue(umbra, enrollment("c3", id, 'B'));
    ASSERT_TRUE(given);
    EXPECT_EQ(given->epoch, 2);
    EXPECT_TRUE(*Gateways(*database_).isRevoked(enrollment("c1", id, 'A').nkey));
}

TEST_F(Tenancy, AFailureWhileAnsweringBindsNothing) {
    const auto acme = tenant("acme");
    const auto id = wire::newId<wire::GatewayId>(random_);
    const auto failing = [](std::int64_t) -> Result<Bytes> { return fail(kNotFound, "no signer"); };

    ASSERT_FALSE(Enrollments(*database_).issue(acme, enrollment("c1", id, 'A'), kNow, failing));

    EXPECT_FALSE(*Gateways(*database_).byId(authority_, id));
}

TEST_F(Tenancy, AcknowledgingTwiceIsHarmless) {
    const auto acme = tenant("acme");
    const auto id = wire::newId<wire::GatewayId>(random_);
    ASSERT_TRUE(issue(acme, enrollment("c1", id, 'A')));
    Enrollments enrollments(*database_);

    EXPECT_EQ(enrollments.acknowledge("c1", id, kNow), true);
    EXPECT_EQ(enrollments.acknowledge("c1", id, kNow), false);
    EXPECT_EQ((*Gateways(*database_).find(acme, id))->state, GatewayState::Active);
}

TEST_F(Tenancy, WhatIsNotAcknowledgedInTimeIsTakenBack) {
    const auto acme = tenant("acme");
    const auto id = wire::newId<wire::GatewayId>(random_);
    const auto wanted = enrollment("c1", id, 'A');
    ASSERT_TRUE(issue(acme, wanted));
    Enrollments enrollments(*database_);

    EXPECT_TRUE(enrollments.expire(authority_, kNow + kAcknowledgeWithin - std::chrono::seconds(1))
                    ->empty());
    const auto expired = enrollments.expire(authority_, kNow + kAcknowledgeWithin);

    ASSERT_EQ(expired->size(), 1U);
    EXPECT_EQ(expired->front().nkey, wanted.nkey);
    EXPECT_FALSE(*Gateways(*database_).find(acme, id));
    EXPECT_TRUE(*Gateways(*database_).isRevoked(wanted.nkey));
    EXPECT_FALSE(enrollments.acknowledge("c1", id, kNow));
}

TEST_F(Tenancy, OnlyTheNewestEpochOfAGatewayBecomesActive) {
    const auto acme = tenant("acme");
    const auto id = wire::newId<wire::GatewayId>(random_);
    ASSERT_TRUE(issue(acme, enrollment("c1", id, 'A')));
    ASSERT_TRUE(issue(acme, enrollment("c2", id, 'B')));
    Enrollments enrollments(*database_);

    const auto old = enrollments.acknowledge("c1", id, kNow);
    ASSERT_FALSE(old);
    EXPECT_TRUE(old.error().is(kEnrollmentOver));

    EXPECT_EQ(enrollments.acknowledge("c2", id, kNow), true);
    EXPECT_EQ((*enrollments.find("c1"))->state, EnrollmentState::Issued);
}

TEST_F(Tenancy, TheEndOfAnOldEpochDoesNotRevokeAKeyThatTheNewOneUses) {
    const auto acme = tenant("acme");
    const auto id = wire::newId<wire::GatewayId>(random_);
    ASSERT_TRUE(issue(acme, enrollment("c1", id, 'A')));
    ASSERT_TRUE(issue(acme, enrollment("c2", id, 'A')));
    Enrollments enrollments(*database_);
    ASSERT_TRUE(enrollments.acknowledge("c2", id, kNow));

    const auto expired = enrollments.expire(authority_, kNow + kAcknowledgeWithin);

    ASSERT_TRUE(expired);
    EXPECT_TRUE(expired->empty());
    EXPECT_EQ((*enrollments.find("c1"))->state, EnrollmentState::Expired);
    EXPECT_FALSE(*Gateways(*database_).isRevoked(enrollment("c1", id, 'A').nkey));
    EXPECT_EQ((*Gateways(*database_).find(acme, id))->state, GatewayState::Active);
}

TEST_F(Tenancy, AGatewayCannotTakeOverAnEndpointOfAnother) {
    const auto acme = tenant("acme");
    const auto umbra = tenant("umbra");
    const auto first = wire::newId<wire::GatewayId>(random_);
    const auto second = wire::newId<wire::GatewayId>(random_);
    ASSERT_TRUE(issue(acme, enrollment("c1", first, 'A')));
    ASSERT_TRUE(issue(umbra, enrollment("c2", second, 'B')));
    const auto endpoint = wire::newId<wire::EndpointId>(random_);
    Gateways gateways(*database_);
    ASSERT_TRUE(gateways.report(acme, first, {{endpoint, "vc1", "vcenter", "ok", ""}}));
    ASSERT_TRUE(gateways.setIngressPort(acme, endpoint, 4443));

    const auto stolen = gateways.report(umbra, second, {{endpoint, "evil", "vcenter", "ok", ""}});

    ASSERT_TRUE(stolen);
    EXPECT_TRUE(stolen->empty());
    ASSERT_EQ(gateways.endpoints(acme, first)->size(), 1U);
    EXPECT_EQ(gateways.endpoints(acme, first)->front().name, "vc1");
}

TEST_F(Tenancy, AnEndpointKeepsItsPortThroughReportsThatLeaveItOut) {
    const auto acme = tenant("acme");
    const auto id = wire::newId<wire::GatewayId>(random_);
    ASSERT_TRUE(issue(acme, enrollment("c1", id, 'A')));
    const auto endpoint = wire::newId<wire::EndpointId>(random_);
    Gateways gateways(*database_);
    ASSERT_TRUE(gateways.report(acme, id, {{endpoint, "vc1", "vcenter", "ok", ""}}));
    ASSERT_TRUE(gateways.setIngressPort(acme, endpoint, 4443));

    ASSERT_TRUE(gateways.report(acme, id, {}));
    EXPECT_TRUE(gateways.endpoints(acme, id)->empty());
    const auto back =
        gateways.report(acme, id, {{endpoint, "vc1", "vcenter", "unreachable", "refused"}});

    ASSERT_TRUE(back);
    ASSERT_EQ(back->size(), 1U);
    EXPECT_EQ(back->front().ingressPort, 4443);
    EXPECT_EQ(back->front().why, "refused");
}

TEST_F(Tenancy, ForgetsTheOldestOfTheEndpointsThatAreNotThereAnyMore) {
    const auto acme = tenant("acme");
    const auto id = wire::newId<wire::GatewayId>(random_);
    ASSERT_TRUE(issue(acme, enrollment("c1", id, 'A')));
    Gateways gateways(*database_);
    for (int round = 0; round < 4; ++round) {
        std::vector<ReportedEndpoint> others;
        for (int i = 0; i < 200; ++i)
            others.push_back({wire::newId<wire::EndpointId>(random_), "vc", "vcenter", "ok", ""});
        ASSERT_TRUE(gateways.report(acme, id, others));
    }

    const auto rows = database_->query("SELECT present, count(*) FROM endpoints GROUP BY present");
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 2U);
    EXPECT_EQ((*rows)[0].integer(1), 256);
    EXPECT_EQ((*rows)[1].integer(1), 200);
}

TEST_F(Tenancy, RefusesOneGatewayTooManyAndTakesItWhenOneWasReleased) {
    const auto acme = tenant("acme");
    ASSERT_TRUE(database_->execute(
        "INSERT INTO gateways (id, tenant_id, name, device_spki, nkey, epoch, state, bound_at_ms) "
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT "
        "'gw_' || printf('%026d', i), ?, 'n' || i, x'00', 'U' || printf('%055d', i), 1, 'active', "
        "0 FROM n",
        {acme.tenant().text()}));
    const auto id = wire::newId<wire::GatewayId>(random_);

    const auto refused = issue(acme, enrollment("c1", id, 'A'));
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(kTooMany));
    EXPECT_NE(refused.error().message().find("release one"), std::string::npos);

    ASSERT_TRUE(database_->execute("UPDATE gateways SET state = 'released' WHERE name = 'n7'"));
    EXPECT_TRUE(issue(acme, enrollment("c1", id, 'A')));
}

}  // namespace
}  // namespace pcg::controlplane
