// SPDX-License-Identifier: Apache-2.0
// The whole way of a request: HTTPS client, ingress, bus over a real nats-server, acceptor, and
// back.
#include "controlplane-sim/ingress/ingress.h"

#include "common/http/errc.h"
#include "common/net/tls_context.h"
#include "common/tunnel/acceptor.h"
#include "common/tunnel/connector.h"
#include "test/integration/bus/bus_fixture.h"
#include "test/integration/tunnel/transfer.h"
#include "test/support/sanitized.h"

namespace pcg::test {
namespace {

using namespace std::chrono_literals;

const auto kGateway = wire::UserNkey::unchecked("U" + std::string(55, 'A'));
const auto kEndpoint = wire::EndpointId::unchecked("ep_00000000000000000000000000");
constexpr std::string_view kHostname = "vc1.ingress.localhost";

struct IngressOverNats : BusFixture {
    using BusFixture::loop;

    void SetUp() override {
        BusFixture::SetUp();
        if (HasFatalFailure()) return;
        server = std::make_unique<NatsServer>(ca.issue());
        ingressBus = newBus(server->port());
        gatewayBus = newBus(server->port());
        connector = std::make_unique<tunnel::Connector>(
            loop, *ingressBus, wire::newId<wire::InstanceId>(random), pool, random);
        acceptor = std::make_unique<tunnel::Acceptor>(
            loop,
            *gatewayBus,
            kGateway,
            wire::newId<wire::InstanceId>(random),
            pool,
            [this](http::Exchange& exchange, const tunnel::StreamInfo&) {
                return serve(loop, seen, exchange);
            });
        ASSERT_TRUE(connector->start());
        ASSERT_TRUE(acceptor->start());
        openIngress();
        ASSERT_TRUE(runUntilUp(*ingressBus) && runUntilUp(*gatewayBus));
        runFor(200ms);  // both subscriptions are with the broker
    }

    void openIngress() {
        LeafOptions leaf;
        leaf.dnsNames = {"localhost", std::string(kHostname)};
        const auto pem = ca.issue(leaf);
        auto tls = net::TlsServerContext::create({pem.certificate, Secret::fromText(pem.key)});
        ASSERT_TRUE(tls) << tls.error().message();
        controlplane::IngressOptions options;
        options.tls = std::make_shared<const net::TlsServerContext>(std::move(*tls));
        auto created = controlplane::Ingress::create(loop, options);
        ASSERT_TRUE(created) << created.error().message();
        ingress = std::move(*created);
        const auto added =
            ingress->add({kEndpoint,
                          std::string(kHostname),
                          connector->caller({.gateway = kGateway, .endpoint = kEndpoint})});
        ASSERT_TRUE(added) << added.error().message();
        port = *added;
        client = clientFor(port);
    }

    std::unique_ptr<http::Client> clientFor(std::uint16_t toPort) {
        net::Trust trust = net::TrustCa{ca.pem()};
        auto opener = http::tlsOpener(dialerFor(std::move(trust)), "127.0.0.1", toPort);
        http::ClientOptions options;
        options.authority = "127.0.0.1:" + std::to_string(toPort);
        return std::make_unique<http::Client>(loop, std::move(opener), std::move(options));
    }

    void TearDown() override {
        client.reset();
        if (ingress) run(ingress->stop(1s));
        ingress.reset();
        acceptor.reset();
        connector.reset();
        runFor(50ms);
    }

    void runFor(milliseconds time) {
        loop.restart();
        loop.run_for(time);
    }

    bool run(net::Task<void> task, milliseconds limit = seconds(100)) {
        bool isDone = false;
        net::asio::co_spawn(
            loop, std::move(task), [&](std::exception_ptr thrown) { isDone = !thrown; });
        return runUntil([&] { return isDone; }, limit);
    }

