// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/pinned_hosts.h"

#include "common/crypto/sha1.h"
#include "common/http/transport.h"
#include "common/net/deadline.h"
#include "vcenter-proxy/errc.h"

namespace pcg::proxy {
namespace {

constexpr std::chrono::seconds kHandshakeLimit{15};

// A host that takes nothing for so long is gone; a lease ends by silence, too.
constexpr std::chrono::minutes kIdleLimit{5};

bool isInside(const net::asio::ip::address& address) {
    if (address.is_loopback() || address.is_unspecified() || address.is_multicast()) return true;
    if (address.is_v4()) return (address.to_v4().to_uint() >> 16) == 0xa9fe;  // 169.254.0.0/16
    const auto v6 = address.to_v6();
    if (v6.is_v4_mapped()) {
        return isInside(net::asio::ip::make_address_v4(net::asio::ip::v4_mapped, v6));
    }
    return v6.is_link_local();
}

// What was connected to is looked at, not what a name may resolve to.
class OutsideRoute final : public net::Route {
  public:
    explicit OutsideRoute(std::shared_ptr<net::Route> inner) : inner_(std::move(inner)) {}

    net::Task<Result<net::TcpSocket>> connect(net::Target target,
                                              std::chrono::milliseconds limit) override {
        PCG_CO_TRY(auto socket, co_await inner_->connect(target, limit));
        boost::system::error_code error;
        const auto remote = socket.remote_endpoint(error);
        if (error || isInside(remote.address())) {
            co_return fail(errc::kBadLease,
                           "the lease names " + target.host +
                               ", which is the gateway itself or a link-local address; nothing was "
                               "sent");
        }
        co_return std::move(socket);
    }

    net::Way wayTo(const net::Target& target) const override { return inner_->wayTo(target); }

  private:
    std::shared_ptr<net::Route> inner_;
};

// The certificate that the host shows; nothing is sent to it.
net::Task<Result<net::PresentedCertificate>> certificateOf(std::shared_ptr<net::Route> route,
                                                           net::Target target) {
    // No certificate has a SHA-256 of zeros: the handshake ends where the certificate is known.
    PCG_CO_TRY(const auto context, net::TlsClientContext::create(net::TrustLeafPin{}));
    PCG_CO_TRY(auto socket, co_await route->connect(target, kHandshakeLimit));
    const auto executor = socket.get_executor();
    const auto stream = context.newStream(std::move(socket), target.host);
    const net::Deadline deadline(executor, kHandshakeLimit, [raw = stream.get()] {
        boost::system::error_code ignored;
        raw->lowest_layer().close(ignored);
    });
    const auto [error] =
        co_await stream->async_handshake(net::asio::ssl::stream_base::client, net::kAwaitTuple);
    auto presented = net::TlsClientContext::failure(*stream).presented;
    boost::system::error_code ignored;
    stream->lowest_layer().close(ignored);
    if (!presented) {
        co_return fail(
            errc::kBadLease,
            "the host " + target.text() + " of the lease does not speak TLS: " + error.message());
    }
    co_return std::move(*presented);
}

}  // namespace

PinnedHosts::PinnedHosts(net::Loop& loop, std::shared_ptr<net::Route> route, Reach reach)
    : loop_(loop), route_(std::move(route)) {
    if (reach == Reach::Outside) route_ = std::make_shared<OutsideRoute>(std::move(route_));
}

net::Task<Result<std::shared_ptr<http::Caller>>> PinnedHosts::callerTo(LeaseHost host) {
    const net::Target target{host.host, host.port};
    PCG_CO_TRY(const auto shown, co_await certificateOf(route_, target));
    if (crypto::sha1(shown.der) != host.thumbprint) {
        co_return fail(errc::kBadLease,
                       target.text() + " shows another certificate than its lease says (SHA-256 " +
                           shown.sha256Hex() + "); nothing was sent");
    }
    PCG_CO_TRY(auto context, net::TlsClientContext::create(net::TrustLeafPin{shown.sha256}));
    auto dialer = std::make_shared<net::Dialer>(std::move(context), route_);
    http::ClientOptions options;
    options.authority = target.text();
    options.limits = {.head = kIdleLimit, .idle = kIdleLimit};
    options.maxConnections = 1;
    std::shared_ptr<http::Caller> caller = std::make_shared<http::Client>(
        loop_, http::tlsOpener(std::move(dialer), host.host, host.port), options);
    co_return caller;
}

}  // namespace pcg::proxy
