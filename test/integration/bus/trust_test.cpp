// SPDX-License-Identifier: Apache-2.0
// To whom the bus does not talk. In each case no signature is made and not one octet is sent inside
// TLS.
#include "common/net/errc.h"
#include "test/integration/bus/bus_fixture.h"

namespace pcg::test {
namespace {

class CountingCredentials final : public bus::BusCredentials {
  public:
    std::string userJwt() const override {
        ++asked;
        return "jwt";
    }

    std::string publicKey() const override { return {}; }

    Result<Bytes> signNonce(std::string_view) const override {
        ++asked;
        return Bytes(64, 0);
    }

    mutable int asked = 0;
};

struct BusTrust : BusFixture {
    // The failure of the first attempt.
    Error failureOf(std::uint16_t port, net::Trust trust) {
        auto options = optionsFor(port);
        options.credentials = credentials;
        net::Dialer::Limits limits;
        limits.handshake = milliseconds(2'000);
        bus::NatsBus bus(loop, dialerFor(std::move(trust), limits), options, random);
        bus.start();
        EXPECT_TRUE(runUntil([&] { return bus.status().lastFailure.has_value(); }));
        return *bus.status().lastFailure;
    }

    std::shared_ptr<CountingCredentials> credentials = std::make_shared<CountingCredentials>();
};

// Sends a text to whoever connects, then waits for the peer to close.
class FakeGreeter {
  public:
    FakeGreeter(net::Loop& loop, std::string text)
        : acceptor_(loop.get_executor(), {net::asio::ip::make_address("127.0.0.1"), 0}),
          text_(std::move(text)) {
        net::asio::co_spawn(loop, serve(), net::asio::detached);
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  private:
    net::Task<void> serve() {
        while (true) {
            auto [error, socket] = co_await acceptor_.async_accept(net::kAwaitTuple);
            if (error) co_return;
            const auto bytes = net::asio::buffer(text_);
            co_await net::asio::async_write(socket, bytes, net::kAwaitTuple);
            char octet = 0;
            const auto room = net::asio::buffer(&octet, 1);
            co_await socket.async_read_some(room, net::kAwaitTuple);
        }
    }

    net::TcpAcceptor acceptor_;
    std::string text_;
};

TEST_F(BusTrust, RefusesABrokerOfAnotherCa) {
    const TestCa other("Other CA");
    const NatsServer server(other.issue());
    const Error error = failureOf(server.port(), net::TrustCa{ca.pem()});
    EXPECT_EQ(error.code(), net::kTlsUntrusted) << error.message();
    EXPECT_NE(error.message().find("SHA-256"), std::string::npos);
    EXPECT_NE(error.message().find("Other CA"), std::string::npos);
    EXPECT_EQ(credentials->asked, 0);
}

TEST_F(BusTrust, RefusesABrokerWhoseRootIsNotThePinnedOne) {
    const TestCa other("Other CA");
    const Pem leaf = other.issue();
    const NatsServer server(Pem{leaf.certificate + other.pem(), leaf.key});
    const auto pin = net::spkiSha256OfPem(ca.pem());
    const Error error = failureOf(server.port(), net::TrustRootPin{{*pin}});
    EXPECT_EQ(error.code(), net::kTlsPinMismatch) << error.message();
    EXPECT_EQ(credentials->asked, 0);
}

TEST_F(BusTrust, AcceptsABrokerUnderThePinnedRoot) {
    const Pem leaf = ca.issue();
    const NatsServer server(Pem{leaf.certificate + ca.pem(), leaf.key});
    const auto pin = net::spkiSha256OfPem(ca.pem());
    net::Trust trust = net::TrustRootPin{{*pin}};
    bus::NatsBus bus(loop, dialerFor(std::move(trust)), optionsFor(server.port()), random);
    bus.start();
    EXPECT_TRUE(runUntilUp(bus));
}

TEST_F(BusTrust, RefusesABrokerWithAnotherName) {
    LeafOptions elsewhere;
    elsewhere.dnsNames = {"elsewhere.example"};
    elsewhere.addresses = {"192.0.2.1"};
    const NatsServer server(ca.issue(elsewhere));
    const Error error = failureOf(server.port(), net::TrustCa{ca.pem()});
    EXPECT_EQ(error.code(), net::kTlsHostname) << error.message();
    EXPECT_EQ(credentials->asked, 0);
}

TEST_F(BusTrust, RefusesABrokerWithoutTls) {
    const FakeGreeter greeter(
        loop, "INFO {\"server_id\":\"A\",\"version\":\"2.9.10\",\"max_payload\":1048576}\r\n");
    const Error error = failureOf(greeter.port(), net::TrustCa{ca.pem()});
    EXPECT_EQ(error.code(), bus::kProtocol) << error.message();
    EXPECT_NE(error.message().find("TLS"), std::string::npos);
    EXPECT_EQ(credentials->asked, 0);
}

TEST_F(BusTrust, RefusesProtocolLinesInjectedBeforeTls) {
    const FakeGreeter greeter(
        loop,
        "INFO {\"server_id\":\"A\",\"version\":\"2.9.10\",\"max_payload\":1048576,"
        "\"tls_required\":true}\r\nMSG pcg.v1.U.rpc.open 1 4\r\nevil\r\n");
    const Error error = failureOf(greeter.port(), net::TrustCa{ca.pem()});
    EXPECT_EQ(error.code(), bus::kProtocol) << error.message();
    EXPECT_EQ(credentials->asked, 0);
}

TEST_F(BusTrust, SaysThatAWebServerIsNotABroker) {
    const FakeGreeter greeter(loop, "HTTP/1.1 400 Bad Request\r\n");
    const Error error = failureOf(greeter.port(), net::TrustCa{ca.pem()});
    EXPECT_EQ(error.code(), bus::kProtocol) << error.message();
    EXPECT_NE(error.message().find("NATS"), std::string::npos);
}

TEST_F(BusTrust, SaysThatTheBrokerRefusesTheCredentials) {
    const NatsServer server(ca.issue(), "authorization { token: \"a token that we do not have\" }");
    net::Trust trust = net::TrustCa{ca.pem()};
    bus::NatsBus bus(loop, dialerFor(std::move(trust)), optionsFor(server.port()), random);
    bus.start();
    ASSERT_TRUE(runUntil([&] { return bus.status().lastFailure.has_value(); }));
    EXPECT_EQ(bus.status().lastFailure->code(), bus::kRefused)
        << bus.status().lastFailure->message();
}

}  // namespace
}  // namespace pcg::test