    net::Task<void> pause(milliseconds time) {
        net::Timer timer(loop);
        timer.expires_after(time);
        (void)co_await timer.async_wait(net::kAwaitTuple);
    }

    std::unique_ptr<NatsServer> server;
    stream::WindowPool pool{wire::kMaxGlobalWindow};
    Seen seen;
    std::unique_ptr<bus::NatsBus> ingressBus;
    std::unique_ptr<bus::NatsBus> gatewayBus;
    std::unique_ptr<tunnel::Connector> connector;
    std::unique_ptr<tunnel::Acceptor> acceptor;
    std::unique_ptr<controlplane::Ingress> ingress;
    std::unique_ptr<http::Client> client;
    std::uint16_t port = 0;
};

http::RequestHead requestFor(std::string method,
                             std::string target,
                             http::BodyFraming framing = {}) {
    http::RequestHead head;
    head.method = std::move(method);
    head.target = std::move(target);
    head.body = framing;
    return head;
}

net::Task<void> callInto(http::Caller& caller,
                         http::RequestHead head,
                         std::optional<http::WholeResponse>& answer) {
    auto response = co_await http::callWhole(caller, std::move(head), {}, 1_MiB);
    EXPECT_TRUE(response) << response.error().message();
    if (response) answer = std::move(*response);
}

net::Task<void> transfer(http::Caller& caller, bool isUpload, ByteCount size) {
    auto head = isUpload ? requestFor("PUT", "/", http::BodyFraming::ofLength(size))
                         : requestFor("GET", "/" + std::to_string(size));
    auto call = co_await caller.start(std::move(head));
    EXPECT_TRUE(call) << call.error().message();
    if (!call) co_return;
    if (isUpload) {
        const auto written = co_await writePattern(**call, size);
        EXPECT_TRUE(written) << written.error().message();
    }
    (void)co_await (*call)->finishRequest();
    const auto answer = co_await (*call)->readHead();
    EXPECT_TRUE(answer) << answer.error().message();
    if (!answer) co_return;
    EXPECT_EQ(answer->status, 200);
    const auto expected = patternDigest(size);
    if (isUpload) {
        Bytes digest(32);
        const auto count = co_await (*call)->readBody(digest);
        EXPECT_EQ(count.value_or(0), 32U);
        EXPECT_EQ(toHex(digest), toHex(expected));
    } else {
        const auto received = co_await readAll(**call);
        EXPECT_TRUE(received) << received.error().message();
        if (!received) co_return;
        EXPECT_EQ(toHex(received->digest), toHex(expected));
    }
}

TEST_F(IngressOverNats, CarriesTransfersOfAnySizeBothWaysInFlatMemory) {
    const auto before = residentBytes();
    for (const ByteCount size : {ByteCount{0}, ByteCount{1}, 32_KiB, 33_KiB, 1_MiB, 64_MiB}) {
        ASSERT_TRUE(run(transfer(*client, true, size))) << size;
        ASSERT_TRUE(run(transfer(*client, false, size))) << size;
    }
    if (!kSanitized) {
        EXPECT_LT(residentBytes() - std::min(before, residentBytes()), 64_MiB);
    }
    runFor(100ms);
    EXPECT_EQ(pool.used(), 0U);
    EXPECT_EQ(connector->openStreams(), 0U);
}

TEST_F(IngressOverNats, FindsTheEndpointByHostNameOnTheSharedListener) {
    const auto shared = clientFor(ingress->sharedPort());
    auto head = requestFor("GET", "/100");
    head.headers.add("Host", std::string(kHostname) + ":" + std::to_string(ingress->sharedPort()));
    std::optional<http::WholeResponse> answer;
    ASSERT_TRUE(run(callInto(*shared, std::move(head), answer)));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->head.status, 200);
    EXPECT_EQ(answer->body.size(), 100U);

