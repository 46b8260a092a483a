// SPDX-License-Identifier: Apache-2.0
#include "common/net/deadline.h"

#include "common/net/loop_monitor.h"

#include <gtest/gtest.h>

#include <thread>

namespace pcg::net {
namespace {

using std::chrono::milliseconds;

Task<int> answerAfter(milliseconds wait) {
    const bool slept = co_await sleepFor(wait);
    co_return slept ? 42 : -1;
}

Task<void> ask(milliseconds wait, milliseconds limit, std::optional<int>& answer) {
    answer = co_await withTimeout(answerAfter(wait), limit);
}

TEST(WithTimeout, YieldsTheResultThatComesInTime) {
    Loop loop(1);
    std::optional<int> answer;
    asio::co_spawn(loop, ask(milliseconds(1), milliseconds(60'000), answer), asio::detached);
    loop.run();  // also proves that no timer is left behind
    EXPECT_EQ(answer, 42);
}

TEST(WithTimeout, CancelsWhatTakesTooLong) {
    Loop loop(1);
    std::optional<int> answer = 1;
    asio::co_spawn(loop, ask(milliseconds(3'600'000), milliseconds(5), answer), asio::detached);
    loop.run();
    EXPECT_EQ(answer, std::nullopt);
}

TEST(Deadline, DoesNothingOnceDestroyed) {
    Loop loop(1);
    int expired = 0;
    {
        const Deadline deadline(loop.get_executor(), milliseconds(0), [&expired] { ++expired; });
    }
    loop.run();
    EXPECT_EQ(expired, 0);
}

TEST(Deadline, CallsBackOnce) {
    Loop loop(1);
    int expired = 0;
    const Deadline deadline(loop.get_executor(), milliseconds(1), [&expired] { ++expired; });
    loop.run();
    EXPECT_EQ(expired, 1);
    EXPECT_TRUE(deadline.expired());
}

TEST(LoopMonitor, SeesHowLongAHandlerHeldTheLoop) {
    Loop loop(1);
    LoopMonitor monitor(loop);
    asio::post(loop,
               [] { std::this_thread::sleep_for(milliseconds(60)); });  // the fault under test
    loop.run_for(milliseconds(80));
    EXPECT_GE(monitor.longestGap(), milliseconds(50));
}

}  // namespace
}  // namespace pcg::net
