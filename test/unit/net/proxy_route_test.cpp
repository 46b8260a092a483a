// SPDX-License-Identifier: Apache-2.0
// The way through a proxy: what the proxy is told, what becomes of each of its answers, and that
// the stream behind it is whole.
#include "common/net/proxy_route.h"

#include "common/net/errc.h"
#include "test/support/link/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pcg::net {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

// Takes one connection, reads a request head, answers with a text, and echoes from then on.
class ScriptedProxy {
  public:
    ScriptedProxy(Loop& loop, std::string answer)
        : acceptor_(loop.get_executor(), {asio::ip::make_address("127.0.0.1"), 0}),
          answer_(std::move(answer)) {
        asio::co_spawn(loop, serve(), asio::detached);
    }

    // With TLS.
    ScriptedProxy(Loop& loop, std::string answer, const test::Pem& identity)
        : ScriptedProxy(loop, std::move(answer)) {
        context_.emplace(asio::ssl::context::tls_server);
        context_->use_certificate_chain(asio::buffer(identity.certificate));
        context_->use_private_key(asio::buffer(identity.key), asio::ssl::context::pem);
    }

    ProxyAddress address() const {
        return {{"127.0.0.1", acceptor_.local_endpoint().port()}, context_.has_value()};
    }

    std::string request;

  private:
    Task<void> serve() {
        auto [error, socket] = co_await acceptor_.async_accept(kAwaitTuple);
        if (error) co_return;
        if (!context_) {
            co_await talk(socket);
            co_return;
        }
        TlsStream stream(std::move(socket), *context_);
        const auto [failed] =
            co_await stream.async_handshake(asio::ssl::stream_base::server, kAwaitTuple);
        if (!failed) co_await talk(stream);
    }

    template <class Stream>
    Task<void> talk(Stream& stream) {
        std::array<char, 512> chunk{};
        while (request.find("\r\n\r\n") == std::string::npos) {
            const auto room = asio::buffer(chunk);
            const auto [error, size] = co_await stream.async_read_some(room, kAwaitTuple);
            if (error) co_return;
            request.append(chunk.data(), size);
        }
        if (answer_ == "hang up") co_return;
        const auto bytes = asio::buffer(answer_);
        co_await asio::async_write(stream, bytes, kAwaitTuple);
        while (true) {
            const auto room = asio::buffer(chunk);
            const auto [error, size] = co_await stream.async_read_some(room, kAwaitTuple);
            if (error) co_return;
            const auto back = asio::buffer(chunk.data(), size);
            co_await asio::async_write(stream, back, kAwaitTuple);
        }
    }

    TcpAcceptor acceptor_;
    std::string answer_;
    std::optional<asio::ssl::context> context_;
};

struct ProxyRouteTest : testing::Test {
    static Task<void> through(ProxyRoute& route,
                              Target target,
                              milliseconds limit,
                              std::size_t expected,
                              std::optional<Result<std::string>>& out) {
        auto socket = co_await route.connect(target, limit);
        if (!socket) {
            out.emplace(fail(socket.error()));
            co_return;
        }
        const std::string ping = "ping";
        const auto bytes = asio::buffer(ping);
        co_await asio::async_write(*socket, bytes, kAwaitTuple);
        std::string text(expected, '\0');
        const auto room = asio::buffer(text);
        const auto [error, size] = co_await asio::async_read(*socket, room, kAwaitTuple);
        text.resize(size);
        out.emplace(std::move(text));
    }

