// SPDX-License-Identifier: Apache-2.0
// A broker that does TLS before it greets: here a front that ends TLS before a broker in clear.
// Debian's nats-server knows no handshake_first; what the link sees is the same.
#include "common/net/tls_context.h"
#include "test/integration/bus/bus_fixture.h"

#include <gmock/gmock.h>

#include <array>

namespace pcg::test {
namespace {

using bus::Transport;
using testing::HasSubstr;

class TlsFront {
  public:
    TlsFront(net::Loop& loop, const Pem& identity, std::uint16_t broker)
        : loop_(loop),
          acceptor_(loop.get_executor(), {net::asio::ip::make_address("127.0.0.1"), 0}),
          broker_(net::asio::ip::make_address("127.0.0.1"), broker),
          tls_(*net::TlsServerContext::create(
              {identity.certificate, Secret::fromText(identity.key)})) {
        net::asio::co_spawn(loop_, acceptAll(), net::asio::detached);
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    std::size_t acceptedConnections() const { return accepted_; }

  private:
    struct Pair {
        std::unique_ptr<net::TlsStream> client;
        net::TcpSocket broker;

        void close() {
            boost::system::error_code ignored;
            client->next_layer().close(ignored);
            broker.close(ignored);
        }
    };

    net::Task<void> acceptAll() {
        for (;;) {
            auto [error, socket] = co_await acceptor_.async_accept(net::kAwaitTuple);
            if (error) co_return;
            ++accepted_;
            auto pair = std::make_shared<Pair>(tls_.newStream(std::move(socket)),
                                               net::TcpSocket(loop_.get_executor()));
            net::asio::co_spawn(loop_, serve(std::move(pair)), net::asio::detached);
        }
    }

    net::Task<void> serve(std::shared_ptr<Pair> pair) {
        const auto [failed] = co_await pair->client->async_handshake(
            net::asio::ssl::stream_base::server, net::kAwaitTuple);
        if (failed) co_return pair->close();
        const auto [refused] = co_await pair->broker.async_connect(broker_, net::kAwaitTuple);
        if (refused) co_return pair->close();
        net::asio::co_spawn(loop_, pump(pair, *pair->client, pair->broker), net::asio::detached);
        net::asio::co_spawn(loop_, pump(pair, pair->broker, *pair->client), net::asio::detached);
    }

    template <class From, class To>
    static net::Task<void> pump(std::shared_ptr<Pair> pair, From& from, To& to) {
        std::array<char, 16384> octets{};
        for (;;) {
            const auto room = net::asio::buffer(octets);
            const auto [ended, count] = co_await from.async_read_some(room, net::kAwaitTuple);
            if (ended) co_return pair->close();
            const auto [broken, written] = co_await net::asio::async_write(
                to, net::asio::buffer(octets.data(), count), net::kAwaitTuple);
            if (broken) co_return pair->close();
        }
    }

    net::Loop& loop_;
    net::TcpAcceptor acceptor_;
    net::asio::ip::tcp::endpoint broker_;
    net::TlsServerContext tls_;
    std::size_t accepted_ = 0;
};

struct BusTlsFirst : BusFixture {
    bus::NatsBusOptions bothWays(std::uint16_t nats) {
        auto options = optionsFor(nats);
        options.tlsFirst = {{"127.0.0.1", front.port()}};
        options.headStart = seconds(60);
        options.onTransport = [this](Transport transport) { told.push_back(transport); };
        return options;
    }

    // A port on which nothing listens.
    std::uint16_t nobody() {
        net::TcpAcceptor closed(loop.get_executor(), {net::asio::ip::make_address("127.0.0.1"), 0});
        return closed.local_endpoint().port();
    }

    NatsServer server{NatsServer::InClear{}};
    TlsFront front{loop, ca.issue(), server.port()};
    std::vector<Transport> told;
};

TEST_F(BusTlsFirst, IsTakenWhereNatsIsRefusedAndCarriesMessagesWholeAndInOrder) {
    auto bus = newBus(bothWays(nobody()));
    ASSERT_TRUE(runUntilServing(*bus));
    EXPECT_EQ(bus->status().transport, Transport::TlsFirst);
    EXPECT_EQ(bus->status().way.text, "TLS first, direct");
    EXPECT_THAT(bus->status().way.why, HasSubstr("refused"));
    EXPECT_EQ(told, std::vector{Transport::TlsFirst});
    std::vector<std::string> received;
    const auto subscription = bus->subscribe("sizes", {}, into(received));
    std::vector<std::string> sent;
    for (const std::size_t size : {0, 1, 16384, 70000, 1000000, 3})
        sent.push_back(std::string(size, 'x'));
    for (const auto& text : sent) ASSERT_TRUE(bus->publish("sizes", asBytes(text)));
    ASSERT_TRUE(runUntil([&] { return received.size() == sent.size(); }));
    EXPECT_EQ(received, sent);
}

TEST_F(BusTlsFirst, CanBeTheOnlyWay) {
    auto options = bothWays(nobody());
    options.broker = {};
    auto bus = newBus(std::move(options));
    ASSERT_TRUE(runUntilServing(*bus));
    EXPECT_EQ(bus->status().transport, Transport::TlsFirst);
}

TEST_F(BusTlsFirst, IsNotTouchedWhereNatsPasses) {
    const NatsServer greeting(ca.issue());
    auto bus = newBus(bothWays(greeting.port()));
    ASSERT_TRUE(runUntilServing(*bus));
    EXPECT_EQ(bus->status().transport, Transport::Nats);
    EXPECT_EQ(front.acceptedConnections(), 0U);
}

TEST_F(BusTlsFirst, GivesWayToTheWebSocketWhereTheBrokerCannotDoIt) {
    const NatsServer older(ca.issue(), {}, NatsServer::WebSocket::Yes);
    auto options = bothWays(nobody());
    options.tlsFirst = {{"127.0.0.1", older.port()}};  // greets in clear
    options.webSockets = {{"127.0.0.1", older.webSocketPort()}};
    auto bus = newBus(std::move(options));
    ASSERT_TRUE(runUntilServing(*bus));
    EXPECT_EQ(bus->status().transport, Transport::WebSocket);
}

TEST_F(BusTlsFirst, IsNotGivenToABrokerOfAnotherAuthority) {
    const TestCa other("Other CA");
    bus::NatsBus bus(loop, dialerFor(net::TrustCa{other.pem()}), bothWays(nobody()), random);
    bus.start();
    ASSERT_TRUE(runUntil([&] { return bus.status().lastFailure.has_value(); }));
    EXPECT_THAT(bus.status().lastFailure->message(), HasSubstr("With TLS first: "));
    EXPECT_THAT(bus.status().lastFailure->message(), HasSubstr("Test CA"));
}

}  // namespace
}  // namespace pcg::test
