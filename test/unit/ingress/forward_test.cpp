// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/ingress/forward.h"

#include "common/base/clock.h"
#include "common/http/errc.h"
#include "common/tunnel/errc.h"
#include "test/support/sanitized.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace pcg::controlplane {
namespace {

using namespace std::chrono_literals;

// What the far side does, and what it saw.
struct Script {
    std::optional<Error> startError;
    std::optional<Error> headError;
    http::Outcome outcome = http::Outcome::Unknown;
    http::ResponseHead head;
    std::string answer;
    bool breaksOff = false;     // after `answer`
    bool answersEarly = false;  // and takes nothing of the request's body
    bool hangsUntilCancelled = false;

    http::RequestHead request;
    std::string uploaded;
    bool isRequestFinished = false;
    bool isCancelled = false;
};

class FakeCall final : public http::Call {
  public:
    FakeCall(net::Loop& loop, Script& script)
        : script_(script), cancelled_(loop, SteadyTime::max()) {}

    net::Task<Result<>> writeBody(BytesView bytes) override {
        if (script_.answersEarly) co_return fail(tunnel::kPeerGone, "not needed");
        script_.uploaded += asText(bytes);
        co_return Result<>{};
    }

    net::Task<Result<>> finishRequest() override {
        script_.isRequestFinished = true;
        cancelled_.cancel();
        co_return Result<>{};
    }

    net::Task<Result<http::ResponseHead>> readHead() override {
        // Answers when the request is complete, as most servers do.
        while (!script_.answersEarly &&
               (script_.hangsUntilCancelled || !script_.isRequestFinished) && !script_.isCancelled)
            (void)co_await cancelled_.async_wait(net::kAwaitTuple);
        if (script_.isCancelled) co_return fail(http::kCancelled, "cancelled");
        if (script_.headError) co_return fail(*script_.headError);
        co_return script_.head;
    }

    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override {
        const auto count = std::min(buffer.size(), script_.answer.size() - given_);
        std::copy_n(
            script_.answer.begin() + static_cast<std::ptrdiff_t>(given_), count, buffer.begin());
        given_ += count;
        if (count == 0 && script_.breaksOff) co_return fail(tunnel::kLost, "lost");
        co_return count;
    }

    void cancel() override {
        script_.isCancelled = true;
        cancelled_.cancel();
    }

    http::Outcome outcome() const override { return script_.outcome; }

  private:
    Script& script_;
    net::Timer cancelled_;
    std::size_t given_ = 0;
};

class FakeCaller final : public http::Caller {
  public:
    FakeCaller(net::Loop& loop, Script& script) : loop_(loop), script_(script) {}

    net::Task<Result<std::unique_ptr<http::Call>>> start(http::RequestHead head) override {
        if (script_.startError) co_return fail(*script_.startError);
        script_.request = std::move(head);
        co_return std::make_unique<FakeCall>(loop_, script_);
    }

  private:
    net::Loop& loop_;
    Script& script_;
};

class FakeExchange final : public http::Exchange {
  public:
    http::RequestHead head;
    std::string body;
    bool bodyBreaksOff = false;

    std::optional<http::ResponseHead> answerHead;
    std::string answer;
    bool isFinished = false;
    std::optional<Error> aborted;
    std::function<void()> gone;

    const http::RequestHead& request() const override { return head; }

    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override {
        const auto count = std::min(buffer.size(), body.size() - given_);
        std::copy_n(body.begin() + static_cast<std::ptrdiff_t>(given_), count, buffer.begin());
        given_ += count;
        if (count == 0 && bodyBreaksOff) co_return fail(http::kTruncated, "truncated");
        co_return count;
    }

    net::Task<Result<>> respond(http::ResponseHead response) override {
        answerHead = std::move(response);
        co_return Result<>{};
    }

    net::Task<Result<>> writeBody(BytesView bytes) override {
        answer += asText(bytes);
        co_return Result<>{};
    }

    net::Task<Result<>> finish() override {
        isFinished = true;
        co_return Result<>{};
    }

    void abort(const Error& why) override { aborted = why; }

    void onClientGone(std::function<void()> callback) override { gone = std::move(callback); }

    bool responded() const override { return answerHead.has_value(); }

    std::string peer() const override { return "test"; }

  private:
    std::size_t given_ = 0;
};

class Forward : public testing::Test {
  protected:
    void run() {
        net::asio::co_spawn(loop,
                            forward(loop, exchange, std::make_shared<FakeCaller>(loop, script)),
                            [this](std::exception_ptr thrown) { isDone = !thrown; });
        loop.restart();
        loop.run_for(pcg::test::kSanitized ? 5s : 50ms);
    }

