// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/observe/metrics_keeper.h"
#include "test/support/fake_clock.h"
#include "test/unit/tenantdata/fixture.h"

namespace pcg::controlplane::tenantdata {
namespace {

using namespace std::chrono_literals;

const auto kEndpoint = wire::EndpointId::unchecked("ep_1");

TEST(EndpointMetrics, CountWhatHappenedInEachMinute) {
    Metrics metrics;
    const auto now = kNow;
    for (int i = 1; i <= 100; ++i)
        metrics.record(kEndpoint, {i > 98, std::chrono::milliseconds(i), 10, 20}, now);
    metrics.record(kEndpoint, {false, 1ms, 1, 1}, now + 1min);

    const auto series = metrics.series(kEndpoint, now + 1min, 1, 60);
    ASSERT_EQ(series.size(), 60U);
    EXPECT_EQ(series[58].calls, 100U);
    EXPECT_EQ(series[58].errors, 2U);
    EXPECT_EQ(series[58].bytesUp, 1000U);
    EXPECT_NEAR(*series[58].p50Ms, 50, 10);
    EXPECT_NEAR(*series[58].p99Ms, 99, 20);
    EXPECT_EQ(series[59].calls, 1U);
    EXPECT_EQ(series[0].calls, 0U);
    EXPECT_FALSE(series[0].p50Ms);
    const auto day = metrics.series(kEndpoint, now + 1min, 5, 288);
    std::uint64_t calls = 0;
    for (const auto& point : day) calls += point.calls;
    EXPECT_EQ(calls, 101U);
}

TEST(EndpointMetrics, AreBoundedInTimeAndInAll) {
    Metrics metrics(100);
    for (int i = 0; i < 3000; ++i)
        metrics.record(kEndpoint, {false, 1ms, 0, 0}, kNow + std::chrono::minutes(i));
    EXPECT_EQ(metrics.minutes(), 100U);
    for (int i = 0; i < 200; ++i) {
        metrics.record(wire::EndpointId::unchecked("ep_" + std::to_string(i)),
                       {false, 1ms, 0, 0},
                       kNow + std::chrono::minutes(3000));
    }
    EXPECT_EQ(metrics.minutes(), 100U);
    Metrics day;
    for (int i = 0; i < 3000; ++i)
        day.record(kEndpoint, {false, 1ms, 0, 0}, kNow + std::chrono::minutes(i));
    EXPECT_EQ(day.minutes(), static_cast<std::size_t>(Metrics::kMinutesKept));
    day.forget(kEndpoint);
    EXPECT_EQ(day.minutes(), 0U);
}

class KeptMetrics : public TenantData {
  protected:
    KeptMetrics() : scope_(tenant("acme")), gateway_(gateway(scope_, "dc1")) {
        report(scope_, gateway_, "vc1", "");
        endpoint_ = Gateways(*database_).endpoints(scope_, gateway_)->front().id;
        store_ = std::make_unique<store::Worker>(std::move(database_));
    }

    std::uint64_t callsOf(const Metrics& metrics) const {
        std::uint64_t calls = 0;
        for (const auto& point : metrics.series(endpoint_, clock_.wallNow(), 1, 60))
            calls += point.calls;
        return calls;
    }

    template <class Task>
    void await(Task task) {
        net::asio::co_spawn(loop_, std::move(task), net::asio::detached);
        loop_.restart();
        loop_.run_for(20s);
    }

    // A run of the program in which so many calls are made, and its end.
    std::uint64_t callsAfterARunWith(int calls) {
        Metrics metrics;
        MetricsKeeper keeper({loop_, *store_, clock_, metrics});
        await([&]() -> net::Task<void> {
            EXPECT_TRUE(co_await keeper.start());
            for (int i = 0; i < calls; ++i)
                metrics.record(endpoint_, {i == 0, 30ms, 10, 20}, clock_.wallNow());
            co_await keeper.stop();
        });
        return callsOf(metrics);
    }

    TenantScope scope_;
    wire::GatewayId gateway_;
    wire::EndpointId endpoint_ = kEndpoint;
    net::Loop loop_;
    test::FakeClock clock_;
    std::unique_ptr<store::Worker> store_;
};

TEST_F(KeptMetrics, AreThereAfterARestart) {
    EXPECT_EQ(callsAfterARunWith(5), 5U);
    EXPECT_EQ(callsAfterARunWith(2), 7U);  // of the same minute
    clock_.advance(3min);
    EXPECT_EQ(callsAfterARunWith(1), 8U);
    clock_.advance(std::chrono::minutes(Metrics::kMinutesKept));
    EXPECT_EQ(callsAfterARunWith(1), 1U);
}

TEST_F(KeptMetrics, KeepTheLatenciesToo) {
    callsAfterARunWith(5);
    Metrics metrics;
    MetricsKeeper keeper({loop_, *store_, clock_, metrics});
    await([&]() -> net::Task<void> {
        EXPECT_TRUE(co_await keeper.start());
        co_await keeper.stop();
    });
    const auto last = metrics.series(endpoint_, clock_.wallNow(), 1, 1).front();
    EXPECT_EQ(last.errors, 1U);
    EXPECT_EQ(last.bytesDown, 100U);
    ASSERT_TRUE(last.p99Ms);
    EXPECT_NEAR(*last.p99Ms, 30, 6);
}

TEST_F(KeptMetrics, OfAnEndpointThatLeftAreNotKept) {
    endpoint_ = wire::newId<wire::EndpointId>(random_);
    EXPECT_EQ(callsAfterARunWith(5), 5U);
    EXPECT_EQ(callsAfterARunWith(1), 1U);
}

}  // namespace
}  // namespace pcg::controlplane::tenantdata
