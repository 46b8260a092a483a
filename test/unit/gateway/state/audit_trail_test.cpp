// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/audit_trail.h"

#include "state_fixture.h"

namespace pcg::gateway {
namespace {

class AuditTrailTest : public StateFixture {
  protected:
    std::vector<AuditRow> flushed() {
        net::asio::co_spawn(loop_, trail_.flush(), net::asio::detached);
        loop_.restart();
        loop_.run();
        auto rows = newestAuditRows(storage(), 20'000);
        EXPECT_TRUE(rows);
        return rows.value_or(std::vector<AuditRow>{});
    }

    proxy::AuditRecord call(const std::string& accessKey, const std::string& decision) {
        return {.at = clock_.wallNow(),
                .request_id = "00112233aabbccdd",
                .endpoint = endpoint_,
                .peer = "ingress",
                .access_key = accessKey,
                .surface = "soap",
                .method = "Login",
                .object = "",
                .decision = decision,
                .reason = "",
                .outcome = "complete"};
    }

    static std::vector<std::string> eventsOf(const std::vector<AuditRow>& rows) {
        std::vector<std::string> events;
        for (const auto& row : rows) events.push_back(row.event);
        return events;
    }

    const wire::EndpointId endpoint_ = wire::newId<wire::EndpointId>(random_);
    net::Loop loop_;
    AuditTrail trail_{loop_, *state_, clock_};
};

TEST_F(AuditTrailTest, KeepsACallWithWhoWhatAndWithWhichResult) {
    trail_.record({.at = clock_.wallNow(),
                   .request_id = "00112233aabbccdd",
                   .endpoint = wire::newId<wire::EndpointId>(random_),
                   .peer = "ingress",
                   .access_key = "ak_x",
                   .surface = "soap",
                   .method = "PowerOnVM_Task",
                   .object = "VirtualMachine:vm-1",
                   .decision = "allowed",
                   .reason = "",
                   .outcome = "complete",
                   .status = 200,
                   .bytes_in = 10,
                   .bytes_out = 20,
                   .took = std::chrono::milliseconds(5)});

    const auto rows = flushed();

    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].event, "proxy.call");
    const auto data = codec::json::parseObject(rows[0].data);
    ASSERT_TRUE(data);
    EXPECT_EQ(data->string("method", 100).value(), "PowerOnVM_Task");
    EXPECT_EQ(data->integer("bytes_out").value(), 20);
}

TEST_F(AuditTrailTest, KeepsTheOrderAcrossBatches) {
    for (int i = 0; i < 1000; ++i) trail_.note("test.n", codec::json::Object().set("n", i));

    const auto rows = flushed();

    ASSERT_EQ(rows.size(), 1000U);
    EXPECT_EQ(rows.front().data, R"({"n":999})");
    EXPECT_EQ(rows.back().data, R"({"n":0})");
}

TEST_F(AuditTrailTest, SaysHowMuchItHadToDrop) {
    for (std::size_t i = 0; i < AuditTrail::kMaxQueued + 7; ++i) trail_.note("test.n", {});

    const auto rows = flushed();

    ASSERT_EQ(rows.size(), AuditTrail::kMaxQueued + 1);
    EXPECT_EQ(rows.back().event, "audit.dropped");
    EXPECT_EQ(rows.back().data, R"({"lines":7})");
}

TEST_F(AuditTrailTest, KeepsEventsHoweverManyCallsComeAfterThem) {
    trail_.note("endpoint.added", {});
    flushed();
    ASSERT_TRUE(storage().database.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) INSERT INTO "
        "audit (at, event, data, call) SELECT '', 'proxy.call', '{}', 1 FROM n",
        {AuditTrail::kMaxRows + 10}));
    for (std::size_t i = 0; i < AuditTrail::kPruneEvery; ++i)
        trail_.record(call("ak_x", "allowed"));

    flushed();

    const auto counts = storage().database.queryOne(
        "SELECT (SELECT count(*) FROM audit WHERE call = 1), (SELECT count(*) FROM audit WHERE "
        "event = 'endpoint.added')");
    EXPECT_GE((*counts)->integer(0), AuditTrail::kMaxRows);
    EXPECT_LE((*counts)->integer(0),
              AuditTrail::kMaxRows + static_cast<std::int64_t>(AuditTrail::kPruneEvery));
    EXPECT_EQ((*counts)->integer(1), 1);
    const auto newest = newestAuditRows(storage(), 5);
    ASSERT_EQ(newest->size(), 6U) << "five calls and the one event";
    EXPECT_EQ(newest->back().event, "endpoint.added");
}

