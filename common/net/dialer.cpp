// SPDX-License-Identifier: Apache-2.0
#include "common/net/dialer.h"

#include "common/net/deadline.h"
#include "common/net/errc.h"

namespace pcg::net {
namespace {

std::string peerName(const Target& target, const TcpSocket& socket) {
    boost::system::error_code error;
    const auto remote = socket.remote_endpoint(error);
    if (error) return target.text();
    const std::string address = remote.address().to_string();
    if (address == target.host) return target.text();
    return target.text() + " (" + address + ")";
}

}  // namespace

Task<Result<TcpSocket>> DirectRoute::connect(Target target, std::chrono::milliseconds limit) {
    return connectTcp(std::move(target), limit);
}

Task<Result<TcpSocket>> Dialer::connect(Target target) {
    return route_->connect(std::move(target), limits_.connect);
}

Task<Result<TlsConnection>> Dialer::secure(TcpSocket socket, Target target) {
    const auto executor = socket.get_executor();
    TlsConnection connection;
    connection.peer = peerName(target, socket);
    connection.stream = context_.newStream(std::move(socket), target.host);
    TlsStream& stream = *connection.stream;
    Deadline deadline(executor, limits_.handshake, [&stream] {
        boost::system::error_code ignored;
        stream.lowest_layer().close(ignored);
    });
    const auto [error] =
        co_await stream.async_handshake(asio::ssl::stream_base::client, kAwaitTuple);
    if (deadline.expired()) {
        co_return fail(
            kTimeout,
            connection.peer + " did not finish the TLS handshake within " +
                std::to_string(limits_.handshake.count()) +
                " ms; check that the port speaks TLS and that nothing between holds it up");
    }
    if (error) co_return fail(TlsClientContext::explain(stream, connection.peer, error));
    connection.session = describeSession(stream);
    co_return connection;
}

Task<Result<TlsConnection>> Dialer::open(Target target) {
    PCG_CO_TRY(TcpSocket socket, co_await connect(target));
    co_return co_await secure(std::move(socket), std::move(target));
}

}  // namespace pcg::net