    ASSERT_TRUE(run(callInto(*shared, requestFor("GET", "/100"), answer)));
    EXPECT_EQ(answer->head.status, 421);
}

TEST_F(IngressOverNats, AnOfflineGatewayIsA503ToRestAndAFaultToSoap) {
    acceptor.reset();
    runFor(200ms);
    std::optional<http::WholeResponse> answer;
    ASSERT_TRUE(run(callInto(*client, requestFor("GET", "/1"), answer)));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->head.status, 503);
    EXPECT_NE(answer->head.headers.find("Retry-After"), nullptr);
    EXPECT_EQ(*answer->head.headers.find("Pcg-Outcome"), "not-dispatched");

    auto soap = requestFor("POST", "/sdk");
    soap.headers.add("SOAPAction", "\"urn:vim25/8.0.0.0\"");
    ASSERT_TRUE(run(callInto(*client, std::move(soap), answer)));
    EXPECT_EQ(answer->head.status, 500);
    EXPECT_NE(asText(answer->body).find("<faultstring>"), std::string_view::npos);
}

net::Task<void> awaitHead(http::Call& call, bool& isOver) {
    const auto head = co_await call.readHead();
    EXPECT_FALSE(head);
    isOver = true;
}

net::Task<void> pollAndLeave(IngressOverNats& t, SteadyTime& leftAt) {
    auto call = co_await t.client->start(requestFor("POST", "/poll"));
    if (!call) co_return;
    (void)co_await (*call)->finishRequest();
    bool isOver = false;
    net::asio::co_spawn(t.loop, awaitHead(**call, isOver), net::asio::detached);
    co_await t.pause(300ms);
    EXPECT_EQ(t.acceptor->running(), 1U);
    leftAt = std::chrono::steady_clock::now();
    (*call)->cancel();
    co_await t.pause(700ms);
    EXPECT_TRUE(isOver);
}

TEST_F(IngressOverNats, AClientThatGoesAwayIsNoticedBehindTheGatewayWithinASecond) {
    SteadyTime leftAt;
    ASSERT_TRUE(run(pollAndLeave(*this, leftAt)));

    ASSERT_TRUE(seen.clientGone);
    EXPECT_LT(seen.goneAt - leftAt, 1s);
    EXPECT_EQ(acceptor->running(), 0U);
}

net::Task<void> readUntilBroken(IngressOverNats& t, std::optional<Error>& error) {
    auto call = co_await t.client->start(requestFor("GET", "/10000000000"));
    if (!call) co_return;
    (void)co_await (*call)->finishRequest();
    (void)co_await (*call)->readHead();
    Bytes buffer(64 * 1024);
    ByteCount total = 0;
    for (bool isCut = false;;) {
        const auto count = co_await (*call)->readBody(buffer);
        if (!count) {
            error = count.error();
            co_return;
        }
        if (*count == 0) co_return;
        total += *count;
        if (total > 4_MiB && !std::exchange(isCut, true)) {
            t.server->kill();
            t.server->restart();
        }
    }
}

TEST_F(IngressOverNats, ATransferThatBreaksIsNeverAShortSuccess) {
    std::optional<Error> error;
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_TRUE(run(readUntilBroken(*this, error)));

    ASSERT_TRUE(error) << "the client took a part for the whole";
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
    ASSERT_TRUE(
        runUntil([&] { return acceptor->running() == 0 && connector->openStreams() == 0; }));
}

TEST_F(IngressOverNats, ARemovedEndpointIsNotListenedFor) {
    ingress->remove(kEndpoint);
    runFor(50ms);

    struct Try {
        static net::Task<void> once(http::Caller& caller, bool& isRefused) {
            auto response = co_await http::callWhole(caller, requestFor("GET", "/1"), {}, 1000);
            isRefused = !response;
        }
    };

    bool isRefused = false;
    const auto fresh = clientFor(port);
    ASSERT_TRUE(run(Try::once(*fresh, isRefused)));
    EXPECT_TRUE(isRefused);
}

}  // namespace
}  // namespace pcg::test
