// SPDX-License-Identifier: Apache-2.0
// Who may have new papers, on a database and a clock of the test's own.
#include "controlplane-sim/tenancy/renewals.h"

#include "common/crypto/random.h"
#include "controlplane-sim/relay/ratchets.h"
#include "controlplane-sim/tenancy/accounts.h"
#include "controlplane-sim/tenancy/enrollments.h"
#include "controlplane-sim/tenancy/offboarding.h"
#include "controlplane-sim/tenancy/schema.h"
#include "test/fakes/tenant_database.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <map>

namespace pcg::controlplane {

PlatformAuthority makePlatformAuthorityForTest();

namespace {

using namespace std::chrono_literals;

class RenewalsTest : public testing::Test {
  protected:
    void SetUp() override {
        const NewTenant tenant{tenant_, "acme", "admin", "scrypt$x", Bytes(32, 1)};
        ASSERT_TRUE(Accounts(*database_).create(tenant, now_));
        const NewEnrollment wanted{"claim", gateway_, "dc1", Bytes(91, 2), nkey_, Bytes(32, 3)};
        ASSERT_TRUE(
            Enrollments(*database_).issue(scope(), wanted, now_, [](std::int64_t) -> Result<Bytes> {
                return Bytes{1};
            }));
    }

    TenantScope scope() const { return authority_.scopeOf(tenant_); }

    RenewalRequest request(std::int64_t counter, std::uint8_t id) const {
        RenewalRequest wanted{gateway_, nkey_, 1, {}, Bytes(32, id), counter, true, true, true};
        wanted.id[0] = id;
        return wanted;
    }

    RenewalOutcome renew(const RenewalRequest& wanted) {
        const auto make = [this](const Gateway&) -> Result<RenewedPapers> {
            ++made_;
            return RenewedPapers{"jwt." + std::to_string(made_), certificate_};
        };
        auto outcome = Renewals(*database_).renew(authority_, wanted, now_, make);
        EXPECT_TRUE(outcome) << outcome.error().message();
        return std::move(*outcome);
    }

    // The code of a refusal; empty when there is none.
    std::string_view refusal(const RenewalRequest& wanted) {
        const auto outcome = renew(wanted);
        const auto* refused = std::get_if<renewal::Refused>(&outcome);
        return refused == nullptr ? std::string_view() : refused->code;
    }

    std::int64_t counterAfter(const RenewalRequest& wanted) {
        const auto outcome = renew(wanted);
        const auto* papers = std::get_if<RenewedPapers>(&outcome);
        return papers == nullptr ? -1 : papers->counter;
    }

    Gateway stored() { return **Gateways(*database_).byId(authority_, gateway_); }

