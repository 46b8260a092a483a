// SPDX-License-Identifier: Apache-2.0
// The two ways to a broker: which one is taken, when, and that both carry the same.
#include "common/net/errc.h"
#include "test/integration/bus/bus_fixture.h"

#include <gmock/gmock.h>

namespace pcg::test {
namespace {

using bus::Transport;
using testing::HasSubstr;

struct BusWebSocket : BusFixture {
    bus::NatsBusOptions bothWays(std::uint16_t nats, std::uint16_t webSocket) {
        auto options = optionsFor(nats);
        options.webSockets = {{"127.0.0.1", webSocket}};
        options.headStart = milliseconds(200);
        options.onTransport = [this](Transport transport) { told.push_back(transport); };
        return options;
    }

    std::string noise(std::size_t size) {
        std::string text(size, '\0');
        random.fill({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
        return text;
    }

    // A port on which nothing listens.
    std::uint16_t nobody() {
        net::TcpAcceptor closed(loop.get_executor(), {net::asio::ip::make_address("127.0.0.1"), 0});
        return closed.local_endpoint().port();
    }

    NatsServer server{ca.issue(), {}, NatsServer::WebSocket::Yes};
    std::vector<Transport> told;
};

TEST_F(BusWebSocket, IsNotTouchedWhereNatsPasses) {
    const FaultProxy webSocket(server.webSocketPort());
    auto bus = newBus(bothWays(server.port(), webSocket.port()));
    ASSERT_TRUE(runUntilServing(*bus));
    EXPECT_EQ(bus->status().transport, Transport::Nats);
    EXPECT_EQ(webSocket.acceptedConnections(), 0U);
    EXPECT_TRUE(told.empty());
}

TEST_F(BusWebSocket, IsTakenAtOnceWhereNatsIsRefused) {
    auto options = bothWays(nobody(), server.webSocketPort());
    options.headStart = seconds(60);
    auto bus = newBus(std::move(options));
    ASSERT_TRUE(runUntilServing(*bus));
    const auto status = bus->status();
    EXPECT_EQ(status.transport, Transport::WebSocket);
    EXPECT_EQ(status.way.text, "WebSocket, direct");
    EXPECT_THAT(status.way.why, HasSubstr("refused"));
    EXPECT_EQ(told, std::vector{Transport::WebSocket});
}

TEST_F(BusWebSocket, IsTakenAfterTheHeadStartWhereNatsIsSilent) {
    FaultProxy firewall(server.port());
    firewall.stall();
    auto bus = newBus(bothWays(firewall.port(), server.webSocketPort()));
    ASSERT_TRUE(runUntilServing(*bus));
    EXPECT_EQ(bus->status().transport, Transport::WebSocket);
    EXPECT_THAT(bus->status().way.why, HasSubstr("does not answer"));
}

TEST_F(BusWebSocket, NeedsNoHeadStartWhereItWorkedTheLastTime) {
    FaultProxy firewall(server.port());
    firewall.stall();
    auto options = bothWays(firewall.port(), server.webSocketPort());
    options.headStart = seconds(60);
    options.worked = Transport::WebSocket;
    auto bus = newBus(std::move(options));
    ASSERT_TRUE(runUntilServing(*bus));
    EXPECT_EQ(bus->status().transport, Transport::WebSocket);
    EXPECT_TRUE(told.empty()) << "nothing new";
}

TEST_F(BusWebSocket, IsLeftAgainWhenOnlyNatsPasses) {
    FaultProxy webSocket(server.webSocketPort());
    webSocket.stall();
    auto options = bothWays(server.port(), webSocket.port());
    options.worked = Transport::WebSocket;
    auto bus = newBus(std::move(options));
    ASSERT_TRUE(runUntilServing(*bus));
    EXPECT_EQ(bus->status().transport, Transport::Nats);
    EXPECT_EQ(told, std::vector{Transport::Nats});
}

TEST_F(BusWebSocket, CanBeTheOnlyWay) {
    auto options = bothWays(server.port(), server.webSocketPort());
    options.broker = {};
    auto bus = newBus(std::move(options));
    ASSERT_TRUE(runUntilServing(*bus));
    EXPECT_EQ(bus->status().transport, Transport::WebSocket);
}

TEST_F(BusWebSocket, CarriesMessagesOfAllSizesWholeAndInOrder) {
    auto bus = newBus(bothWays(nobody(), server.webSocketPort()));
    ASSERT_TRUE(runUntilServing(*bus));
    std::vector<std::string> received;
    const auto subscription = bus->subscribe("sizes", {}, into(received));
    std::vector<std::string> sent;
    for (const std::size_t size : {0, 1, 125, 126, 65535, 65536, 70000, 1000000, 3})
        sent.push_back(noise(size));
    for (const auto& text : sent) ASSERT_TRUE(bus->publish("sizes", asBytes(text)));
    ASSERT_TRUE(runUntil([&] { return received.size() == sent.size(); }));
    EXPECT_EQ(received, sent);
}

TEST_F(BusWebSocket, ComesBackAfterTheBrokerWasKilled) {
    auto bus = newBus(bothWays(nobody(), server.webSocketPort()));
    ASSERT_TRUE(runUntilServing(*bus));
    server.kill();
    ASSERT_TRUE(runUntil([&] { return bus->state() != bus::LinkState::Up; }));
    server.restart();
    EXPECT_TRUE(runUntilServing(*bus, 2));
    stop(*bus);
}

TEST_F(BusWebSocket, EndsWhileBothWaysAreStillBeingTried) {
    FaultProxy nats(server.port());
    FaultProxy webSocket(server.webSocketPort());
    nats.stall();
    webSocket.stall();
    auto options = bothWays(nats.port(), webSocket.port());
    options.headStart = milliseconds(0);
    auto bus = newBus(std::move(options));
    ASSERT_TRUE(runUntil(
        [&] { return nats.acceptedConnections() == 1 && webSocket.acceptedConnections() == 1; }));
    stop(*bus);
    EXPECT_EQ(bus->state(), bus::LinkState::Closed);
}

TEST_F(BusWebSocket, IsNotGivenToABrokerOfAnotherAuthority) {
    const TestCa other("Other CA");
    const NatsServer stranger(other.issue(), {}, NatsServer::WebSocket::Yes);
    bus::NatsBus bus(loop,
                     dialerFor(net::TrustCa{ca.pem()}),
                     bothWays(nobody(), stranger.webSocketPort()),
                     random);
    bus.start();
    ASSERT_TRUE(runUntil([&] { return bus.status().lastFailure.has_value(); }));
    EXPECT_THAT(bus.status().lastFailure->message(), HasSubstr("Over WebSocket: "));
    EXPECT_THAT(bus.status().lastFailure->message(), HasSubstr("Other CA"));
}

TEST_F(BusWebSocket, SaysWhatAWebServerAnsweredInstead) {
    auto bus = newBus(bothWays(nobody(), server.port()));
    ASSERT_TRUE(runUntil([&] { return bus->status().lastFailure.has_value(); }));
    EXPECT_EQ(bus->status().lastFailure->code(), net::kRefused) << "the code is NATS'";
}

}  // namespace
}  // namespace pcg::test
