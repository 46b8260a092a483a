// SPDX-License-Identifier: Apache-2.0
// The only place that includes Beast's WebSocket: masking, framing, control frames are its work.
#include "common/net/deadline.h"
#include "common/net/errc.h"
#include "common/net/secure_stream.h"

#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace pcg::net {
namespace {

namespace websocket = boost::beast::websocket;

using Stream = websocket::stream<TlsStream>;

// As much as the pumps move at once: one frame, one masking pass, one TLS write for each.
constexpr std::size_t kWriteBuffer = 64 * 1024;

class WebSocketStream final : public SecureStream {
  public:
    explicit WebSocketStream(TlsStream stream) : stream_(std::move(stream)) {
        // Every step has a deadline of its own.
        stream_.set_option(websocket::stream_base::timeout{
            websocket::stream_base::none(), websocket::stream_base::none(), false});
        stream_.binary(true);
        stream_.auto_fragment(false);
        stream_.write_buffer_bytes(kWriteBuffer);
        // Messages are not gathered: their octets are handed on as they come.
        stream_.read_message_max(0);
    }

    Stream& stream() { return stream_; }

    Task<Transferred> readSome(MutableBytes buffer) override {
        while (true) {
            const auto room = asio::buffer(buffer.data(), buffer.size());
            const auto [error, count] = co_await stream_.async_read_some(room, kAwaitTuple);
            const bool over =
                error == websocket::error::closed || error == asio::ssl::error::stream_truncated;
            if (over) co_return Transferred{asio::error::eof, count};
            // An empty message says nothing.
            if (error || count > 0) co_return Transferred{error, count};
        }
    }

    Task<Transferred> writeSome(BytesView bytes) override {
        const auto from = asio::buffer(bytes.data(), bytes.size());
        const auto [error, count] = co_await stream_.async_write(from, kAwaitTuple);
        co_return Transferred{error, count};
    }

    Task<void> goodbye() override {
        const websocket::close_reason reason(websocket::close_code::normal);
        co_await stream_.async_close(reason, kAwaitTuple);
    }

    void close() override {
        boost::system::error_code ignored;
        stream_.next_layer().next_layer().close(ignored);
    }

    std::uint64_t unsent() override { return unsentOf(stream_.next_layer().next_layer()); }

  private:
    Stream stream_;
};

Error declined(const std::string& peer, const websocket::response_type& answer) {
    return {kWebSocket,
            peer + " answered the request for a WebSocket with " +
                std::to_string(answer.result_int()) +
                "; check that this address is the message bus, and that nothing between forbids "
                "WebSocket"};
}

}  // namespace

Task<Result<SecureConnection>> overWebSocket(TlsConnection connection,
                                             Target target,
                                             std::chrono::milliseconds limit) {
    auto made = std::make_unique<WebSocketStream>(std::move(*connection.stream));
    WebSocketStream& stream = *made;
    const auto executor = co_await asio::this_coro::executor;
    const Deadline deadline(executor, limit, [&stream] { stream.close(); });
    const std::string host = target.text();
    const std::string path = "/";
    websocket::response_type answer;
    const auto [error] = co_await stream.stream().async_handshake(answer, host, path, kAwaitTuple);
    if (deadline.expired())
        co_return fail(kTimeout, connection.peer + " did not answer the request for a WebSocket");
    if (error == websocket::error::upgrade_declined)
        co_return fail(declined(connection.peer, answer));
    if (error)
        co_return fail(kWebSocket,
                       "no WebSocket with " + connection.peer + ": " + error.message() +
                           "; something between may not let it pass");
    SecureConnection secured;
    secured.stream = std::move(made);
    secured.peer = std::move(connection.peer);
    secured.session = std::move(connection.session);
    co_return secured;
}

}  // namespace pcg::net