    PlatformAuthority authority_ = makePlatformAuthorityForTest();
    test::TempDir directory_;
    crypto::SystemRandom random_;
    std::unique_ptr<store::Database> database_ =
        test::openTenantDatabase(directory_.path(), random_);
    wire::TenantId tenant_ = wire::newId<wire::TenantId>(random_);
    wire::GatewayId gateway_ = *wire::parseGatewayId("gw_0123456789abcdefghjkmnpqrs");
    wire::UserNkey nkey_ =
        *wire::parseUserNkey("UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4");
    WallTime now_ = fromUnixMilliseconds(1'795'300'000'000);
    std::string certificate_;
    int made_ = 0;
};

TEST_F(RenewalsTest, CountsEachRenewalAndAnswersARepeatFromWhatIsStored) {
    EXPECT_EQ(counterAfter(request(0, 1)), 1);
    EXPECT_EQ(counterAfter(request(0, 1)), 1);
    EXPECT_EQ(made_, 1);
    EXPECT_EQ(counterAfter(request(1, 2)), 2);
    EXPECT_EQ(stored().renewals, 2);
}

TEST_F(RenewalsTest, AValueThatWasUsedUpIsACopys) {
    ASSERT_EQ(counterAfter(request(0, 1)), 1);

    const auto outcome = renew(request(0, 2));

    ASSERT_TRUE(std::holds_alternative<renewal::Quarantined>(outcome));
    EXPECT_FALSE(stored().quarantine.empty());
    EXPECT_TRUE(*Gateways(*database_).isRevoked(nkey_));
    EXPECT_EQ(refusal(request(1, 3)), pairing::renewal::kQuarantined) << "both of them";
    EXPECT_EQ(refusal(request(0, 1)), pairing::renewal::kQuarantined) << "repeats too";
}

TEST_F(RenewalsTest, AValueThatWasNeverMadeIsACopysToo) {
    auto forged = request(0, 1);
    forged.isRatchetGenuine = false;
    EXPECT_TRUE(std::holds_alternative<renewal::Quarantined>(renew(forged)));
}

TEST_F(RenewalsTest, NoValueIsForThoseThatWerePairedBeforeThereWasOne) {
    auto bare = request(0, 1);
    bare.hasRatchet = bare.isRatchetGenuine = false;
    ASSERT_TRUE(database_->execute("UPDATE gateways SET renewals = NULL"));
    EXPECT_EQ(counterAfter(bare), 1);

    bare.id[0] = 2;
    EXPECT_TRUE(std::holds_alternative<renewal::Quarantined>(renew(bare)));
}

// From a backup: the gateways are further than it remembers, and can prove it.
TEST_F(RenewalsTest, AControlPlaneThatWasSetBackDoesNotTakeItsFleetForCopies) {
    EXPECT_EQ(counterAfter(request(7, 1)), 8);
    EXPECT_TRUE(std::holds_alternative<renewal::Quarantined>(renew(request(7, 2))));
}

TEST_F(RenewalsTest, AGatewayWithoutAValidCertificateWaitsForTheTenant) {
    auto expired = request(0, 1);
    expired.showsCertificate = false;
    EXPECT_EQ(refusal(expired), pairing::renewal::kCertificate);

    ASSERT_TRUE(Gateways(*database_).allowRecovery(scope(), gateway_, now_ + 1h));
    now_ += 59min;
    EXPECT_EQ(counterAfter(expired), 1);
    now_ += 2min;
    EXPECT_EQ(refusal(expired), pairing::renewal::kCertificate);
}

TEST_F(RenewalsTest, ANewCertificateUsesUpTheTenantsWord) {
    ASSERT_TRUE(Gateways(*database_).allowRecovery(scope(), gateway_, now_ + 1h));
    auto expired = request(0, 1);
    expired.showsCertificate = false;
    certificate_ = "PEM";
    ASSERT_EQ(counterAfter(expired), 1);

    expired = request(1, 2);
    expired.showsCertificate = false;
    EXPECT_EQ(refusal(expired), pairing::renewal::kCertificate);
}

TEST_F(RenewalsTest, ReleasedOrPairedAnewThePapersAreVoidWhateverElseIsWrong) {
    auto expired = request(9, 1);
    expired.showsCertificate = expired.isRatchetGenuine = false;
    ASSERT_TRUE(database_->execute("UPDATE gateways SET epoch = 2"));
    EXPECT_EQ(refusal(expired), pairing::renewal::kReleased);
    ASSERT_TRUE(database_->execute("UPDATE gateways SET epoch = 1"));
    ASSERT_TRUE(Gateways(*database_).release(scope(), gateway_, now_));
    EXPECT_EQ(refusal(expired), pairing::renewal::kReleased);
}

TEST_F(RenewalsTest, AReleaseEndsTheQuarantine) {
    ASSERT_EQ(counterAfter(request(0, 1)), 1);
    ASSERT_TRUE(std::holds_alternative<renewal::Quarantined>(renew(request(0, 2))));

    ASSERT_TRUE(Gateways(*database_).release(scope(), gateway_, now_));

    EXPECT_EQ(refusal(request(0, 3)), pairing::renewal::kReleased);
    EXPECT_TRUE(stored().quarantine.empty());
}

TEST_F(RenewalsTest, ATenantThatLeavesTakesItsAnswersAlong) {
    ASSERT_EQ(counterAfter(request(0, 1)), 1);

    const auto left = Offboarding(*database_).begin(scope(), "jwt", now_);

    ASSERT_TRUE(left) << left.error().message();
    EXPECT_FALSE(*database_->queryOne("SELECT 1 FROM renewals"));
}

TEST_F(RenewalsTest, WhatCannotBeMadeMovesNothing) {
    const auto broken = [](const Gateway&) -> Result<RenewedPapers> {
        return fail(ErrorCode(ErrorClass::Weather, "test.down"), "away");
    };
    EXPECT_FALSE(Renewals(*database_).renew(authority_, request(0, 1), now_, broken));
    EXPECT_EQ(stored().renewals, 0);
    EXPECT_EQ(counterAfter(request(0, 1)), 1);
}

// A state directory of before there was renewal of certificates.
TEST(RenewalsMigration, KeepsTheGatewaysThatThereAreAndLetsThemBeginWithoutAValue) {
    const test::TempDir directory;
    const auto database = *store::Database::open(directory / "old.db");
    const auto before = schema().first(5);
    ASSERT_TRUE(store::migrate(*database, before));
    ASSERT_TRUE(database->execute(
        "INSERT INTO tenants (id, name, created_at_ms) VALUES ('tn_0123456789abcdefghjkmnpqrs', "
        "'acme', 1)"));
    ASSERT_TRUE(database->execute(
        "INSERT INTO gateways (id, tenant_id, name, device_spki, nkey, epoch, state, bound_at_ms) "
        "VALUES ('gw_0123456789abcdefghjkmnpqrs', 'tn_0123456789abcdefghjkmnpqrs', 'dc1', x'00', "
        "'UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4', 1, 'active', 1)"));

    ASSERT_TRUE(store::migrate(*database, schema()));

    const auto all = Gateways(*database).all(makePlatformAuthorityForTest());
    ASSERT_TRUE(all && all->size() == 1) << (all ? "" : all.error().message());
    EXPECT_EQ(all->front().state, GatewayState::Active);
    EXPECT_FALSE(all->front().renewals);
    EXPECT_TRUE(all->front().quarantine.empty());
    EXPECT_FALSE(all->front().recoverUntil);
}

TEST(Ratchets, KnowTheirOwnValuesOfEveryTimeAndNoOthers) {
    std::map<std::string, Secret> kept;
    const PkiStorage storage{[&](const std::string& name) -> Result<std::optional<Secret>> {
                                 const auto found = kept.find(name);
                                 if (found == kept.end()) return std::nullopt;
                                 return found->second.clone();
                             },
                             [&](const std::string& name, const Secret& value) -> Result<> {
                                 kept.insert_or_assign(name, value.clone());
                                 return {};
                             }};
    crypto::SystemRandom random;
    const auto ratchets = *Ratchets::open(storage, random);
    const auto again = *Ratchets::open(storage, random);
    const auto id = *wire::parseGatewayId("gw_0123456789abcdefghjkmnpqrs");
    auto value = ratchets.at(id, 1, 5);

    EXPECT_TRUE(again.isGenuine(id, 1, value));
    EXPECT_FALSE(again.isGenuine(id, 2, value));
    EXPECT_FALSE(again.isGenuine(id, 1, {5, std::nullopt}));
    ++value.counter;
    EXPECT_FALSE(again.isGenuine(id, 1, value));
}

}  // namespace
}  // namespace pcg::controlplane
