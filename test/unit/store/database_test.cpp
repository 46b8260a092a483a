// SPDX-License-Identifier: Apache-2.0
#include "common/store/database.h"

#include "common/store/errc.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace pcg::store {
namespace {

class DatabaseTest : public testing::Test {
  protected:
    std::unique_ptr<Database> open() {
        auto opened = Database::open(dir_ / "t.db");
        EXPECT_TRUE(opened) << opened.error().message();
        return std::move(*opened);
    }

    void makeTable(Database& database) {
        ASSERT_TRUE(database.execute(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, body BLOB) STRICT"));
    }

    test::TempDir dir_;
};

TEST_F(DatabaseTest, KeepsIntegersTextsBlobsAndNullsAsTheyAre) {
    auto database = open();
    makeTable(*database);

    const Bytes body{0, 1, 0, 255};
    ASSERT_TRUE(
        database->execute("INSERT INTO t VALUES (?, ?, ?)", {-5'000'000'000, "ä%s' --", body}));
    ASSERT_TRUE(database->execute("INSERT INTO t VALUES (?, ?, ?)", {2, nullptr, Bytes{}}));
    const auto rows = database->query("SELECT id, name, body FROM t ORDER BY id");

    ASSERT_TRUE(rows) << rows.error().message();
    ASSERT_EQ(rows->size(), 2U);
    EXPECT_EQ((*rows)[0].integer(0), -5'000'000'000);
    EXPECT_EQ((*rows)[0].text(1), "ä%s' --");
    EXPECT_EQ((*rows)[0].blob(2), body);
    EXPECT_TRUE((*rows)[1].isNull(1));
    EXPECT_TRUE((*rows)[1].blob(2).empty());
}

TEST_F(DatabaseTest, ReadsTheNumberOfAnExpressionAndTheCountOfChangedRows) {
    auto database = open();
    makeTable(*database);
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(database->execute("INSERT INTO t (id) VALUES (?)", {i}));

    EXPECT_EQ((*database->queryOne("SELECT count(*), -max(id) FROM t"))->integer(0), 3);
    EXPECT_EQ((*database->queryOne("SELECT count(*), -max(id) FROM t"))->integer(1), -2);
    EXPECT_EQ(database->execute("UPDATE t SET name = 'x' WHERE id > ?", {0}).value(), 2U);
    EXPECT_EQ(database->execute("DELETE FROM t WHERE id > ?", {7}).value(), 0U);
    EXPECT_FALSE(database->queryOne("SELECT id FROM t WHERE id = 7")->has_value());
}

TEST_F(DatabaseTest, HasTheSettingsThatTheDesignAsksFor) {
    auto database = open();
    const auto pragma = [&](const std::string& name) {
        return (*database->queryOne("PRAGMA " + name))->integer(0);
    };

    EXPECT_EQ((*database->queryOne("PRAGMA journal_mode"))->text(0), "wal");
    EXPECT_EQ(pragma("synchronous"), 2);
    EXPECT_EQ(pragma("temp_store"), 2);
    EXPECT_EQ(pragma("trusted_schema"), 0);
    EXPECT_EQ(pragma("cell_size_check"), 1);
    EXPECT_EQ(pragma("secure_delete"), 1);
    EXPECT_EQ(pragma("foreign_keys"), 1);
    EXPECT_EQ(pragma("busy_timeout"), 5000);
}

TEST_F(DatabaseTest, MakesItsFilesForTheOwnerOnly) {
    const auto before = ::umask(0);
    auto database = open();
    makeTable(*database);
    ::umask(before);

    for (const auto* name : {"t.db", "t.db-wal", "t.db-shm"}) {
        struct stat status{};
        ASSERT_EQ(::stat((dir_ / name).c_str(), &status), 0) << name;
        EXPECT_EQ(status.st_mode & 0777, 0600U) << name;
    }
}

TEST_F(DatabaseTest, RefusesAFileThatOthersCanRead) {
    {
        open();
    }
    ::chmod((dir_ / "t.db").c_str(), 0640);

    const auto opened = Database::open(dir_ / "t.db");

    ASSERT_FALSE(opened);
    EXPECT_TRUE(opened.error().is(kPermissions));
    EXPECT_NE(opened.error().message().find("chmod 600"), std::string::npos);
}

TEST_F(DatabaseTest, RefusesAFileThatIsNotADatabase) {
    ::chmod(dir_.write("t.db", std::string(8192, 'x')).c_str(), 0600);

    const auto opened = Database::open(dir_ / "t.db");

    ASSERT_FALSE(opened);
    EXPECT_TRUE(opened.error().is(kCorrupt)) << opened.error().message();
    EXPECT_NE(opened.error().message().find("t.db"), std::string::npos);
}

TEST_F(DatabaseTest, RefusesADamagedDatabase) {
    {
        auto database = open();
        makeTable(*database);
        for (int i = 0; i < 200; ++i) {
            ASSERT_TRUE(
                database->execute("INSERT INTO t VALUES (?, ?, ?)", {i, "n", Bytes(500, 7)}));
        }
        ASSERT_TRUE(database->query("PRAGMA wal_checkpoint(TRUNCATE)"));
    }
    auto text = test::readFile(dir_ / "t.db");
    for (std::size_t at = 8192; at + 64 < text.size(); at += 4096) text.replace(at, 64, 64, '\xee');
    dir_.write("t.db", text);

    const auto opened = Database::open(dir_ / "t.db");

    ASSERT_FALSE(opened);
    EXPECT_TRUE(opened.error().is(kCorrupt)) << opened.error().message();
}

TEST_F(DatabaseTest, ReportsABrokenConstraintAsInput) {
    auto database = open();
    makeTable(*database);
    ASSERT_TRUE(database->execute("INSERT INTO t (id) VALUES (1)"));

    const auto again = database->execute("INSERT INTO t (id) VALUES (1)");

    ASSERT_FALSE(again);
    EXPECT_TRUE(again.error().is(kConstraint));
    EXPECT_TRUE(again.error().isInput());
}

TEST_F(DatabaseTest, RefusesATextWithANul) {
    auto database = open();
    makeTable(*database);

    const auto stored =
        database->execute("INSERT INTO t VALUES (1, ?, NULL)", {std::string("a\0b", 3)});

    ASSERT_FALSE(stored);
    EXPECT_TRUE(stored.error().is(kConstraint));
}

TEST_F(DatabaseTest, RollsBackWhatWasNotCommitted) {
    auto database = open();
    makeTable(*database);

    {
        auto transaction = Transaction::begin(*database);
        ASSERT_TRUE(transaction);
        ASSERT_TRUE(database->execute("INSERT INTO t (id) VALUES (1)"));
    }
    const auto failed = transact(*database, [&]() -> Result<> {
        PCG_TRY(database->execute("INSERT INTO t (id) VALUES (2)"));
        return fail(kConstraint, "changed our mind");
    });
    const auto kept =
        transact(*database, [&] { return database->execute("INSERT INTO t (id) VALUES (3)"); });

    EXPECT_FALSE(failed);
    EXPECT_TRUE(kept);
    const auto rows = *database->query("SELECT id FROM t");
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].integer(0), 3);
}

TEST_F(DatabaseTest, SaysThatAnotherProcessHoldsTheLock) {
    auto first = open();
    makeTable(*first);
    auto second = Database::open(dir_ / "t.db", {.busyTimeout = std::chrono::milliseconds(1)});
    ASSERT_TRUE(second) << second.error().message();
    auto held = Transaction::begin(*first);
    ASSERT_TRUE(held);

    const auto denied = Transaction::begin(**second);

    ASSERT_FALSE(denied);
    EXPECT_TRUE(denied.error().is(kBusy)) << denied.error().message();
}

}  // namespace
}  // namespace pcg::store
