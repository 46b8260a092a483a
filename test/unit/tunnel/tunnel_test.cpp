// SPDX-License-Identifier: Apache-2.0
// Calls and transfers over Connector and Acceptor.
#include "test/unit/tunnel/tunnel_pair.h"

namespace pcg::tunnel {
namespace {

using namespace std::chrono_literals;
using namespace test;

TEST_F(Tunnel, CarriesASmallCallInOneMessageEachWay) {
    startGateway(echo);

    struct Body {
        static net::Task<void> run(Tunnel& t) {
            auto call = co_await t.start(http::BodyFraming::ofLength(5));
            EXPECT_TRUE(co_await call->writeBody(asBytes("hello")));
            EXPECT_TRUE(co_await call->finishRequest());
            auto head = co_await call->readHead();
            EXPECT_TRUE(head.has_value());
            if (!head) co_return;
            EXPECT_EQ(head->status, 200);
            EXPECT_EQ(*head->headers.find("x-endpoint"), kEndpoint.text());
            Bytes buffer(100);
            auto count = co_await call->readBody(buffer);
            EXPECT_EQ(count.value_or(0), 5U);
            EXPECT_EQ((co_await call->readBody(buffer)).value_or(99), 0U);
            EXPECT_EQ(call->outcome(), http::Outcome::Complete);
        }
    };

    run(Body::run(*this));

    EXPECT_EQ(broker.seen().size(), 2U);
    EXPECT_EQ(connector.openStreams(), 0U);
}

TEST_F(Tunnel, SaysNotDispatchedAtOnceWhenTheGatewayIsOffline) {
    struct Body {
        static net::Task<void> run(Tunnel& t) {
            const auto begin = std::chrono::steady_clock::now();
            auto call = co_await t.start(http::BodyFraming::none());
            auto head = co_await call->readHead();
            EXPECT_FALSE(head.has_value());
            if (head) co_return;
            EXPECT_TRUE(head.error().is(kOffline)) << head.error().message();
            EXPECT_EQ(call->outcome(), http::Outcome::NotDispatched);
            EXPECT_LT(std::chrono::steady_clock::now() - begin, 250ms);
        }
    };

    run(Body::run(*this));
}

TEST_F(Tunnel, RefusesACallWhileTheLinkIsDown) {
    startGateway(echo);
    ingressBus.linkDown();

    struct Body {
        static net::Task<void> run(Tunnel& t) {
            http::RequestHead head;
            head.method = "GET";
            head.target = "/";
            auto call = co_await t.caller->start(std::move(head));
            EXPECT_FALSE(call.has_value());
        }
    };

    run(Body::run(*this));
}

net::Task<void> countUpload(http::Exchange& exchange, const StreamInfo&) {
    Bytes buffer(64 * 1024);
    std::size_t total = 0;
    for (;;) {
        auto count = co_await exchange.readBody(buffer);
        if (!count) co_return;
        if (*count == 0) break;
        for (std::size_t i = 0; i < *count; ++i)
            if (buffer[i] != patternAt(total + i)) co_return;
        total += *count;
    }
    http::ResponseHead head;
    const auto text = std::to_string(total);
    (void)co_await http::respondWhole(exchange, std::move(head), asBytes(text));
}

TEST_F(Tunnel, CarriesALongUploadWithFlatMemory) {
    startGateway(countUpload);

    struct Body {
        static net::Task<void> run(Tunnel& t) {
            auto call = co_await t.start(http::BodyFraming::chunked());
            EXPECT_TRUE(co_await writePattern(*call, 16_MiB));
            EXPECT_TRUE(co_await call->finishRequest());
            auto head = co_await call->readHead();
            EXPECT_TRUE(head.has_value());
            Bytes buffer(100);
            const auto count = co_await call->readBody(buffer);
            EXPECT_EQ(asText(BytesView(buffer).first(count.value_or(0))), std::to_string(16_MiB));
            EXPECT_LE(t.gatewayPool.used(), wire::kMaxWindow);
        }
    };

    run(Body::run(*this));
}

TEST_F(Tunnel, CarriesALongDownload) {
    startGateway(download);

    struct Body {
        static net::Task<void> run(Tunnel& t) {
            auto call = co_await t.start(http::BodyFraming::none(), "GET");
            EXPECT_TRUE((co_await call->readHead()).has_value());
            const auto total = co_await t.readPattern(*call);
            EXPECT_EQ(total.value_or(0), kDownload);
        }
    };

    run(Body::run(*this));
}

TEST_F(Tunnel, HoldsBackWhatTheBusDoesNotTakeAndLosesNothing) {
    startGateway(download);

    struct Body {
        static net::Task<void> run(Tunnel& t) {
            auto call = co_await t.start(http::BodyFraming::none(), "GET");
            EXPECT_TRUE((co_await call->readHead()).has_value());
            t.gatewayBus.stall(4_MiB);
            co_await t.pause(30ms);
            EXPECT_LE(t.gatewayBus.bufferedBytes(), kBulkHeld);
            t.gatewayBus.resume();
            const auto total = co_await t.readPattern(*call);
            EXPECT_EQ(total.value_or(0), kDownload);
        }
    };

    run(Body::run(*this));
}

}  // namespace
}  // namespace pcg::tunnel
