// SPDX-License-Identifier: Apache-2.0
#include "gateway/endpoints/certificate_probe.h"

#include "common/net/deadline.h"
#include "common/net/errc.h"

namespace pcg::gateway {

Result<net::TlsClientContext> contextFor(const EndpointTrust& trust) {
    switch (trust.kind) {
        case TrustKind::Ca:
            return net::TlsClientContext::create(net::TrustCa{trust.anchor});
        case TrustKind::Pin: {
            const auto pin = PCG_TRY(net::parseSha256Pin(trust.anchor));
            return net::TlsClientContext::create(net::TrustLeafPin{pin});
        }
        case TrustKind::Ask:
            break;
    }
    // No certificate has a SHA-256 of zeros.
    return net::TlsClientContext::create(net::TrustLeafPin{});
}

bool isTrustFailure(const Error& error) {
    return error.is(net::kTlsUntrusted) || error.is(net::kTlsPinMismatch) ||
           error.is(net::kTlsHostname) || error.is(net::kTlsExpired);
}

net::Task<CertificateSighting> lookAtCertificate(std::shared_ptr<net::Route> route,
                                                 net::TlsClientContext context,
                                                 net::Target target,
                                                 std::chrono::milliseconds limit) {
    CertificateSighting seen;
    auto socket = co_await route->connect(target, limit);
    if (!socket) {
        seen.refusal = std::move(socket).error();
        co_return seen;
    }
    const auto executor = socket->get_executor();
    const auto stream = context.newStream(std::move(*socket), target.host);
    const net::Deadline deadline(executor, limit, [raw = stream.get()] {
        boost::system::error_code ignored;
        raw->lowest_layer().close(ignored);
    });
    const auto [error] =
        co_await stream->async_handshake(net::asio::ssl::stream_base::client, net::kAwaitTuple);
    const auto& presented = net::TlsClientContext::failure(*stream).presented;
    if (presented) seen.certificate = presented->der;
    if (deadline.expired()) {
        seen.refusal = Error(net::kTimeout,
                             target.text() + " did not finish the TLS handshake within " +
                                 std::to_string(limit.count()) + " ms.");
    } else if (error) {
        seen.refusal = net::TlsClientContext::explain(*stream, target.text(), error);
    }
    boost::system::error_code ignored;
    stream->lowest_layer().close(ignored);
    co_return seen;
}

}  // namespace pcg::gateway
