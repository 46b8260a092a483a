// SPDX-License-Identifier: Apache-2.0
#include "common/store/worker.h"

#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <future>

namespace pcg::store {
namespace {

class WorkerTest : public testing::Test {
  protected:
    std::unique_ptr<Database> open() {
        auto database = std::move(*Database::open(dir_ / "w.db"));
        EXPECT_TRUE(
            database->execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY) STRICT"));
        return database;
    }

    test::TempDir dir_;
    net::Loop loop_;
};

net::Task<void> countOnStorageThread(Worker& worker,
                                     std::thread::id loopThread,
                                     std::int64_t& counted) {
    const auto inserted =
        co_await worker.run([loopThread](Database& database) -> Result<std::int64_t> {
            EXPECT_NE(std::this_thread::get_id(), loopThread);
            PCG_TRY(database.execute("INSERT INTO t VALUES (5)"));
            return PCG_TRY(database.queryOne("SELECT id FROM t"))->integer(0);
        });
    EXPECT_EQ(std::this_thread::get_id(), loopThread);
    counted = inserted.value_or(-1);
}

TEST_F(WorkerTest, RunsOnItsOwnThreadAndAnswersOnTheLoop) {
    Worker worker(open());
    std::int64_t counted = 0;

    net::asio::co_spawn(loop_,
                        countOnStorageThread(worker, std::this_thread::get_id(), counted),
                        net::asio::detached);
    loop_.run();

    EXPECT_EQ(counted, 5);
}

net::Task<void> runEmpty(Worker& worker, std::optional<Result<>>& result) {
    auto outcome = co_await worker.run([](Database&) -> Result<> { return {}; });
    result.emplace(std::move(outcome));
}

TEST_F(WorkerTest, RefusesMoreThanItsBoundInsteadOfQueueing) {
    Worker worker(open(), {.queued = 2});
    std::promise<void> release;
    auto released = release.get_future().share();
    std::promise<void> started;
    ASSERT_TRUE(worker.post([&started, released](Database&) -> Result<> {
        started.set_value();
        released.wait();
        return {};
    }));
    started.get_future().wait();
    ASSERT_TRUE(worker.post([](Database&) -> Result<> { return {}; }));
    ASSERT_TRUE(worker.post([](Database&) -> Result<> { return {}; }));

    std::optional<Result<>> refused;
    net::asio::co_spawn(loop_, runEmpty(worker, refused), net::asio::detached);
    loop_.run();
    release.set_value();

    ASSERT_TRUE(refused.has_value());
    ASSERT_FALSE(*refused);
    EXPECT_TRUE(refused->error().is(kBusy));
}

TEST_F(WorkerTest, FinishesWhatItAcceptedAndThenTakesNoMore) {
    {
        Worker worker(open());
        for (int i = 0; i < 20; ++i) {
            ASSERT_TRUE(worker.post([i](Database& database) {
                return database.execute("INSERT INTO t VALUES (?)", {100 + i});
            }));
        }
        worker.stop();
        std::optional<Result<>> refused;
        net::asio::co_spawn(loop_, runEmpty(worker, refused), net::asio::detached);
        loop_.run();
        ASSERT_TRUE(refused && !*refused);
        EXPECT_TRUE(refused->error().is(kStopped));
        EXPECT_FALSE(worker.post([](Database&) -> Result<> { return {}; }));
    }
    EXPECT_EQ((*open()->queryOne("SELECT count(*) FROM t"))->integer(0), 20);
}

net::Task<void> runThrowing(Worker& worker, std::optional<Result<>>& result) {
    auto outcome =
        co_await worker.run([](Database&) -> Result<> { throw std::runtime_error("odd"); });
    result.emplace(std::move(outcome));
}

TEST_F(WorkerTest, TurnsAnExceptionIntoAnError) {
    Worker worker(open());
    std::optional<Result<>> result;

    net::asio::co_spawn(loop_, runThrowing(worker, result), net::asio::detached);
    loop_.run();

    ASSERT_TRUE(result && !*result);
    EXPECT_NE(result->error().message().find("odd"), std::string::npos);
}

TEST_F(WorkerTest, OutlivesACallerThatGaveUp) {
    Worker worker(open());
    std::promise<void> release;
    auto released = release.get_future().share();
    ASSERT_TRUE(worker.post([released](Database&) -> Result<> {
        released.wait();
        return {};
    }));
    {
        net::Loop abandoned;
        std::optional<Result<>> result;
        net::asio::co_spawn(abandoned, runEmpty(worker, result), net::asio::detached);
        abandoned.poll();
        EXPECT_FALSE(result.has_value());
        release.set_value();
        worker.stop();
        // The answer found its loop idle and nobody was told anything; the sanitizers watch the
        // rest.
        EXPECT_FALSE(result.has_value());
    }
}

}  // namespace
}  // namespace pcg::store
