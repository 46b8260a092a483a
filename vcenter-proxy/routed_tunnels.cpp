// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/routed_tunnels.h"

#include "common/http/socket_transport.h"
#include "vcenter-proxy/errc.h"

#include <cstring>

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace pcg::proxy {
namespace {

namespace ip = net::asio::ip;

std::optional<ip::address> addressOf(const sockaddr* from) {
    if (from == nullptr) return std::nullopt;
    if (from->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, from, sizeof v4);
        return ip::address_v4(ntohl(v4.sin_addr.s_addr));
    }
    if (from->sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, from, sizeof v6);
        ip::address_v6::bytes_type octets;
        std::memcpy(octets.data(), &v6.sin6_addr, octets.size());
        return ip::address_v6(octets);
    }
    return std::nullopt;
}

}  // namespace

net::Task<Result<std::vector<TunnelDialer::Address>>> RoutedTunnels::resolve(
    std::string host, std::uint16_t port, std::chrono::milliseconds limit) {
    net::Target target{std::move(host), port};
    PCG_CO_TRY(const auto endpoints, co_await net::resolve(std::move(target), limit));
    std::vector<Address> addresses;
    addresses.reserve(endpoints.size());
    for (const auto& endpoint : endpoints) addresses.push_back(endpoint.address());
    co_return addresses;
}

Result<std::vector<TunnelDialer::Address>> RoutedTunnels::own() const {
    std::vector<Address> addresses;
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) {
        return fail(errc::kBusy, "the gateway cannot tell its own addresses now; try again later");
    }
    for (const auto* one = first; one != nullptr; one = one->ifa_next) {
        if (const auto address = addressOf(one->ifa_addr)) addresses.push_back(*address);
    }
    ::freeifaddrs(first);
    return addresses;
}

net::Task<Result<std::unique_ptr<http::Transport>>> RoutedTunnels::connect(
    Address address, std::uint16_t port, std::chrono::milliseconds limit) {
    net::Target target{address.to_string(), port};
    const auto route = route_;
    PCG_CO_TRY(auto socket, co_await route->connect(std::move(target), limit));
    co_return http::makeTcpTransport(std::move(socket));
}

}  // namespace pcg::proxy
