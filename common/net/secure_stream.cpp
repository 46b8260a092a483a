// SPDX-License-Identifier: Apache-2.0
#include "common/net/secure_stream.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

namespace pcg::net {
namespace {

class PlainStream final : public SecureStream {
  public:
    explicit PlainStream(std::unique_ptr<TlsStream> stream) : stream_(std::move(stream)) {}

    Task<Transferred> readSome(MutableBytes buffer) override {
        const auto room = asio::buffer(buffer.data(), buffer.size());
        const auto [error, count] = co_await stream_->async_read_some(room, kAwaitTuple);
        if (error == asio::ssl::error::stream_truncated)
            co_return Transferred{asio::error::eof, count};
        co_return Transferred{error, count};
    }

    Task<Transferred> writeSome(BytesView bytes) override {
        const auto from = asio::buffer(bytes.data(), bytes.size());
        const auto [error, count] = co_await stream_->async_write_some(from, kAwaitTuple);
        co_return Transferred{error, count};
    }

    Task<void> goodbye() override { co_await stream_->async_shutdown(kAwaitTuple); }

    void close() override {
        boost::system::error_code ignored;
        stream_->next_layer().close(ignored);
    }

    std::uint64_t unsent() override { return unsentOf(stream_->next_layer()); }

  private:
    std::unique_ptr<TlsStream> stream_;
};

}  // namespace

std::uint64_t unsentOf(TcpSocket& socket) {
    int waiting = 0;
    if (!socket.is_open() || ::ioctl(socket.native_handle(), SIOCOUTQ, &waiting) != 0) return 0;
    return static_cast<std::uint64_t>(std::max(0, waiting));
}

SecureConnection plainly(TlsConnection connection) {
    return {std::make_unique<PlainStream>(std::move(connection.stream)),
            std::move(connection.peer),
            std::move(connection.session)};
}

}  // namespace pcg::net
