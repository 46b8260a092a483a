// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/presence/messages.h"

#include "common/codec/json.h"

namespace pcg::controlplane {
namespace {

constexpr ByteCount kMaxSmall = 4_KiB;
constexpr ByteCount kMaxInventory = 256_KiB;
constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxWhy = 1024;

Result<ReportedEndpoint> parseEndpoint(const codec::json::Value& value) {
    const codec::json::Object none;
    const codec::json::Object& object = value.asObject() != nullptr ? *value.asObject() : none;
    const std::string id = PCG_TRY(object.string("id", 64));
    return ReportedEndpoint{.id = PCG_TRY(wire::parseEndpointId(id)),
                            .name = PCG_TRY(object.string("name", kMaxName)),
                            .kind = PCG_TRY(object.string("kind", 32)),
                            .state = PCG_TRY(object.string("state", 32)),
                            .why = PCG_TRY(object.string("why", kMaxWhy))};
}

Result<std::optional<wire::InstanceId>> parseBoot(const codec::json::Object& object) {
    const auto boot = PCG_TRY(object.optionalString("boot", 64));
    if (!boot) return std::nullopt;
    return PCG_TRY(wire::parseInstanceId(*boot));
}

}  // namespace

Result<HelloReport> parseHello(BytesView payload) {
    const auto object = PCG_TRY(codec::json::parseObject(asText(payload), kMaxSmall));
    const std::string instance = PCG_TRY(object.string("instance", 64));
    HelloReport hello{.instance = PCG_TRY(wire::parseInstanceId(instance)),
                      .boot = PCG_TRY(parseBoot(object)),
                      .version = PCG_TRY(object.string("version", 64)),
                      .hostname = PCG_TRY(object.string("hostname", 255)),
                      .linkEpoch = 0};
    hello.linkEpoch = static_cast<std::uint64_t>(PCG_TRY(object.integer("link_epoch", 1)));
    return hello;
}

Result<std::vector<ReportedEndpoint>> parseInventory(BytesView payload) {
    const auto object = PCG_TRY(codec::json::parseObject(asText(payload), kMaxInventory));
    const codec::json::Array* items = PCG_TRY(object.array("endpoints", kMaxEndpointsPerGateway));
    std::vector<ReportedEndpoint> endpoints;
    for (const auto& item : *items) endpoints.push_back(PCG_TRY(parseEndpoint(item)));
    return endpoints;
}

Result<PongReport> parsePong(BytesView payload) {
    const auto object = PCG_TRY(codec::json::parseObject(asText(payload), kMaxSmall));
    PongReport pong;
    pong.sequence = static_cast<std::uint64_t>(PCG_TRY(object.integer("seq", 0)));
    pong.boot = PCG_TRY(parseBoot(object));
    return pong;
}

}  // namespace pcg::controlplane
