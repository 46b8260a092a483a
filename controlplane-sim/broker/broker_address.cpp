// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/broker/broker_address.h"

#include "controlplane-sim/broker/errc.h"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace pcg::controlplane::broker {
namespace {

constexpr std::uint16_t kPort = 4222;
constexpr std::uint16_t kHttps = 443;
constexpr std::size_t kMaxCaFile = 256 * 1024;

Result<std::string> readCaFile(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file || text.empty() || text.size() > kMaxCaFile) {
        return fail(kSettings,
                    "The file of --broker-ca-file, \"" + path.string() +
                        "\", cannot be read, is empty, or is too long for PEM certificates.");
    }
    return text;
}

}  // namespace

Result<BrokerAddress> addressOf(const ExternalBroker& broker, const std::string& ownCaPem) {
    BrokerAddress address;
    for (const auto& url : broker.urls) {
        const auto scheme = url.substr(0, url.find("://") + 3);
        const bool isNats = scheme == "tls://";
        auto target = PCG_TRY(net::targetOfUrl(url, isNats ? kPort : kHttps));
        address.urls.push_back(scheme + target.text());
        if (std::ranges::find(address.serverNames, target.host) == address.serverNames.end())
            address.serverNames.push_back(target.host);
        // We are beside the broker: there is nothing to go round.
        if (isNats) address.targets.push_back(std::move(target));
    }
    address.caPem = broker.caFile.empty() ? ownCaPem : PCG_TRY(readCaFile(broker.caFile));
    address.monitorUrl = broker.monitorUrl;
    return address;
}

BrokerAddress addressOf(const RunningBroker& child, const std::string& ownCaPem) {
    const net::Target target{"127.0.0.1", child.ports.client};
    std::vector<std::string> urls{"tls://" + target.text()};
    if (child.ports.webSocket != 0)
        urls.push_back("wss://127.0.0.1:" + std::to_string(child.ports.webSocket));
    return {{target},
            std::move(urls),
            {"localhost"},
            ownCaPem,
            "http://127.0.0.1:" + std::to_string(child.ports.monitor)};
}

}  // namespace pcg::controlplane::broker
