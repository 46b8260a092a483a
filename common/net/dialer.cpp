// SPDX-License-Identifier: Apache-2.0
#include "common/net/dialer.h"

#include "common/net/deadline.h"
#include "common/net/errc.h"

namespace pcg::net {
namespace {

std::string peerName(const Target& target, const TcpSocket& socket, const Way& way) {
    boost::system::error_code error;
    const auto remote = socket.remote_endpoint(error);
    if (error || !way.direct) return target.text();
    const std::string address = remote.address().to_string();
    if (address == target.host) return target.text();
    return target.text() + " (" + address + ")";
}

bool isOfAnotherAuthority(const Error& error) {
    return error.is(kTlsUntrusted) || error.is(kTlsPinMismatch);
}

Interception interceptionOf(const TlsFailure& failure, const Target& target) {
    Interception seen;
    seen.target = target.text();
    if (failure.presented) {
        seen.issuer = failure.presented->issuer;
        seen.shownSha256 = failure.presented->sha256Hex();
    }
    if (failure.issuer) seen.issuerSha256 = failure.issuer->sha256Hex();
    return seen;
}

Error explain(const Interception& seen) {
    const auto& hash = seen.issuerSha256;
    return {kTlsIntercepted,
            "TLS to " + seen.target + " is intercepted: the certificate shown was issued by \"" +
                seen.issuer + "\"" +
                (hash.empty() ? ", which was not shown; its own SHA-256 is " + seen.shownSha256
                              : " (SHA-256 " + hash + ")") +
                ", not by the control plane's authority. Nothing was sent. Allow " + seen.target +
                " without TLS inspection in the firewall or proxy"};
}

}  // namespace

Task<Result<TcpSocket>> DirectRoute::connect(Target target, std::chrono::milliseconds limit) {
    return connectTcp(std::move(target), limit);
}

Task<Result<TcpSocket>> Dialer::connect(Target target) {
    return route_->connect(std::move(target), limits_.connect);
}

Error Dialer::judge(TlsStream& stream, const Target& target, Error error) const {
    if (!inspection_ || !isOfAnotherAuthority(error)) return error;
    const auto seen = interceptionOf(TlsClientContext::failure(stream), target);
    if (inspection_->onIntercepted) inspection_->onIntercepted(seen);
    return explain(seen);
}

Task<Result<TlsConnection>> Dialer::shakeHands(TcpSocket socket,
                                               Target target,
                                               const TlsClientContext& context) {
    const auto executor = socket.get_executor();
    TlsConnection connection;
    connection.peer = peerName(target, socket, wayTo(target));
    connection.stream = context.newStream(std::move(socket), target.host);
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
    if (error)
        co_return fail(
            judge(stream, target, TlsClientContext::explain(stream, connection.peer, error)));
    connection.session = describeSession(stream);
    co_return connection;
}

Task<Result<TlsConnection>> Dialer::secure(TcpSocket socket, Target target) {
    auto connection = co_await shakeHands(std::move(socket), target, context_);
    if (connection && inspection_ && inspection_->onGenuine) inspection_->onGenuine(target);
    co_return connection;
}

Task<Result<TlsConnection>> Dialer::open(Target target) {
    PCG_CO_TRY(TcpSocket socket, co_await connect(target));
    auto connection = co_await secure(std::move(socket), target);
    const bool inspected = !connection && connection.error().is(kTlsIntercepted);
    if (!inspected || !inspection_->accepted) co_return connection;
    // Whom we hoped for first, and only then whom the admin lets stand between.
    PCG_CO_TRY(TcpSocket again, co_await connect(target));
    PCG_CO_TRY(auto through, co_await shakeHands(std::move(again), target, *inspection_->accepted));
    through.inspected = true;
    co_return through;
}

}  // namespace pcg::net
