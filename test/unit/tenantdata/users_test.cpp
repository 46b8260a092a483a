// SPDX-License-Identifier: Apache-2.0
// What names a tenant's users, and their passwords' hashes, is under the tenant's key.
#include "controlplane-sim/tenancy/users.h"

#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/key_rotation.h"
#include "controlplane-sim/tenancy/schema.h"
#include "controlplane-sim/tenancy/sealed_table.h"
#include "controlplane-sim/tenancy/sessions.h"
#include "controlplane-sim/tenancy/tokens.h"
#include "test/unit/tenantdata/fixture.h"

namespace pcg::controlplane::tenantdata {
namespace {

class SealedUsers : public TenantData {
  protected:
    void fill(const TenantScope& scope) {
        EXPECT_TRUE(Users(*database_)
                        .add(scope, {"Alice-canary", UserRole::Operator, "scrypt$canary"}, kNow));
        const NewToken token{"tok_1",
                             toBytes(asBytes("digest")),
                             "label-canary",
                             UserRole::Operator,
                             "Alice-canary",
                             std::nullopt};
        EXPECT_TRUE(Tokens(*database_).add(scope, token, kNow));
    }

    // As it was before users had ids.
    void openEarlierVersion() {
        database_.reset();
        for (const auto* name : {"cp.db", "cp.db-wal", "cp.db-shm"})
            std::filesystem::remove(dir_ / name);
        database_ = std::move(*store::Database::open(dir_ / "cp.db"));
        std::vector<store::Migration> earlier;
        for (const auto& migration : schema())
            if (migration.number < 51) earlier.push_back(migration);
        EXPECT_TRUE(store::migrate(*database_, earlier));
    }
};

TEST_F(SealedUsers, NothingThatTellsOfAUserCanBeReadInTheFiles) {
    const auto acme = tenant("acme");
    fill(acme);
    ASSERT_TRUE(
        Users(*database_).setPassword(acme, "Alice-canary", "scrypt$canary-the-second", {}));

    reopen();

    for (const auto* text : {"lice-canary", "scrypt$", "label-canary"})
        EXPECT_FALSE(isOnDisk(text)) << text;
    const auto known = Accounts(*database_).credentials("ACME", "ALICE-canary");
    ASSERT_TRUE(known && *known);
    EXPECT_EQ((*known)->username, "Alice-canary");
    EXPECT_EQ((*known)->passwordHash, "scrypt$canary-the-second");
    const auto tokens = Tokens(*database_).list(acme, "Alice-canary", "", 10);
    ASSERT_EQ(tokens->size(), 1U);
    EXPECT_EQ(tokens->front().label, "label-canary");
    EXPECT_FALSE(Users(*database_).find(acme, "alice-canary")->has_value()) << "as it is written";
}

TEST_F(SealedUsers, AreListedByNamePageByPage) {
    const auto acme = tenant("acme");
    for (const auto* name : {"dora", "bert", "carl"})
        ASSERT_TRUE(Users(*database_).add(acme, {name, UserRole::Auditor, "scrypt$x"}, kNow));

    const auto first = Users(*database_).list(acme, "", 2);
    const auto second = Users(*database_).list(acme, "bert", 10);

    ASSERT_EQ(first->size(), 2U);
    EXPECT_EQ((*first)[0].username, "admin");
    EXPECT_EQ((*first)[1].username, "bert");
    ASSERT_EQ(second->size(), 2U);
    EXPECT_EQ((*second)[0].username, "carl");
    EXPECT_EQ((*second)[1].username, "dora");
}

TEST_F(SealedUsers, AreTheSamePersonsAtEveryStepOfARotation) {
    const auto acme = tenant("acme");
    fill(acme);
    KeyRotation rotation(*database_, acme);
    ASSERT_TRUE(rotation.begin());

    for (bool isOver = false; !isOver; isOver = *rotation.step()) {
        const auto who = Accounts(*database_).byTokenSha256(asBytes("digest"), kNow);
        ASSERT_TRUE(who && *who);
        EXPECT_EQ((*who)->username, "Alice-canary");
        EXPECT_EQ(*Users(*database_).passwordHash(acme, "Alice-canary"), "scrypt$canary");
        const auto again =
            Users(*database_).add(acme, {"ALICE-CANARY", UserRole::Auditor, "scrypt$x"}, kNow);
        ASSERT_FALSE(again);
        EXPECT_TRUE(again.error().is(kNameTaken));
    }

    for (const auto* table : {"users", "api_tokens"}) {
        const auto old = database_->queryOne("SELECT count(*) FROM " + std::string(table) +
                                             " WHERE key_epoch <> 2");
        EXPECT_EQ((*old)->integer(0), 0) << table;
    }
    EXPECT_EQ(Users(*database_).find(acme, "Alice-canary")->value().role, UserRole::Operator);
}

TEST_F(SealedUsers, OfAnEarlierVersionComeAlongWithTheirTokensAndSessions) {
    openEarlierVersion();
    const auto id = wire::newId<wire::TenantId>(random_);
    const auto& tenant = id.text();
    const auto at = toUnixMilliseconds(kNow);
    ASSERT_TRUE(database_->execute(
        "INSERT INTO tenants (id, name, created_at_ms) VALUES (?, 'acme', ?)", {tenant, at}));
    ASSERT_TRUE(database_->execute(
        "INSERT INTO users (tenant_id, username, role, password_hash, created_at_ms) VALUES "
        "(?, 'Plain-canary', 'operator', 'scrypt$plain', ?)",
        {tenant, at}));
    ASSERT_TRUE(database_->execute(
        "INSERT INTO api_tokens (sha256, tenant_id, username, created_at_ms, id, label, role) "
        "VALUES (?, ?, 'Plain-canary', ?, 'tok_1', 'plain-label', 'auditor')",
        {asBytes("digest"), tenant, at}));
    ASSERT_TRUE(database_->execute(
        "INSERT INTO sessions (sha256, tenant_id, username, created_at_ms, seen_at_ms) VALUES "
        "(?, ?, 'Plain-canary', ?, ?)",
        {asBytes("cookie"), tenant, at, at}));
    ASSERT_TRUE(database_->execute(
        "INSERT INTO idempotency_keys VALUES (?, 'user:Plain-canary', 'key', x'00', 200, x'01', ?)",
        {tenant, at}));

    reopen();
    EXPECT_EQ(*sealPlainRows(*database_, authority_), 2U);

    const auto scope = authority_.scopeOf(id);
    const auto token = Accounts(*database_).byTokenSha256(asBytes("digest"), kNow);
    const auto session = Sessions(*database_).byDigest(asBytes("cookie"), kNow);
    ASSERT_TRUE(token && *token && session && *session);
    EXPECT_EQ((*token)->username, "Plain-canary");
    EXPECT_EQ((*token)->role, UserRole::Auditor);
    EXPECT_EQ((*session)->role, UserRole::Operator);
    EXPECT_EQ((*session)->userId, (*token)->userId);
    EXPECT_EQ(*Users(*database_).passwordHash(scope, "Plain-canary"), "scrypt$plain");
    EXPECT_EQ(Tokens(*database_).find(scope, "tok_1")->value().label, "plain-label");
    const auto kept = database_->queryOne("SELECT principal, status FROM idempotency_keys");
    EXPECT_EQ((*kept)->text(0), "user:" + (*token)->userId);
    EXPECT_EQ((*kept)->integer(1), 0);
    for (const auto* text : {"lain-canary", "scrypt$plain", "plain-label"})
        EXPECT_FALSE(isOnDisk(text)) << text;
}

}  // namespace
}  // namespace pcg::controlplane::tenantdata
