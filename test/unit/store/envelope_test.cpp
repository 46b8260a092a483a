// SPDX-License-Identifier: Apache-2.0
#include "common/store/envelope.h"

#include "common/store/errc.h"
#include "common/store/migrations.h"
#include "test/support/seeded_random.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

namespace pcg::store {
namespace {

class EnvelopeTest : public testing::Test {
  protected:
    EnvelopeTest() { reopenDatabase(); }

    void reopenDatabase() {
        envelope_.reset();
        database_.reset();
        database_ = std::move(*Database::open(dir_ / "e.db"));
        const std::vector<Migration> migrations{{1, "envelope", envelopeSchema()}};
        ASSERT_TRUE(migrate(*database_, migrations));
    }

    Result<> reopen(std::string_view machine = "machine-a") {
        reopenDatabase();
        envelope_ = PCG_TRY(Envelope::open(*database_, dir_ / "root.key", machine, random_));
        return {};
    }

    Bytes seal(const Scope& scope, std::string_view text) {
        auto sealed = envelope_->seal(scope, KeyClass::Credentials, cell_, asBytes(text));
        EXPECT_TRUE(sealed) << sealed.error().message();
        return sealed.value_or(Bytes{});
    }

    std::string opened(const Scope& scope,
                       BytesView sealed,
                       KeyClass keyClass = KeyClass::Credentials) {
        const auto value = envelope_->open(scope, keyClass, cell_, sealed);
        return value ? std::string(value->revealText()) : std::string(value.error().code().name());
    }

