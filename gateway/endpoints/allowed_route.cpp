// SPDX-License-Identifier: Apache-2.0
#include "gateway/endpoints/allowed_route.h"

#include "gateway/errc.h"

#include <algorithm>

namespace pcg::gateway {

bool AllowedRoute::isAllowed(const net::asio::ip::address& address) const {
    return std::any_of(networks_.begin(), networks_.end(), [&](const net::Network& network) {
        return network.contains(address);
    });
}

net::Task<Result<net::TcpSocket>> AllowedRoute::connect(net::Target target,
                                                        std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    PCG_CO_TRY(const auto endpoints, co_await net::resolve(target, limit));
    // The addresses behind the name are not said: who asks may not know them.
    Error last(
        errc::kNotAllowed,
        target.host +
            " is in none of the networks that this gateway may reach. Whoever "
            "runs it can allow more of them (`endpoint_networks`, on an appliance `networks`).");
    for (const auto& endpoint : endpoints) {
        if (!isAllowed(endpoint.address())) continue;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            end - std::chrono::steady_clock::now());
        if (left.count() <= 0) break;
        net::Target one{endpoint.address().to_string(), target.port};
        auto socket = co_await below_->connect(std::move(one), left);
        if (socket) co_return std::move(socket);
        last = std::move(socket).error();
    }
    co_return fail(std::move(last));
}

std::shared_ptr<net::Route> routeTo(const std::vector<net::Network>& networks,
                                    std::shared_ptr<net::Route> below) {
    if (networks.empty()) return below;
    return std::make_shared<AllowedRoute>(networks, std::move(below));
}

}  // namespace pcg::gateway