    net::Loop loop;
    Script script;
    FakeExchange exchange;
    bool isDone = false;
};

TEST_F(Forward, CarriesARequestAndItsAnswerWithoutHopByHopFields) {
    exchange.head.method = "POST";
    exchange.head.headers = {
        {"Connection", "keep-alive, X-Hop"}, {"X-Hop", "1"}, {"Cookie", "a=b"}};
    exchange.body = "request";
    exchange.head.body = http::BodyFraming::ofLength(exchange.body.size());
    script.head.headers = {{"Keep-Alive", "5"}, {"Set-Cookie", "c=d"}};
    script.answer = "answer";
    run();

    EXPECT_TRUE(isDone);
    EXPECT_EQ(script.uploaded, "request");
    EXPECT_EQ(script.request.headers, (http::HeaderList{{"Cookie", "a=b"}}));
    ASSERT_TRUE(exchange.answerHead);
    EXPECT_EQ(exchange.answerHead->headers, (http::HeaderList{{"Set-Cookie", "c=d"}}));
    EXPECT_EQ(exchange.answer, "answer");
    EXPECT_TRUE(exchange.isFinished);
}

TEST_F(Forward, CarriesALongBodyBothWays) {
    exchange.body.assign(1'000'000, 'u');
    exchange.head.body = http::BodyFraming::chunked();
    script.answer.assign(2'000'000, 'd');
    run();

    EXPECT_TRUE(isDone);
    EXPECT_EQ(script.uploaded, exchange.body);
    EXPECT_EQ(exchange.answer, script.answer);
    EXPECT_TRUE(exchange.isFinished);
}

TEST_F(Forward, AnswersWhenNothingWasDispatched) {
    script.startError = Error(tunnel::kOffline, "offline");
    run();

    ASSERT_TRUE(exchange.answerHead);
    EXPECT_EQ(exchange.answerHead->status, 503);
    EXPECT_TRUE(isDone);
}

TEST_F(Forward, AnswersTruthfullyWhenTheOutcomeIsUnknown) {
    script.headError = Error(tunnel::kLost, "lost");
    run();

    ASSERT_TRUE(exchange.answerHead);
    EXPECT_EQ(exchange.answerHead->status, 504);
    EXPECT_EQ(*exchange.answerHead->headers.find("Pcg-Outcome"), "unknown");
}

TEST_F(Forward, AnAnswerThatBreaksOffIsAbortedNeverFinished) {
    script.answer = "half";
    script.breaksOff = true;
    script.head.body = http::BodyFraming::chunked();
    run();

    EXPECT_TRUE(isDone);
    EXPECT_FALSE(exchange.isFinished);
    ASSERT_TRUE(exchange.aborted);
    EXPECT_TRUE(exchange.aborted->is(tunnel::kLost));
}

TEST_F(Forward, AnUploadThatBreaksOffCancelsTheCall) {
    exchange.body.assign(100'000, 'u');
    exchange.head.body = http::BodyFraming::ofLength(200'000);
    exchange.bodyBreaksOff = true;
    run();

    EXPECT_TRUE(isDone);
    EXPECT_TRUE(script.isCancelled);
    EXPECT_FALSE(script.isRequestFinished);
}

TEST_F(Forward, CancelsWhenTheClientGoesAway) {
    script.hangsUntilCancelled = true;
    run();
    EXPECT_FALSE(isDone);
    ASSERT_TRUE(exchange.gone);

    exchange.gone();
    loop.restart();
    loop.run_for(50ms);

    EXPECT_TRUE(script.isCancelled);
    EXPECT_TRUE(isDone);
}

TEST_F(Forward, PassesAnEarlyAnswerOnAndReadsTheRestOfTheRequestOnlyToALimit) {
    exchange.body.assign(64 << 20, 'u');
    exchange.head.body = http::BodyFraming::chunked();
    script.answersEarly = true;
    script.head.status = 401;
    script.answer = "no";
    run();

    EXPECT_TRUE(isDone);
    ASSERT_TRUE(exchange.answerHead);
    EXPECT_EQ(exchange.answerHead->status, 401);
    EXPECT_TRUE(exchange.isFinished);
    EXPECT_EQ(script.uploaded, "");
}

}  // namespace
}  // namespace pcg::controlplane
