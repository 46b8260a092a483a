// SPDX-License-Identifier: Apache-2.0
// From a name to a connected TCP socket, within a deadline, with the cause of a failure in words.
//
// Name resolution runs on Asio's resolver thread; a resolver that hangs does not hold the loop, nor
// us past the deadline. Addresses are tried in the resolver's order, at most eight, sharing the
// time that is left.
#pragma once

#include "common/base/result.h"
#include "common/net/asio.h"

#include <chrono>
#include <string>
#include <vector>

namespace pcg::net {

struct Target {
    std::string host;  // a name or an IP literal, without brackets
    std::uint16_t port = 0;

    // "vc1.example.com:443", "[::1]:443".
    std::string text() const;

    friend bool operator==(const Target&, const Target&) = default;
};

// scheme://host[:port][/...], IPv6 in brackets. What does not parse is net.bad_address.
Result<Target> targetOfUrl(std::string_view url, std::uint16_t defaultPort);

// net.dns, net.timeout.
Task<Result<std::vector<asio::ip::tcp::endpoint>>> resolve(Target target,
                                                           std::chrono::milliseconds limit);

// net.dns, net.refused, net.timeout, net.unreachable. TCP_NODELAY and keep-alive are set.
Task<Result<TcpSocket>> connectTcp(Target target, std::chrono::milliseconds limit);

// A loopback or other address to listen on; port 0 = any free one. net.listen says who is in the
// way.
Result<TcpAcceptor> listenTcp(Executor executor, const Target& address);

// A socket error as a sentence: "10.0.0.1:443 refused the connection; nothing listens there".
Error describeSocketError(const boost::system::error_code& error, const std::string& peer);

// Sent data that is not acknowledged for so long ends the connection (TCP_USER_TIMEOUT, Linux).
void setUserTimeout(TcpSocket& socket, std::chrono::milliseconds limit);

}  // namespace pcg::net
