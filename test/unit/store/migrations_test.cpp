// SPDX-License-Identifier: Apache-2.0
#include "common/store/migrations.h"

#include "common/store/errc.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

namespace pcg::store {
namespace {

const Migration kFirst{1, "first", {"CREATE TABLE a (id INTEGER) STRICT"}};
const Migration kSecond{
    2, "second", {"CREATE TABLE b (id INTEGER) STRICT", "INSERT INTO b VALUES (7)"}};

class MigrationsTest : public testing::Test {
  protected:
    MigrationsTest() { database_ = std::move(*Database::open(dir_ / "m.db")); }

    Result<> migrateTo(std::vector<Migration> migrations) {
        return migrate(*database_, migrations);
    }

    test::TempDir dir_;
    std::unique_ptr<Database> database_;
};

TEST_F(MigrationsTest, AppliesEachOnceAndInOrder) {
    ASSERT_TRUE(migrateTo({kFirst}));
    ASSERT_TRUE(migrateTo({kFirst, kSecond}));
    ASSERT_TRUE(migrateTo({kFirst, kSecond}));

    EXPECT_EQ((*database_->queryOne("SELECT count(*) FROM b"))->integer(0), 1);
    EXPECT_EQ((*database_->queryOne("SELECT count(*) FROM schema_migrations"))->integer(0), 2);
}

TEST_F(MigrationsTest, LeavesNothingOfOneThatFails) {
    const Migration broken{
        2, "broken", {"CREATE TABLE b (id INTEGER) STRICT", "CREATE TABLE a (id INTEGER)"}};

    const auto migrated = migrateTo({kFirst, broken});

    ASSERT_FALSE(migrated);
    EXPECT_NE(migrated.error().message().find("migration 2"), std::string::npos);
    EXPECT_TRUE(migrateTo({kFirst, kSecond}));
}

TEST_F(MigrationsTest, RefusesADatabaseOfANewerProgram) {
    ASSERT_TRUE(migrateTo({kFirst, kSecond}));

    const auto migrated = migrateTo({kFirst});

    ASSERT_FALSE(migrated);
    EXPECT_TRUE(migrated.error().is(kNewerSchema));
    EXPECT_NE(migrated.error().message().find("newer version (schema 2, this one knows 1)"),
              std::string::npos);
}

TEST_F(MigrationsTest, RefusesAReleasedMigrationThatWasEdited) {
    ASSERT_TRUE(migrateTo({kFirst}));

    const auto migrated = migrateTo({Migration{1, "first", {"CREATE TABLE a (id TEXT) STRICT"}}});

    ASSERT_FALSE(migrated);
    EXPECT_TRUE(migrated.error().is(kChangedMigration));
}

TEST_F(MigrationsTest, OneThatWasNumberedIntoAGapLaterIsAppliedToo) {
    const Migration tenth{10, "tenth", {"CREATE TABLE ten (id INTEGER) STRICT"}};
    ASSERT_TRUE(migrateTo({kFirst, tenth}));

    ASSERT_TRUE(migrateTo({kFirst, kSecond, tenth}));

    EXPECT_EQ((*database_->queryOne("SELECT count(*) FROM schema_migrations"))->integer(0), 3);
}

TEST_F(MigrationsTest, OneThatWasAppliedAndIsNotKnownAnyMoreIsRefused) {
    const Migration tenth{10, "tenth", {"CREATE TABLE ten (id INTEGER) STRICT"}};
    ASSERT_TRUE(migrateTo({kFirst, kSecond, tenth}));

    const auto migrated = migrateTo({kFirst, tenth});

    ASSERT_FALSE(migrated);
    EXPECT_TRUE(migrated.error().is(kChangedMigration));
}

}  // namespace
}  // namespace pcg::store
