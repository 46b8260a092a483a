// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/cli/gateways_command.h"

#include "pairing/tenant_name.h"

#include <algorithm>
#include <cstdio>

namespace pcg::controlplane::cli {
namespace {

std::string column(const std::string& text, std::size_t width) {
    return text + std::string(text.size() < width ? width - text.size() : 0, ' ') + "  ";
}

std::string textOf(const codec::json::Object& object, std::string_view name) {
    const auto text = object.optionalString(name, 1024);
    return text && *text ? pairing::displayName(**text).text : "-";
}

}  // namespace

std::string gatewayTable(const codec::json::Object& answer) {
    std::string table =
        column("GATEWAY", 29) + column("NAME", 20) + column("STATE", 8) + "VERSION\n";
    const auto list = answer.array("items", 100'000);
    if (!list || (*list)->empty())
        return "Your tenant has no gateway yet; pair one with: pcg pair CODE\n";
    for (const auto& item : **list) {
        const auto* gateway = item.asObject();
        if (gateway == nullptr) continue;
        table += column(textOf(*gateway, "id"), 29) + column(textOf(*gateway, "name"), 20) +
                 column(textOf(*gateway, "state"), 8) + textOf(*gateway, "version") + "\n";
    }
    return table;
}

net::Task<int> listGateways(TenantApi& api, bool json) {
    const auto answer = co_await api.gateways();
    if (!answer) {
        std::fprintf(stderr, "pcg: %s\n", answer.error().message().c_str());
        co_return 1;
    }
    const auto text = json ? codec::json::write(*answer) + "\n" : gatewayTable(*answer);
    std::fputs(text.c_str(), stdout);
    co_return 0;
}

}  // namespace pcg::controlplane::cli
