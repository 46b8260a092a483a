// SPDX-License-Identifier: Apache-2.0
#include "common/store/key_vault.h"

#include "common/store/errc.h"
#include "common/store/migrations.h"
#include "test/support/seeded_random.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

namespace pcg::store {
namespace {

class KeyVaultTest : public testing::Test {
  protected:
    KeyVaultTest() {
        database_ = std::move(*Database::open(dir_ / "v.db"));
        const std::vector<Migration> migrations{{1, "envelope", envelopeSchema()}};
        EXPECT_TRUE(migrate(*database_, migrations));
        envelope_ = std::move(*Envelope::open(*database_, dir_ / "root.key", "m", random_));
    }

    KeyVault vault(const std::string& tenant) { return {*database_, *envelope_, Scope{tenant, 0}}; }

    static std::string text(const Result<std::optional<Secret>>& value) {
        if (!value) return std::string(value.error().code().name());
        return *value ? std::string((*value)->revealText()) : "absent";
    }

    test::TempDir dir_;
    test::SeededRandom random_;
    std::unique_ptr<Database> database_;
    std::unique_ptr<Envelope> envelope_;
};

TEST_F(KeyVaultTest, KeepsReplacesListsAndForgetsSecretsByName) {
    auto keys = vault("");
    ASSERT_TRUE(keys.put("nkey", Secret::fromText("SU1")));
    ASSERT_TRUE(keys.put("nkey", Secret::fromText("SU2")));
    ASSERT_TRUE(keys.put("device", Secret::fromText("pem")));

    EXPECT_EQ(text(keys.get("nkey")), "SU2");
    EXPECT_EQ(text(keys.get("nothing")), "absent");
    EXPECT_EQ(keys.names().value(), (std::vector<std::string>{"device", "nkey"}));
    ASSERT_TRUE(keys.remove("nkey"));
    EXPECT_EQ(text(keys.get("nkey")), "absent");
}

TEST_F(KeyVaultTest, KeepsTheScopesApart) {
    ASSERT_TRUE(vault("tn_a").put("seed", Secret::fromText("a")));

    EXPECT_EQ(text(vault("tn_b").get("seed")), "absent");
    EXPECT_EQ(text(vault("tn_a").get("seed")), "a");
}

TEST_F(KeyVaultTest, P26_RefusesASecretThatWasMovedToAnotherName) {
    auto keys = vault("tn_a");
    ASSERT_TRUE(keys.put("low", Secret::fromText("low")));
    ASSERT_TRUE(keys.put("high", Secret::fromText("high")));
    ASSERT_TRUE(database_->execute(
        "UPDATE sealed_secrets SET sealed = (SELECT sealed FROM sealed_secrets WHERE name = 'low') "
        "WHERE name = 'high'"));

    EXPECT_EQ(text(keys.get("high")), "store.seal_broken");
    EXPECT_EQ(text(keys.get("low")), "low");
}

}  // namespace
}  // namespace pcg::store