    test::TempDir dir_;
    test::SeededRandom random_;
    std::unique_ptr<Database> database_;
    std::unique_ptr<Envelope> envelope_;
    const Cell cell_{"endpoints", "ep_1", "credentials"};
    const Scope acme_{"tn_acme", 1};
    const Scope other_{"tn_other", 1};
};

TEST_F(EnvelopeTest, OpensItsValuesAfterARestart) {
    ASSERT_TRUE(reopen());
    const auto sealed = seal(acme_, "swordfish");

    ASSERT_TRUE(reopen());

    EXPECT_EQ(opened(acme_, sealed), "swordfish");
}

TEST_F(EnvelopeTest, P26_FailsClosedForAnotherTenantEpochOrClass) {
    ASSERT_TRUE(reopen());
    const auto sealed = seal(acme_, "swordfish");
    seal(other_, "unrelated");

    EXPECT_EQ(opened(other_, sealed), "store.seal_broken");
    EXPECT_EQ(opened({"tn_acme", 2}, sealed), "store.seal_broken");
    EXPECT_EQ(opened(acme_, sealed, KeyClass::Keys), "store.seal_broken");
}

TEST_F(EnvelopeTest, P26_DoesNotUnwrapADataKeyThatWasGivenToAnotherTenant) {
    ASSERT_TRUE(reopen());
    seal(acme_, "a");
    seal(other_, "b");
    ASSERT_TRUE(
        database_->execute("UPDATE envelope_data_keys SET wrapped = (SELECT wrapped FROM "
                           "envelope_data_keys WHERE tenant = "
                           "'tn_other') WHERE tenant = 'tn_acme'"));

    const auto again = reopen();

    ASSERT_FALSE(again);
    EXPECT_TRUE(again.error().is(kSealBroken));
}

TEST_F(EnvelopeTest, DoesNotOpenOnAnotherMachine) {
    ASSERT_TRUE(reopen());
    seal(acme_, "swordfish");

    const auto moved = reopen("machine-b");

    ASSERT_FALSE(moved);
    EXPECT_TRUE(moved.error().is(kSealBroken));
    EXPECT_NE(moved.error().message().find("moved, copied"), std::string::npos);
}

TEST_F(EnvelopeTest, DoesNotMakeANewRootKeyOverSealedValues) {
    ASSERT_TRUE(reopen());
    seal(acme_, "swordfish");
    std::filesystem::remove(dir_ / "root.key");

    const auto again = reopen();

    ASSERT_FALSE(again);
    EXPECT_TRUE(again.error().is(kRootKey));
    EXPECT_FALSE(std::filesystem::exists(dir_ / "root.key"));
}

TEST_F(EnvelopeTest, ReadsOldValuesAfterARotationAndSealsWithTheNewKey) {
    ASSERT_TRUE(reopen());
    const auto before = seal(acme_, "old");
    ASSERT_TRUE(envelope_->rotate(acme_, KeyClass::Credentials));
    const auto after = seal(acme_, "new");

    ASSERT_TRUE(reopen());

    EXPECT_EQ(opened(acme_, before), "old");
    EXPECT_EQ(opened(acme_, after), "new");
    EXPECT_NE(keyIdOf(before).value(), keyIdOf(after).value());
}

TEST_F(EnvelopeTest, ErasesATenantByItsKeyAlone) {
    ASSERT_TRUE(reopen());
    const auto sealed = seal(acme_, "swordfish");
    const auto kept = seal(other_, "kept");

    ASSERT_TRUE(envelope_->destroy(acme_));

    EXPECT_EQ(opened(acme_, sealed), "store.seal_broken");
    ASSERT_TRUE(reopen());
    EXPECT_EQ(opened(acme_, sealed), "store.seal_broken");
    EXPECT_EQ(opened(other_, kept), "kept");
    seal(acme_, "a new beginning");
    EXPECT_EQ(opened(acme_, sealed), "store.seal_broken");
}

TEST_F(EnvelopeTest, LeavesNoPlaintextInAnyFile) {
    ASSERT_TRUE(reopen());
    seal(acme_, "canary-7f3a-swordfish");

    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
        EXPECT_EQ(test::readFile(entry.path()).find("canary-7f3a"), std::string::npos)
            << entry.path();
    }
}

TEST_F(EnvelopeTest, AnotherRootKeyOpensWhatWasSealedUnderTheFirst) {
    ASSERT_TRUE(reopen());
    const auto sealed = seal(acme_, "swordfish");
    const auto before = test::readFile(dir_ / "root.key");

    ASSERT_TRUE(envelope_->rotateRoot());

    EXPECT_NE(test::readFile(dir_ / "root.key"), before);
    EXPECT_FALSE(std::filesystem::exists(dir_ / "root.key.next"));
    EXPECT_EQ(opened(acme_, sealed), "swordfish");
    ASSERT_TRUE(reopen());
    EXPECT_EQ(opened(acme_, sealed), "swordfish");
}

TEST_F(EnvelopeTest, ARootKeyRotationThatEndedBeforeItsCommitIsForgotten) {
    ASSERT_TRUE(reopen());
    const auto sealed = seal(acme_, "swordfish");
    ASSERT_TRUE(RootKey::create(dir_ / "root.key.next", "machine-a", random_));

    ASSERT_TRUE(reopen());

    EXPECT_EQ(opened(acme_, sealed), "swordfish");
    EXPECT_FALSE(std::filesystem::exists(dir_ / "root.key.next"));
}

TEST_F(EnvelopeTest, ARootKeyRotationThatEndedAfterItsCommitIsFinished) {
    ASSERT_TRUE(reopen());
    const auto sealed = seal(acme_, "swordfish");
    std::filesystem::copy_file(dir_ / "root.key", dir_ / "old");
    ASSERT_TRUE(envelope_->rotateRoot());
    std::filesystem::rename(dir_ / "root.key", dir_ / "root.key.next");
    std::filesystem::rename(dir_ / "old", dir_ / "root.key");

    ASSERT_TRUE(reopen());

    EXPECT_EQ(opened(acme_, sealed), "swordfish");
    EXPECT_FALSE(std::filesystem::exists(dir_ / "root.key.next"));
    ASSERT_TRUE(reopen());
}

TEST_F(EnvelopeTest, AnIndexTellsEqualFromUnequalWithinAScope) {
    ASSERT_TRUE(reopen());
    ASSERT_TRUE(envelope_->prepare(acme_, KeyClass::Index));
    ASSERT_TRUE(envelope_->prepare(other_, KeyClass::Index));
    const auto mac = [this](const Scope& scope, std::string_view text) {
        return *envelope_->mac(scope, KeyClass::Index, asBytes(text));
    };

    EXPECT_EQ(mac(acme_, "dc1"), mac(acme_, "dc1"));
    EXPECT_NE(mac(acme_, "dc1"), mac(acme_, "dc2"));
    EXPECT_NE(mac(acme_, "dc1"), mac(other_, "dc1"));
    ASSERT_TRUE(envelope_->destroy(acme_));
    EXPECT_FALSE(envelope_->mac(acme_, KeyClass::Index, asBytes("dc1")));
}

TEST_F(EnvelopeTest, ListsTheEpochsOfATenantThatStillHaveAKey) {
    ASSERT_TRUE(reopen());
    for (const auto epoch : {1, 2, 3})
        ASSERT_TRUE(envelope_->prepare({"tn_acme", epoch}, KeyClass::Data));
    ASSERT_TRUE(envelope_->prepare(other_, KeyClass::Data));
    ASSERT_TRUE(envelope_->destroy({"tn_acme", 2}));

    const std::vector<Scope> expected{{"tn_acme", 1}, {"tn_acme", 3}};
    EXPECT_EQ(envelope_->scopesOf("tn_acme"), expected);
    EXPECT_TRUE(envelope_->scopesOf("tn_nobody").empty());
}

}  // namespace
}  // namespace pcg::store