    // What comes out of the way: `expected` octets, the echo of "ping" at their end.
    Result<std::string> talk(ProxySettings settings,
                             std::size_t expected = 4,
                             milliseconds limit = milliseconds(10'000)) {
        ProxyRoute route(std::move(settings));
        std::optional<Result<std::string>> out;
        const Target target{"bus.example.com", 4222};
        asio::co_spawn(loop, through(route, target, limit, expected, out), asio::detached);
        loop.restart();
        while (!out && loop.run_one_for(std::chrono::seconds(10)) > 0) {
        }
        return out ? *out : fail(kTimeout, "the test hung");
    }

    Error refusalTo(const std::string& answer, const char* credentials = nullptr) {
        ScriptedProxy proxy(loop, answer);
        ProxySettings settings{.address = proxy.address()};
        if (credentials != nullptr) settings.authorization = *basicAuthorization(credentials);
        const auto text = talk(std::move(settings));
        EXPECT_FALSE(text) << answer;
        return text ? Error(kTimeout, "it was opened") : text.error();
    }

    Loop loop{1};
    test::TestCa ca;
};

TEST_F(ProxyRouteTest, LosesNothingOfWhatTheTargetSaysFirst) {
    ScriptedProxy proxy(loop, "HTTP/1.1 200 OK\r\n\r\nINFO {}\r\n");
    const auto text = talk({.address = proxy.address()}, 13);
    ASSERT_TRUE(text) << text.error().message();
    EXPECT_EQ(*text, "INFO {}\r\nping");
    EXPECT_EQ(proxy.request,
              "CONNECT bus.example.com:4222 HTTP/1.1\r\nHost: bus.example.com:4222\r\n\r\n");
}

TEST_F(ProxyRouteTest, SpeaksTlsWithAProxyThatDoes) {
    ScriptedProxy proxy(loop, "HTTP/1.1 200 OK\r\n\r\nINFO {}\r\n", ca.issue());
    ProxySettings settings{.address = proxy.address()};
    settings.authorization = *basicAuthorization("u:p");
    settings.tls = *TlsClientContext::create(TrustCa{ca.pem()});
    const auto text = talk(std::move(settings), 13);
    ASSERT_TRUE(text) << text.error().message();
    EXPECT_EQ(*text, "INFO {}\r\nping");
    EXPECT_THAT(proxy.request, HasSubstr("Proxy-Authorization: Basic dTpw\r\n"));
}

TEST_F(ProxyRouteTest, TellsAProxyThatItDoesNotTrustNothing) {
    const test::TestCa other("Other CA");
    ScriptedProxy proxy(loop, "HTTP/1.1 200 OK\r\n\r\n", other.issue());
    ProxySettings settings{.address = proxy.address()};
    settings.authorization = *basicAuthorization("u:p");
    settings.tls = *TlsClientContext::create(TrustCa{ca.pem()});
    const auto text = talk(std::move(settings));
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code(), kTlsUntrusted);
    EXPECT_THAT(text.error().message(), HasSubstr("proxy_ca_file"));
    EXPECT_EQ(proxy.request, "");
}

TEST_F(ProxyRouteTest, MakesEachRefusalACauseWithItsRemedy) {
    struct Case {
        const char* answer;
        const char* credentials;
        ErrorCode code;
        const char* remedy;
    };

    for (const auto& [answer, credentials, code, remedy] : std::initializer_list<Case>{
             {"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n",
              nullptr,
              kProxyCredentials,
              "name it as proxy_credentials_file"},
             {"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n",
              "u:canary",
              kProxyCredentials,
              "does not take the user and password of proxy_credentials_file"},
             {"HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\n\r\n",
              "u:canary",
              kProxyCredentials,
              "only negotiate"},
             {"HTTP/1.1 403 Forbidden\r\n\r\n",
              nullptr,
              kProxyForbidden,
              "have CONNECT to bus.example.com:4222 allowed"},
             {"HTTP/1.1 502 Bad Gateway\r\n\r\n",
              nullptr,
              kProxyUpstream,
              "in the firewall behind the proxy"},
             {"HTTP/1.1 503 Service Unavailable\r\n\r\n", nullptr, kProxyUpstream, "proxy's DNS"},
             {"HTTP/1.1 400 Bad Request\r\n\r\n", nullptr, kProxyProtocol, "allows CONNECT"},
             {"INFO {}\r\n\r\n", nullptr, kProxyProtocol, "not an HTTP proxy"},
             {"hang up", nullptr, kProxyProtocol, "hung up"}}) {
        const auto error = refusalTo(answer, credentials);
        EXPECT_EQ(error.code().name(), code.name()) << answer;
        EXPECT_THAT(error.message(), HasSubstr(remedy));
        EXPECT_THAT(error.message(), Not(HasSubstr("canary")));
    }
}

TEST_F(ProxyRouteTest, DoesNotWaitForAProxyThatIsSilent) {
    ScriptedProxy proxy(loop, "HTTP/1.1 200");
    const auto text = talk({.address = proxy.address()}, 4, milliseconds(100));
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code(), kProxyTimeout) << text.error().message();
}

TEST_F(ProxyRouteTest, NamesAProxyThatIsNotThere) {
    ProxyAddress nobody{{"127.0.0.1", 1}, false};
    const auto text = talk({.address = nobody});
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code(), kProxyUnreachable);
    EXPECT_THAT(text.error().message(), HasSubstr("http://127.0.0.1:1"));
    EXPECT_THAT(text.error().message(), HasSubstr("proxy_url"));
}

TEST_F(ProxyRouteTest, SaysWhichWayATargetIsReachedAndWhy) {
    ProxySettings settings{.address = {{"10.0.0.1", 3128}, false}};
    settings.exceptions = *ProxyExceptions::parse(".example.com");
    const ProxyRoute route(std::move(settings));
    const auto excepted = route.wayTo({"pair.example.com", 443});
    EXPECT_TRUE(excepted.direct);
    EXPECT_THAT(excepted.why, HasSubstr("(.example.com)"));
    const auto proxied = route.wayTo({"bus.example.org", 443});
    EXPECT_FALSE(proxied.direct);
    EXPECT_EQ(proxied.text, "through the proxy http://10.0.0.1:3128");
}

}  // namespace
}  // namespace pcg::net
