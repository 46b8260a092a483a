// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/presence/messages.h"

#include "common/codec/errc.h"
#include "common/codec/json.h"

namespace pcg::controlplane {
namespace {

using codec::json::Object;

constexpr ByteCount kMaxSmall = 4_KiB;
constexpr ByteCount kMaxInventory = 256_KiB;
constexpr ByteCount kMaxUploads = 256_KiB;
constexpr std::size_t kMostUploadsReported = 256;
constexpr std::size_t kMaxCode = 64;
constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxWhy = 4096;

constexpr std::size_t kMaxTarget = 512;
constexpr std::size_t kMaxPath = 256;
constexpr std::size_t kMaxKeyText = 128;
constexpr std::size_t kDigestText = 64;
constexpr std::int64_t kMaxClock = 253'402'300'799'000;  // the year 9999

Result<std::optional<LiveCertificate>> parseCertificate(const Object& from, std::string_view name) {
    const auto* object = PCG_TRY(from.optionalObject(name));
    if (object == nullptr) return std::nullopt;
    LiveCertificate certificate;
    certificate.sha256 = PCG_TRY(object->string("sha256", 64));
    certificate.subject = PCG_TRY(object->string("subject", kMaxWhy));
    certificate.issuer = PCG_TRY(object->string("issuer", kMaxWhy));
    certificate.notBefore = PCG_TRY(object->string("not_before", 64));
    certificate.notAfter = PCG_TRY(object->string("not_after", 64));
    return certificate;
}

// Members that an older gateway does not send read as absent.
Result<std::string> textOr(const Object& from, std::string_view name, std::size_t maxBytes) {
    return PCG_TRY(from.optionalString(name, maxBytes)).value_or("");
}

Result<LiveRemote> parseRemote(const Object& from) {
    const auto* remote = PCG_TRY(from.optionalObject("remote"));
    if (remote == nullptr) return LiveRemote{};
    const bool endpoints = PCG_TRY(remote->boolean("endpoints"));
    const bool keys = PCG_TRY(remote->boolean("keys"));
    return LiveRemote{endpoints, keys};
}

Result<std::optional<LiveSealing>> parseSealing(const Object& from) {
    const auto* sealing = PCG_TRY(from.optionalObject("sealing"));
    if (sealing == nullptr) return std::nullopt;
    auto publicKey = PCG_TRY(sealing->string("public_key", kMaxKeyText));
    auto signature = PCG_TRY(sealing->string("signature", kMaxKeyText));
    return LiveSealing{std::move(publicKey), std::move(signature)};
}

Result<ReportedEndpoint> parseStored(const Object& object) {
    const std::string id = PCG_TRY(object.string("id", 64));
    auto endpointId = PCG_TRY(wire::parseEndpointId(id));
    auto name = PCG_TRY(object.string("name", kMaxName));
    auto kind = PCG_TRY(object.string("kind", 32));
    auto state = PCG_TRY(object.string("state", 32));
    auto why = PCG_TRY(object.string("why", kMaxWhy));
    return ReportedEndpoint{.id = std::move(endpointId),
                            .name = std::move(name),
                            .kind = std::move(kind),
                            .state = std::move(state),
                            .why = std::move(why)};
}

Result<LiveEndpoint> parseLive(const Object& object) {
    LiveEndpoint live;
    live.target = PCG_TRY(textOr(object, "target", kMaxTarget));
    live.certificate = PCG_TRY(parseCertificate(object, "certificate"));
    live.presented = PCG_TRY(parseCertificate(object, "presented_certificate"));
    live.checkedAt = PCG_TRY(textOr(object, "checked_at", 64));
    return live;
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
    auto instanceId = PCG_TRY(wire::parseInstanceId(instance));
    auto boot = PCG_TRY(parseBoot(object));
    auto version = PCG_TRY(object.string("version", 64));
    auto hostname = PCG_TRY(object.string("hostname", 255));
    auto path = PCG_TRY(textOr(object, "path", kMaxPath));
    const auto linkEpoch = PCG_TRY(object.integer("link_epoch", 1));
    return HelloReport{.instance = std::move(instanceId),
                       .boot = std::move(boot),
                       .version = std::move(version),
                       .hostname = std::move(hostname),
                       .linkEpoch = static_cast<std::uint64_t>(linkEpoch),
                       .path = std::move(path)};
}

Result<EndpointReport> parseEndpointReport(const Object& object) {
    auto stored = PCG_TRY(parseStored(object));
    auto live = PCG_TRY(parseLive(object));
    return EndpointReport{std::move(stored), std::move(live)};
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

Result<std::vector<ChainHead>> parseAuditHeads(BytesView payload) {
    const auto object = PCG_TRY(codec::json::parseObject(asText(payload), kMaxSmall));
    std::vector<ChainHead> heads;
    for (const std::string_view chain : {"events", "calls"}) {
        const auto* one = PCG_TRY(object.object(chain));
        ChainHead head;
        head.chain = chain;
        head.place = static_cast<std::uint64_t>(PCG_TRY(one->integer("place", 0)));
        const auto digest = PCG_TRY(one->string("chain", kDigestText));
        const auto octets = fromHex(digest);
        if (digest.size() != kDigestText || !octets) {
            return fail(codec::kJsonField,
                        std::string(chain) + ".chain is not 64 hexadecimal digits.");
        }
        head.digest = toHex(*octets);
        heads.push_back(std::move(head));
    }
    return heads;
}

Result<UploadReport> parseUploadReport(const Object& object) {
    const auto id = PCG_TRY(object.string("id", 64));
    const auto name = PCG_TRY(object.string("state", 16));
    const auto state = wire::parseUploadState(name);
    if (!state) return fail(codec::kJsonField, "state: is none of an upload's.");
    auto uploadId = PCG_TRY(wire::parseUploadId(id));
    const auto fetched = PCG_TRY(object.integer("fetched", 0));
    const auto pushed = PCG_TRY(object.integer("pushed", 0));
    const auto total = PCG_TRY(object.optionalInteger("total", 0));
    const bool cached = PCG_TRY(object.booleanOr("cached", false));
    auto code = PCG_TRY(textOr(object, "code", kMaxCode));
    auto why = PCG_TRY(textOr(object, "why", kMaxWhy));
    UploadReport report{.id = std::move(uploadId),
                        .state = *state,
                        .fetched = static_cast<std::uint64_t>(fetched),
                        .pushed = static_cast<std::uint64_t>(pushed),
                        .total = std::nullopt,
                        .cached = cached,
                        .code = std::move(code),
                        .why = std::move(why)};
    if (total) report.total = static_cast<std::uint64_t>(*total);
    return report;
}

Result<UploadsReport> parseUploads(BytesView payload) {
    const auto object = PCG_TRY(codec::json::parseObject(asText(payload), kMaxUploads));
    UploadsReport report;
    report.whole = PCG_TRY(object.boolean("whole"));
    const auto* items = PCG_TRY(object.array("uploads", kMostUploadsReported));
    for (const auto& item : *items) {
        const Object none;
        const auto* upload = item.asObject();
        report.uploads.push_back(PCG_TRY(parseUploadReport(upload != nullptr ? *upload : none)));
    }
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
