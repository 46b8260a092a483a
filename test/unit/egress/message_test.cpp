// SPDX-License-Identifier: Apache-2.0
#include "gateway/egress/message.h"

#include "common/net/errc.h"
#include "gateway/egress/errc.h"

#include <gtest/gtest.h>

namespace pcg::egress {
namespace {

using namespace std::chrono_literals;

std::string lineOf(std::string text) {
    EXPECT_TRUE(text.ends_with('\n'));
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    text.pop_back();
    return text;
}

TEST(EgressMessage, AQuestionReadsAsItWasWritten) {
    const Question question{{"pair.example.com", 443}, 10'000ms};
    const auto text = write(question);
    EXPECT_EQ(text, "{\"host\":\"pair.example.com\",\"port\":443,\"limit_ms\":10000}\n");
    EXPECT_EQ(*parseQuestion(lineOf(text)), question);
}

TEST(EgressMessage, ALimitIsAskedForWithinBounds) {
    EXPECT_EQ(parseQuestion(lineOf(write({{"a", 1}, 0ms})))->limit, 1ms);
    EXPECT_EQ(parseQuestion(lineOf(write({{"a", 1}, 999h})))->limit, kLongest);
}

TEST(EgressMessage, AQuestionThatIsNoneIsRefused) {
    for (const auto* bad : {"",
                            "{}",
                            R"({"host":"a","port":0,"limit_ms":1})",
                            R"({"host":"a","port":65536,"limit_ms":1})",
                            R"({"host":"a","port":1,"limit_ms":0})",
                            R"({"host":"a","port":1,"limit_ms":60001})",
                            R"({"host":"","port":1,"limit_ms":1})",
                            R"({"host":"a\nb","port":1,"limit_ms":1})",
                            R"({"host":"a\u0000b","port":1,"limit_ms":1})",
                            R"({"host":"a","port":1,"limit_ms":1,"user":"root"})"}) {
        const auto read = parseQuestion(bad);
        ASSERT_FALSE(read) << bad;
        EXPECT_TRUE(read.error().is(kBadRequest)) << bad;
    }
}

TEST(EgressMessage, AnAnswerBringsTheErrorThatWasMet) {
    EXPECT_TRUE(parseAnswer(lineOf(writeConnected())));
    for (const Error& met : {Error(net::kRefused, "refused"),
                             Error(net::kDnsFailed, "no such name"),
                             Error(kDenied, "not configured")}) {
        const auto read = parseAnswer(lineOf(writeRefused(met)));
        ASSERT_FALSE(read);
        EXPECT_TRUE(read.error().is(met.code()));
        EXPECT_EQ(read.error().isInput(), met.isInput());
        EXPECT_EQ(read.error().message(), met.message());
    }
}

TEST(EgressMessage, WhatIsNoAnswerIsWeather) {
    for (const auto* bad : {"",
                            "{}",
                            "[]",
                            R"({"connected":false})",
                            R"({"connected":"yes"})",
                            R"({"code":"made.up","message":"x"})",
                            R"({"code":"net.refused"})"}) {
        const auto read = parseAnswer(bad);
        ASSERT_FALSE(read) << bad;
        EXPECT_TRUE(read.error().is(kUnavailable)) << bad;
    }
}

TEST(EgressMessage, ALongReasonIsCutAndStillAnAnswer) {
    const auto line = writeRefused(Error(net::kRefused, std::string(100'000, 'x')));
    EXPECT_LT(line.size(), kMaxAnswer);
    EXPECT_TRUE(parseAnswer(lineOf(line)).error().is(net::kRefused));
}

}  // namespace
}  // namespace pcg::egress
