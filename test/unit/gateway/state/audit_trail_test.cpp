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

}  // namespace
}  // namespace pcg::gateway