TEST_F(AuditTrailTest, DropsCallsForCallsAndNoEvent) {
    trail_.note("endpoint.added", {});
    for (std::size_t i = 0; i < AuditTrail::kMaxQueued + 7; ++i) {
        trail_.record(call("ak_x", "allowed"));
    }

    const auto rows = flushed();

    ASSERT_EQ(rows.size(), AuditTrail::kMaxQueued + 2);
    EXPECT_EQ(rows.back().data, R"({"lines":7})");
    EXPECT_EQ(rows.at(rows.size() - 2).event, "endpoint.added");
}

TEST_F(AuditTrailTest, CountsCallsWithoutASessionInsteadOfKeepingEach) {
    for (int i = 0; i < 1000; ++i) {
        trail_.record(call("", "proxy.not_authenticated"));
        trail_.record(call("ak_" + std::to_string(i), "proxy.invalid_login"));
    }
    trail_.record(call("ak_x", "proxy.method_denied"));

    const auto rows = flushed();

    EXPECT_EQ(eventsOf(rows),
              (std::vector<std::string>{"proxy.calls_without_session",
                                        "proxy.calls_without_session",
                                        "proxy.call",
                                        "proxy.call",
                                        "proxy.call"}));
    const auto sum = codec::json::parseObject(rows.front().data);
    EXPECT_EQ(sum->string("decision", 100).value(), "proxy.not_authenticated");
    EXPECT_EQ(sum->string("endpoint", 100).value(), endpoint_.text());
    EXPECT_EQ(sum->integer("calls").value(), 999);
    trail_.record(call("", "proxy.not_authenticated"));
    EXPECT_EQ(flushed().front().event, "proxy.call") << "the first of the next while";
}

TEST_F(AuditTrailTest, CountsTogetherWhatIsOfTooManyKinds) {
    for (std::size_t i = 0; i < AuditTrail::kMaxCounted + 50; ++i) {
        trail_.record(call("", "proxy.kind_" + std::to_string(i)));
    }

    const auto rows = flushed();

    EXPECT_LE(rows.size(), AuditTrail::kMaxCounted + 1);
    EXPECT_EQ(rows.front().event, "proxy.calls_without_session");
    EXPECT_EQ(codec::json::parseObject(rows.front().data)->integer("calls").value(),
              static_cast<std::int64_t>(AuditTrail::kMaxCounted + 50 - (rows.size() - 1)));
}

TEST_F(AuditTrailTest, IsAChain) {
    for (int i = 0; i < 600; ++i) trail_.note("endpoint.added", codec::json::Object());
    trail_.record(call("ak_x", "allowed"));

    flushed();

    AuditCheck check({});
    while (*check.step(storage().database, 100)) {
    }
    EXPECT_TRUE(check.isIntact()) << check.chain(AuditKind::Event).finding;
    EXPECT_EQ(check.chain(AuditKind::Event).head.place, 600U);
    EXPECT_EQ(check.chain(AuditKind::Call).head.place, 1U);
    EXPECT_EQ(trail_.heads(), *auditHeads(storage()));
}

TEST_F(AuditTrailTest, WritesAgainWhatCouldNotBeWritten) {
    auto& database = storage().database;
    ASSERT_TRUE(database.execute(
        "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END"));
    trail_.note("endpoint.added", codec::json::Object());
    loop_.run_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(trail_.heads());
    ASSERT_TRUE(database.execute("DROP TRIGGER full"));

    const auto rows = flushed();

    EXPECT_EQ(eventsOf(rows), std::vector<std::string>{"endpoint.added"});
}

}  // namespace
}  // namespace pcg::gateway
