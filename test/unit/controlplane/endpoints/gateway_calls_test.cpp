// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/endpoints/gateway_calls.h"

#include "common/http/errc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <optional>

namespace pcg::controlplane {
namespace {

using codec::json::Object;

// What the gateway is asked, and how it behaves.
struct Script {
    http::RequestHead head = {};
    std::string body = {};
    int status = 200;
    std::string answer = {};
    bool refusesToStart = false;
    bool breaksOff = false;
    http::Outcome outcome = http::Outcome::Unknown;
};

class ScriptedCall final : public http::Call {
  public:
    explicit ScriptedCall(Script& script) : script_(script) {}

    net::Task<Result<>> writeBody(BytesView bytes) override {
        script_.body += asText(bytes);
        co_return Result<>{};
    }

    net::Task<Result<>> finishRequest() override { co_return Result<>{}; }

    net::Task<Result<http::ResponseHead>> readHead() override {
        if (script_.breaksOff) co_return fail(http::kConnectionLost, "lost");
        http::ResponseHead head;
        head.status = script_.status;
        co_return head;
    }

    net::Task<Result<std::size_t>> readBody(MutableBytes buffer) override {
        const auto count = std::min(buffer.size(), script_.answer.size() - read_);
        std::copy_n(
            script_.answer.begin() + static_cast<std::ptrdiff_t>(read_), count, buffer.begin());
        read_ += count;
        co_return count;
    }

    void cancel() override {}

    http::Outcome outcome() const override { return script_.outcome; }

  private:
    Script& script_;
    std::size_t read_ = 0;
};

class ScriptedCaller final : public http::Caller {
  public:
    explicit ScriptedCaller(Script& script) : script_(script) {}

    net::Task<Result<std::unique_ptr<http::Call>>> start(http::RequestHead head) override {
        if (script_.refusesToStart) co_return fail(http::kConnectFailed, "nobody is there");
        script_.head = std::move(head);
        std::unique_ptr<http::Call> call = std::make_unique<ScriptedCall>(script_);
        co_return call;
    }

  private:
    Script& script_;
};

net::Task<void> askInto(net::Executor executor,
                        std::shared_ptr<http::Caller> caller,
                        GatewayRequest request,
                        std::optional<Result<GatewayAnswer>>& answer) {
    answer = co_await askGateway(executor, std::move(caller), std::move(request));
}

Result<GatewayAnswer> ask(Script& script) {
    net::Loop loop{1};
    GatewayRequest request{"POST", "/v1/endpoints", Object().set("name", "vc1"), "user alice"};
    std::optional<Result<GatewayAnswer>> answer;
    net::asio::co_spawn(loop,
                        askInto(loop.get_executor(),
                                std::make_shared<ScriptedCaller>(script),
                                std::move(request),
                                answer),
                        net::asio::detached);
    loop.run();
    return std::move(*answer);
}

TEST(GatewayCalls, CarryTheBodyAndWhoAsksAndBringTheAnswerBack) {
    Script script{.status = 201,
                  .answer = R"({"id":"ep_1","text":")" + std::string(40'000, 'x') + "\"}"};
    const auto answer = ask(script);

    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->status, 201);
    EXPECT_EQ(*answer->body.string("id", 64), "ep_1");
    EXPECT_EQ(script.body, R"({"name":"vc1"})");
    EXPECT_EQ(*script.head.headers.find("Pcg-Actor"), "user alice");
    EXPECT_EQ(script.head.body.length, script.body.size());
}

TEST(GatewayCalls, AnAnswerWithoutABodyIsEmpty) {
    Script script{.status = 204};
    const auto answer = ask(script);
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->body.size(), 0U);
}

TEST(GatewayCalls, SayWhetherItMayHaveBeenDone) {
    Script off{.refusesToStart = true};
    EXPECT_TRUE(ask(off).error().is(kGatewayOffline));
    Script notTaken{.breaksOff = true, .outcome = http::Outcome::NotDispatched};
    EXPECT_TRUE(ask(notTaken).error().is(kGatewayOffline));
    Script lost{.breaksOff = true};
    EXPECT_TRUE(ask(lost).error().is(kGatewaySilent));
}

TEST(GatewayCalls, AnAnswerThatIsNoObjectOrHasNoEndIsNoAnswer) {
    Script text{.answer = "hello"};
    EXPECT_TRUE(ask(text).error().is(kGatewaySilent));
    Script flood{.answer = std::string(1'000'000, ' ')};
    EXPECT_TRUE(ask(flood).error().is(kGatewaySilent));
}

}  // namespace
}  // namespace pcg::controlplane
