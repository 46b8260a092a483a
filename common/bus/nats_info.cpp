// SPDX-License-Identifier: Apache-2.0
#include "common/bus/nats_info.h"

#include "common/bus/errc.h"
#include "common/codec/json.h"

#include <limits>

namespace pcg::bus {
namespace {

constexpr std::size_t kMaxText = 512;
constexpr auto kMaxInteger = std::numeric_limits<std::int64_t>::max();

Error notNats(const std::string& why) {
    return Error(kProtocol,
                 "the broker's greeting is not a NATS INFO line: " + why +
                     "; check that the address is a NATS server's client port");
}

Result<ServerInfo> readFields(const codec::json::Object& object) {
    ServerInfo info;
    info.serverId = PCG_TRY(object.string("server_id", kMaxText));
    info.version = PCG_TRY(object.string("version", kMaxText));
    info.nonce = PCG_TRY(object.optionalString("nonce", kMaxText)).value_or("");
    info.protocol = PCG_TRY(object.optionalInteger("proto", 0, 1'000)).value_or(0);
    info.maxPayload =
        PCG_TRY(object.integer("max_payload", 1, std::numeric_limits<std::int32_t>::max()));
    info.clientId = PCG_TRY(object.optionalInteger("client_id", 0, kMaxInteger)).value_or(0);
    info.headers = PCG_TRY(object.booleanOr("headers", false));
    info.authRequired = PCG_TRY(object.booleanOr("auth_required", false));
    const bool required = PCG_TRY(object.booleanOr("tls_required", false));
    const bool available = PCG_TRY(object.booleanOr("tls_available", false));
    info.tlsOffered = required || available;
    return info;
}

}  // namespace

Result<ServerInfo> parseServerInfo(std::string_view line) {
    constexpr std::string_view kWord = "INFO ";
    if (!line.starts_with(kWord)) return fail(notNats("it does not start with INFO"));
    const auto object = codec::json::parseObject(line.substr(kWord.size()), kMaxInfoLine);
    if (!object) return fail(notNats(object.error().message()));
    auto info = readFields(*object);
    if (!info) return fail(notNats(info.error().message()));
    return info;
}

std::string greetingForCnats(const ServerInfo& info) {
    codec::json::Object object;
    object.set("server_id", info.serverId)
        .set("version", info.version)
        .set("proto", info.protocol)
        .set("host", "127.0.0.1")
        .set("port", 0)
        .set("headers", info.headers)
        .set("auth_required", info.authRequired)
        .set("max_payload", info.maxPayload)
        .set("client_id", info.clientId);
    if (!info.nonce.empty()) object.set("nonce", info.nonce);
    return "INFO " + codec::json::write(object) + "\r\n";
}

}  // namespace pcg::bus
