// SPDX-License-Identifier: Apache-2.0
#include "common/http/socket_transport.h"

#include "common/http/errc.h"

#include <sys/socket.h>

namespace pcg::http {

namespace {

namespace asio = net::asio;
using IoError = boost::system::error_code;

Error lost(const IoError& error) {
    return {kConnectionLost, "the connection broke: " + error.message()};
}

std::string peerOf(const net::TcpSocket& socket) {
    IoError error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) return "unknown";
    const auto address = endpoint.address().to_string();
    const auto shown = endpoint.address().is_v6() ? "[" + address + "]" : address;
    return shown + ":" + std::to_string(endpoint.port());
}

std::string peerOf(const net::UnixSocket&) { return "local"; }

template <class Socket>
class SocketTransport final : public Transport {
  public:
    explicit SocketTransport(Socket socket) : socket_(std::move(socket)), peer_(peerOf(socket_)) {}

    net::Task<Result<std::size_t>> read(MutableBytes buffer) override {
        const auto into = asio::buffer(buffer.data(), buffer.size());
        const auto [error, count] = co_await socket_.async_read_some(into, net::kAwaitTuple);
        if (error == asio::error::eof) co_return std::size_t{0};
        if (error) co_return fail(lost(error));
        co_return count;
    }

    net::Task<Result<std::size_t>> write(BytesView bytes) override {
        const auto from = asio::buffer(bytes.data(), bytes.size());
        const auto [error, count] = co_await socket_.async_write_some(from, net::kAwaitTuple);
        if (error) co_return fail(lost(error));
        co_return count;
    }

    net::Task<void> endWriting() override {
        IoError ignored;
        socket_.shutdown(Socket::shutdown_send, ignored);
        co_return;
    }

    void close() override {
        IoError ignored;
        socket_.close(ignored);
    }

    void reset() override {
        IoError ignored;
        const asio::socket_base::linger abortive(true, 0);
        socket_.set_option(abortive, ignored);
        socket_.close(ignored);
    }

    bool idleAndOpen() override {
        char octet = 0;
        return socket_.is_open() &&
               ::recv(socket_.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
               errno == EAGAIN;
    }

    std::string peer() const override { return peer_; }

  private:
    Socket socket_;
    std::string peer_;
};

class UnixOpener final : public StreamOpener {
  public:
    explicit UnixOpener(std::string path) : path_(std::move(path)) {}

    net::Task<Result<std::unique_ptr<Transport>>> open() override {
        if (path_.size() > 100)
            co_return fail(kConnectFailed,
                           "the socket path " + path_ + " is too long for a UNIX socket");
        net::UnixSocket socket(co_await asio::this_coro::executor);
        const asio::local::stream_protocol::endpoint endpoint(path_);
        const auto [error] = co_await socket.async_connect(endpoint, net::kAwaitTuple);
        if (error)
            co_return fail(kConnectFailed,
                           "cannot reach the socket " + path_ + ": " + error.message() +
                               "; is the daemon running?");
        co_return makeUnixTransport(std::move(socket));
    }

  private:
    std::string path_;
};

}  // namespace

std::unique_ptr<Transport> makeTcpTransport(net::TcpSocket socket) {
    IoError ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    return std::make_unique<SocketTransport<net::TcpSocket>>(std::move(socket));
}

std::unique_ptr<Transport> makeUnixTransport(net::UnixSocket socket) {
    return std::make_unique<SocketTransport<net::UnixSocket>>(std::move(socket));
}

std::shared_ptr<StreamOpener> unixOpener(std::string path) {
    return std::make_shared<UnixOpener>(std::move(path));
}

}  // namespace pcg::http
