// SPDX-License-Identifier: Apache-2.0
#include "common/net/connect.h"

#include "common/base/text.h"
#include "common/net/deadline.h"
#include "common/net/errc.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace pcg::net {
namespace {

using Endpoints = std::vector<asio::ip::tcp::endpoint>;
using std::chrono::milliseconds;

constexpr std::size_t kMaxAddresses = 8;

// Shared with the resolver's handler, which may come after nobody waits any more.
struct Lookup {
    explicit Lookup(Executor executor) : resolver(executor), done(executor) {}

    TcpResolver resolver;
    Timer done;
    boost::system::error_code error;
    Endpoints endpoints;
    bool answered = false;
};

milliseconds timeLeft(std::chrono::steady_clock::time_point end) {
    return std::max(
        milliseconds(0),
        std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now()));
}

void startLookup(const std::shared_ptr<Lookup>& lookup, const Target& target) {
    const auto flags = asio::ip::resolver_base::numeric_service;
    lookup->resolver.async_resolve(
        target.host,
        std::to_string(target.port),
        flags,
        [lookup](const boost::system::error_code& error, const TcpResolver::results_type& results) {
            lookup->error = error;
            lookup->answered = true;
            for (const auto& entry : results) {
                if (lookup->endpoints.size() < kMaxAddresses)
                    lookup->endpoints.push_back(entry.endpoint());
            }
            lookup->done.cancel();
        });
}

Error timedOut(const std::string& peer, milliseconds limit) {
    return Error(kTimeout,
                 peer + " did not answer within " + std::to_string(limit.count()) +
                     " ms; a firewall between may be dropping the packets");
}

void tune(TcpSocket& socket) {
    boost::system::error_code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
}

}  // namespace

std::string Target::text() const {
    const bool ipv6 = host.find(':') != std::string::npos;
    return (ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Target> targetOfUrl(std::string_view url, std::uint16_t defaultPort) {
    const auto bad = [&url](const char* why) {
        return fail(kBadAddress,
                    "\"" + std::string(url) +
                        "\" is not an address of the form scheme://host:port: " + why);
    };
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return bad("the scheme is missing");
    std::string_view authority = url.substr(scheme + 3);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    if (authority.find('@') != std::string_view::npos) return bad("it must not hold credentials");
    std::string_view host = authority;
    std::string_view port;
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) return bad("the bracket is not closed");
        host = authority.substr(1, close - 1);
        port = authority.substr(close + 1);
        if (!port.empty() && !port.starts_with(':')) return bad("something follows the bracket");
        if (!port.empty()) port.remove_prefix(1);
    } else if (const auto colon = authority.rfind(':'); colon != std::string_view::npos) {
        host = authority.substr(0, colon);
        port = authority.substr(colon + 1);
        if (host.find(':') != std::string_view::npos) return bad("an IPv6 address needs brackets");
        if (port.empty()) return bad("the port is empty");
    }
    if (host.empty() || host.size() > 253) return bad("the host is empty or too long");
    if (host.find_first_of(std::string_view(" \t\r\n\0\\", 6)) != std::string_view::npos) {
        return bad("the host holds a blank or a control character");
    }
    if (port.empty()) return Target{std::string(host), defaultPort};
    const auto number = parseUnsigned(port);
    if (!number || *number == 0 || *number > 65535) return bad("the port must be 1 to 65535");
    return Target{std::string(host), static_cast<std::uint16_t>(*number)};
}

Error describeSocketError(const boost::system::error_code& error, const std::string& peer) {
    namespace errc = asio::error;
    if (error == errc::connection_refused) {
        return Error(
            kRefused,
            peer + " refused the connection; check that the service runs and the port is right");
    }
    if (error == errc::timed_out) {
        return Error(
            kTimeout,
            peer + " did not answer in time; a firewall between may be dropping the packets");
    }
    if (error == errc::eof || error == errc::connection_reset || error == errc::broken_pipe) {
        return Error(kClosed, peer + " closed the connection");
    }
    if (error == errc::operation_aborted)
        return Error(kClosed, "the connection to " + peer + " was given up");
    return Error(kUnreachable, peer + " cannot be reached: " + error.message());
}

Task<Result<Endpoints>> resolve(Target target, milliseconds limit) {
    boost::system::error_code notNumeric;
    const auto address = asio::ip::make_address(target.host, notNumeric);
    if (!notNumeric) co_return Endpoints(1, asio::ip::tcp::endpoint(address, target.port));

    const auto executor = co_await asio::this_coro::executor;
    const auto lookup = std::make_shared<Lookup>(executor);
    lookup->done.expires_after(limit);
    startLookup(lookup, target);
    co_await lookup->done.async_wait(kAwaitTuple);
    if (!lookup->answered) {
        lookup->resolver.cancel();
        co_return fail(kDnsFailed,
                       "the name " + target.host + " was not resolved within " +
                           std::to_string(limit.count()) +
                           " ms; check the DNS servers of this machine");
    }
    if (lookup->error || lookup->endpoints.empty()) {
        co_return fail(kDnsFailed,
                       "the name " + target.host + " cannot be resolved (" +
                           lookup->error.message() +
                           "); check the spelling and the DNS servers of this machine");
    }
    co_return std::move(lookup->endpoints);
}

Task<Result<TcpSocket>> connectTcp(Target target, milliseconds limit) {
    const auto executor = co_await asio::this_coro::executor;
    const auto end = std::chrono::steady_clock::now() + limit;
    PCG_CO_TRY(const Endpoints endpoints, co_await resolve(target, limit));

    Error last = timedOut(target.text(), limit);
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        const milliseconds share = timeLeft(end) / static_cast<long>(endpoints.size() - i);
        TcpSocket socket(executor);
        Deadline deadline(executor, share, [&socket] {
            boost::system::error_code ignored;
            socket.close(ignored);
        });
        const auto [error] = co_await socket.async_connect(endpoints[i], kAwaitTuple);
        if (deadline.expired()) continue;
        if (!error) {
            tune(socket);
            co_return std::move(socket);
        }
        last = describeSocketError(error, target.text());
        if (error == asio::error::operation_aborted) break;  // whoever waits has given up
    }
    co_return fail(std::move(last));
}

Result<TcpAcceptor> listenTcp(Executor executor, const Target& address) {
    boost::system::error_code error;
    const auto ip = asio::ip::make_address(address.host, error);
    if (error) {
        return fail(kListenFailed,
                    "cannot listen on \"" + address.host + "\": give an IP address, not a name");
    }
    const asio::ip::tcp::endpoint endpoint(ip, address.port);
    TcpAcceptor acceptor(executor);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
        return fail(kListenFailed,
                    "cannot listen on " + address.text() + ": " + error.message() +
                        "; choose another port or stop whatever uses it");
    }
    return acceptor;
}

void setUserTimeout(TcpSocket& socket, milliseconds limit) {
    const auto value = static_cast<unsigned>(limit.count());
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &value, sizeof value);
}

}  // namespace pcg::net
