// SPDX-License-Identifier: Apache-2.0
// A place has one spelling, which is read as the same place, and an address in it is one that the
// rules see: what they refuse stays refused however it is written.
#include "common/base/assert.h"
#include "vcenter-proxy/endpoint/basic_credentials.h"
#include "vcenter-proxy/tunnel_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pcg;
    const std::string text(asText({data, size}));
    http::HeaderList headers;
    headers.add("Proxy-Authorization", text);
    const auto shown = proxy::basicCredentials(headers, "Proxy-Authorization");
    if (shown) PCG_ASSERT(shown->username.find(':') == std::string::npos);

    const auto target = proxy::TunnelTarget::parse(text);
    if (!target) return 0;
    const auto again = proxy::TunnelTarget::parse(target->text());
    PCG_ASSERT(again && *again == *target && again->text() == target->text());
    PCG_ASSERT(target->port() != 0);
    for (const char c : target->host()) PCG_ASSERT(c > ' ' && c < 0x7f && c != '/' && c != '@');
    if (!target->address()) return 0;
    const auto& address = *target->address();
    PCG_ASSERT(proxy::plainAddress(address) == address);
    // By its address it is open where it is listed, and nowhere else.
    const std::vector<net::asio::ip::address> resolved{address};
    PCG_ASSERT(proxy::whereTo({*target}, *target, resolved, resolved).has_value());
    PCG_ASSERT(!proxy::whereTo({}, *target, resolved, {}).has_value());
    const auto name = proxy::TunnelTarget::parse("name.example:" + std::to_string(target->port()));
    const bool reached = proxy::whereTo({*name}, *name, resolved, {}).has_value();
    PCG_ASSERT(reached != proxy::isOutOfReach(address));
    return 0;
}
