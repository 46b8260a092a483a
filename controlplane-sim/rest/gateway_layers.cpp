// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/gateway_layers.h"

#include "common/codec/base64url.h"
#include "pairing/sealed_credentials.h"

#include <algorithm>
#include <cstdio>

namespace pcg::controlplane::rest {
namespace {

namespace json = codec::json;

// Beyond this, certificates that are just issued look as if they were not valid yet.
constexpr std::chrono::seconds kClockTolerance{5};

struct Layer {
    std::string name;
    std::string_view state;
    std::string text;
    std::string nextStep;
};

std::string milliseconds(std::chrono::microseconds duration) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f ms", static_cast<double>(duration.count()) / 1000.0);
    return text;
}

std::string seconds(std::chrono::milliseconds duration) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(duration.count()) / 1000.0);
    return text;
}

Layer hostLayer(const LiveGateway& live) {
    if (!live.online) {
        return {"host",
                "unknown",
                "Nothing is known of the machine while the gateway does not report.",
                "Look at its console: is it on, and has it a network?"};
    }
    const auto offset = live.clockOffset.value_or(std::chrono::milliseconds(0));
    const auto distance = offset < offset.zero() ? -offset : offset;
    if (distance > kClockTolerance) {
        return {
            "host",
            "warning",
            "Its clock is " + seconds(distance) + (offset > offset.zero() ? " ahead." : " behind."),
            "Give the gateway a time server (NTP): with a wrong clock certificates look "
            "expired, or not valid yet."};
    }
    return {"host",
            "ok",
            "Version " + live.version + " runs" +
                (live.clockOffset ? ", its clock is right to " + seconds(distance) : "") + ".",
            ""};
}

Layer linkLayer(const LiveGateway& live) {
    if (!live.online) {
        return {"link",
                "failed",
                live.why,
                "On the gateway, pcgctl status says what it tries and why that fails; the firewall "
                "must let it out to the bus."};
    }
    return {"link",
            "ok",
            "Connected" + (live.path.empty() ? "" : ": " + live.path) +
                (live.roundTrip ? ", round trip " + milliseconds(*live.roundTrip) : "") + ".",
            ""};
}

Layer identityLayer(const Gateway& gateway) {
    if (gateway.state == GatewayState::Issued) {
        return {"identity",
                "warning",
                "Its papers are issued; the gateway has not confirmed them yet.",
                "Wait until it connects. If it does not, look at its console."};
    }
    return {"identity",
            "ok",
            "Paired on " + toRfc3339(gateway.boundAt) + " (epoch " + std::to_string(gateway.epoch) +
                ").",
            ""};
}

std::string_view nextStepOf(std::string_view state) {
    if (state == "unreachable") {
        return "Check the address, and that the gateway may reach it; then check it again.";
    }
    if (state == "untrusted" || state == "certificate_changed") {
        return "Compare the SHA-256 of the certificate with the endpoint's own, then approve it.";
    }
    if (state == "bad_credentials") return "Enter the credentials again.";
    return "";
}

Layer endpointLayer(const Endpoint& endpoint, const LiveGateway& live) {
    const auto name = "endpoint " + endpoint.name;
    if (!live.online) {
        return {name,
                "unknown",
                "Its last state was \"" + endpoint.state + "\", before the gateway went off.",
                ""};
    }
    if (endpoint.state == "ok") {
        return {name, "ok", "It answers, and its credentials are accepted.", ""};
    }
    if (endpoint.state == "checking") {
        return {name, "unknown", "It has not been looked at yet.", ""};
    }
    return {name, "failed", endpoint.why, std::string(nextStepOf(endpoint.state))};
}

json::Object toJson(const Layer& layer) {
    return json::Object()
        .set("name", layer.name)
        .set("state", layer.state)
        .set("text", layer.text)
        .set("next_step", layer.nextStep);
}

}  // namespace

json::Array layersOf(const Gateway& gateway,
                     const LiveGateway& live,
                     const std::vector<Endpoint>& endpoints) {
    json::Array layers;
    layers.emplace_back(toJson(hostLayer(live)));
    layers.emplace_back(toJson(linkLayer(live)));
    layers.emplace_back(toJson(identityLayer(gateway)));
    for (const auto& endpoint : endpoints) {
        layers.emplace_back(toJson(endpointLayer(endpoint, live)));
    }
    return layers;
}

json::Value sealingOf(const Gateway& gateway, const LiveGateway& live) {
    if (!live.sealing) return nullptr;
    const auto octets = codec::base64UrlDecode(live.sealing->publicKey);
    const auto signature = codec::base64UrlDecode(live.sealing->signature);
    if (!octets || octets->size() != crypto::kPointSize || !signature) return nullptr;
    crypto::PointBytes key{};
    std::copy(octets->begin(), octets->end(), key.begin());
    // Whoever seals checks this too; a key that would be refused there is not worth showing.
    if (!pairing::verifySealingKey(gateway.id.text(), key, gateway.deviceSpki, *signature)) {
        return nullptr;
    }
    return json::Object()
        .set("key_id", pairing::sealingKeyId(key))
        .set("public_key", live.sealing->publicKey)
        .set("signature", live.sealing->signature)
        .set("device_spki", codec::base64UrlEncode(gateway.deviceSpki));
}

json::Object linkOf(const LiveGateway& live) {
    json::Object link;
    link.set("why", live.why);
    link.set("path", live.path.empty() ? json::Value() : json::Value(live.path));
    link.set("rtt_ms",
             live.roundTrip ? json::Value(static_cast<double>(live.roundTrip->count()) / 1000.0)
                            : json::Value());
    link.set("clock_offset_ms",
             live.clockOffset ? json::Value(static_cast<std::int64_t>(live.clockOffset->count()))
                              : json::Value());
    link.set("last_heartbeat_ms_ago",
             live.sinceLastHeartbeat
                 ? json::Value(static_cast<std::int64_t>(live.sinceLastHeartbeat->count()))
                 : json::Value());
    return link;
}

}  // namespace pcg::controlplane::rest
