// SPDX-License-Identifier: Apache-2.0
#include "common/http/tls_transport.h"

#include "common/http/errc.h"
#include "common/http/socket_transport.h"
#include "common/net/dialer.h"

#include <openssl/ssl.h>

#include <sys/socket.h>

namespace pcg::http {

namespace {

namespace asio = net::asio;
using IoError = boost::system::error_code;
using SharedStream = std::shared_ptr<net::TlsStream>;

std::string peerOf(const net::TcpSocket& socket) {
    IoError error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) return "unknown";
    const auto address = endpoint.address().to_string();
    const auto shown = endpoint.address().is_v6() ? "[" + address + "]" : address;
    return shown + ":" + std::to_string(endpoint.port());
}

class TlsTransport final : public Transport {
  public:
    explicit TlsTransport(SharedStream stream)
        : stream_(std::move(stream)), peer_(peerOf(stream_->next_layer())) {}

    net::Task<Result<std::size_t>> read(MutableBytes buffer) override {
        const auto into = asio::buffer(buffer.data(), buffer.size());
        const auto [error, count] = co_await stream_->async_read_some(into, net::kAwaitTuple);
        if (error == asio::error::eof) co_return std::size_t{0};
        if (error) co_return fail(kConnectionLost, "the TLS connection broke: " + error.message());
        co_return count;
    }

    net::Task<Result<std::size_t>> write(BytesView bytes) override {
        const auto from = asio::buffer(bytes.data(), bytes.size());
        const auto [error, count] = co_await stream_->async_write_some(from, net::kAwaitTuple);
        if (error) co_return fail(kConnectionLost, "the TLS connection broke: " + error.message());
        co_return count;
    }

    // Sends close_notify and goes on reading. Asio would wait for the peer's close_notify and take
    // octets that come before it for an error; it asks OpenSSL at once, so that OpenSSL can be made
    // to believe, for this moment, that it has come.
    net::Task<void> endWriting() override {
        auto* ssl = stream_->native_handle();
        const bool peerEnded = (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
        SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) | SSL_RECEIVED_SHUTDOWN);
        stream_->async_shutdown([stream = stream_](const IoError&) {});
        if (!peerEnded) SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) & ~SSL_RECEIVED_SHUTDOWN);
        co_return;
    }

    void close() override {
        IoError ignored;
        stream_->next_layer().close(ignored);
    }

    void reset() override {
        IoError ignored;
        const asio::socket_base::linger abortive(true, 0);
        stream_->next_layer().set_option(abortive, ignored);
        stream_->next_layer().close(ignored);
    }

    bool idleAndOpen() override {
        char octet = 0;
        auto& socket = stream_->next_layer();
        return socket.is_open() && SSL_pending(stream_->native_handle()) == 0 &&
               ::recv(socket.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
               errno == EAGAIN;
    }

    std::string peer() const override { return peer_; }

    std::optional<Bytes> peerCertificate() const override {
        auto certificate = net::peerCertificate(*stream_);
        if (!certificate) return std::nullopt;
        return std::move(certificate->der);
    }

    std::string serverName() const override {
        const char* name = SSL_get_servername(stream_->native_handle(), TLSEXT_NAMETYPE_host_name);
        return name == nullptr ? std::string() : std::string(name);
    }

  private:
    SharedStream stream_;
    std::string peer_;
};

net::Task<Result<std::unique_ptr<Transport>>> shakeHands(SharedStream stream) {
    IoError ignored;
    stream->next_layer().set_option(asio::ip::tcp::no_delay(true), ignored);
    const auto [error] =
        co_await stream->async_handshake(asio::ssl::stream_base::server, net::kAwaitTuple);
    if (error) co_return fail(kConnectionLost, "the TLS handshake failed: " + error.message());
    co_return std::make_unique<TlsTransport>(std::move(stream));
}

class TlsOpener final : public StreamOpener {
  public:
    TlsOpener(std::shared_ptr<net::Dialer> dialer, net::Target target)
        : dialer_(std::move(dialer)), target_(std::move(target)) {}

    net::Task<Result<std::unique_ptr<Transport>>> open() override {
        const auto dialer = dialer_;
        PCG_CO_TRY(auto connection, co_await dialer->open(target_));
        co_return makeTlsTransport(std::move(connection.stream));
    }

  private:
    std::shared_ptr<net::Dialer> dialer_;
    net::Target target_;
};

class TcpOpener final : public StreamOpener {
  public:
    explicit TcpOpener(net::Target target) : target_(std::move(target)) {}

    net::Task<Result<std::unique_ptr<Transport>>> open() override {
        constexpr std::chrono::milliseconds kLimit{10'000};
        PCG_CO_TRY(auto socket, co_await net::connectTcp(target_, kLimit));
        co_return makeTcpTransport(std::move(socket));
    }

  private:
    net::Target target_;
};

}  // namespace

std::unique_ptr<Transport> makeTlsTransport(std::unique_ptr<net::TlsStream> stream) {
    return std::make_unique<TlsTransport>(std::move(stream));
}

TlsGreeting greetTls(const net::TlsServerContext& context, net::TcpSocket socket) {
    const SharedStream stream = context.newStream(std::move(socket));
    return {[stream] { return shakeHands(stream); },
            [weak = std::weak_ptr<net::TlsStream>(stream)] {
                IoError ignored;
                if (const auto held = weak.lock()) held->next_layer().close(ignored);
            }};
}

std::shared_ptr<StreamOpener> tlsOpener(std::shared_ptr<net::Dialer> dialer,
                                        std::string host,
                                        std::uint16_t port) {
    return std::make_shared<TlsOpener>(std::move(dialer), net::Target{std::move(host), port});
}

std::shared_ptr<StreamOpener> tcpOpener(std::string host, std::uint16_t port) {
    return std::make_shared<TcpOpener>(net::Target{std::move(host), port});
}

}  // namespace pcg::http
