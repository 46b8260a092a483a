// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/presence/messages.h"

#include "common/codec/json.h"

namespace pcg::controlplane {
namespace {

using codec::json::Object;

constexpr ByteCount kMaxSmall = 4_KiB;
constexpr ByteCount kMaxInventory = 256_KiB;
constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxWhy = 4096;

constexpr std::size_t kMaxTarget = 512;
constexpr std::size_t kMaxPath = 256;
constexpr std::size_t kMaxKeyText = 128;
constexpr std::int64_t kMaxClock = 253'402'300'799'000;  // the year 9999

Result<std::optional<LiveCertificate>> parseCertificate(const Object& from, std::string_view name) {
    const auto* object = PCG_TRY(from.optionalObject(name));
    if (object == nullptr) return std::nullopt;
    return LiveCertificate{.sha256 = PCG_TRY(object->string("sha256", 64)),
                           .subject = PCG_TRY(object->string("subject", kMaxWhy)),
                           .issuer = PCG_TRY(object->string("issuer", kMaxWhy)),
                           .notBefore = PCG_TRY(object->string("not_before", 64)),
                           .notAfter = PCG_TRY(object->string("not_after", 64))};
}

// Members that an older gateway does not send read as absent.
Result<std::string> textOr(const Object& from, std::string_view name, std::size_t maxBytes) {
    return PCG_TRY(from.optionalString(name, maxBytes)).value_or("");
}

Result<LiveRemote> parseRemote(const Object& from) {
    const auto* remote = PCG_TRY(from.optionalObject("remote"));
    if (remote == nullptr) return LiveRemote{};
    return LiveRemote{PCG_TRY(remote->boolean("endpoints")), PCG_TRY(remote->boolean("keys"))};
}

Result<std::optional<LiveSealing>> parseSealing(const Object& from) {
    const auto* sealing = PCG_TRY(from.optionalObject("sealing"));
    if (sealing == nullptr) return std::nullopt;
    return LiveSealing{PCG_TRY(sealing->string("public_key", kMaxKeyText)),
                       PCG_TRY(sealing->string("signature", kMaxKeyText))};
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
                      .linkEpoch = 0,
                      .path = PCG_TRY(textOr(object, "path", kMaxPath))};
    hello.linkEpoch = static_cast<std::uint64_t>(PCG_TRY(object.integer("link_epoch", 1)));
    return hello;
}

Result<EndpointReport> parseEndpointReport(const Object& object) {
    const std::string id = PCG_TRY(object.string("id", 64));
    return EndpointReport{
        .stored = {.id = PCG_TRY(wire::parseEndpointId(id)),
                   .name = PCG_TRY(object.string("name", kMaxName)),
                   .kind = PCG_TRY(object.string("kind", 32)),
                   .state = PCG_TRY(object.string("state", 32)),
                   .why = PCG_TRY(object.string("why", kMaxWhy))},
        .live = {.target = PCG_TRY(textOr(object, "target", kMaxTarget)),
                 .certificate = PCG_TRY(parseCertificate(object, "certificate")),
                 .presented = PCG_TRY(parseCertificate(object, "presented_certificate")),
                 .checkedAt = PCG_TRY(textOr(object, "checked_at", 64))}};
}

Result<InventoryReport> parseInventory(BytesView payload) {
    const auto object = PCG_TRY(codec::json::parseObject(asText(payload), kMaxInventory));
    const codec::json::Array* items = PCG_TRY(object.array("endpoints", kMaxEndpointsPerGateway));
    InventoryReport report;
    for (const auto& item : *items) {
        const Object none;
        const auto* endpoint = item.asObject();
        report.endpoints.push_back(
            PCG_TRY(parseEndpointReport(endpoint != nullptr ? *endpoint : none)));
    }
    report.sealing = PCG_TRY(parseSealing(object));
    report.remote = PCG_TRY(parseRemote(object));
    return report;
}

Result<PongReport> parsePong(BytesView payload) {
    const auto object = PCG_TRY(codec::json::parseObject(asText(payload), kMaxSmall));
    PongReport pong;
    pong.sequence = static_cast<std::uint64_t>(PCG_TRY(object.integer("seq", 0)));
    const auto at = PCG_TRY(object.optionalInteger("at_ms", 0, kMaxClock));
    if (at) pong.at = fromUnixMilliseconds(*at);
    pong.boot = PCG_TRY(parseBoot(object));
    return pong;
}

}  // namespace pcg::controlplane
