// SPDX-License-Identifier: Apache-2.0
#include "appliance/console/gateway_facts.h"

#include "common/codec/json.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;

constexpr std::size_t kText = 4096;

std::string textOf(const json::Object& object, std::string_view name) {
    const auto text = object.optionalString(name, kText);
    return text && *text ? **text : std::string();
}

bool isTrue(const json::Object& object, std::string_view name) {
    const auto value = object.booleanOr(name, false);
    return value && *value;
}

// Calls `each` with every object of a list.
template <class Function>
void forEach(const json::Object& object, std::string_view name, std::size_t most, Function each) {
    const auto list = object.array(name, most);
    if (!list) return;
    for (const auto& item : **list)
        if (const auto* one = item.asObject()) each(*one);
}

void readWay(const json::Object& object, std::string& way, std::string& why) {
    const auto found = object.optionalObject("way");
    if (!found || *found == nullptr) return;
    way = textOf(**found, "text");
    why = textOf(**found, "why");
}

void readEgress(const json::Object& egress, GatewayFacts& gateway) {
    gateway.target = textOf(egress, "control_plane");
    gateway.proxy = textOf(egress, "proxy");
    readWay(egress, gateway.way, gateway.wayWhy);
    forEach(egress, "intercepted", 64, [&gateway](const json::Object& found) {
        gateway.inspections.push_back({textOf(found, "allow"),
                                       textOf(found, "issuer"),
                                       textOf(found, "issuer_sha256"),
                                       textOf(found, "shown_sha256")});
    });
}

void readPairing(const json::Object& pairing, GatewayFacts& gateway) {
    gateway.state = textOf(pairing, "state");
    gateway.message = textOf(pairing, "message");
    gateway.failure = textOf(pairing, "failure");
    gateway.code = textOf(pairing, "code");
    const auto left = pairing.optionalInteger("expires_in_ms");
    gateway.expiresInSeconds = left && *left ? **left / 1000 : 0;
    gateway.sas = textOf(pairing, "sas");
    gateway.tenantName = textOf(pairing, "tenant_name");
    gateway.tenantId = textOf(pairing, "tenant_id");
    gateway.requestedBy = textOf(pairing, "requested_by");
}

void readLink(const json::Object& link, GatewayFacts& gateway) {
    gateway.link = textOf(link, "state");
    gateway.linkWhy = textOf(link, "why");
    readWay(link, gateway.busWay, gateway.busWayWhy);
    if (gateway.state == "active") gateway.failure = textOf(link, "failure");
}

}  // namespace

void readStatus(std::string_view text, Facts& facts) {
    const auto status = json::parseObject(text, 8_MiB);
    if (!status) return;
    auto& gateway = facts.gateway;
    gateway.answers = true;
    facts.version = textOf(*status, "version");
    if (const auto egress = status->object("egress")) readEgress(**egress, gateway);
    if (const auto pairing = status->object("pairing")) readPairing(**pairing, gateway);
    if (const auto link = status->object("link")) readLink(**link, gateway);
    if (const auto policy = status->object("policy")) {
        gateway.paused = isTrue(**policy, "paused");
        gateway.readOnly = isTrue(**policy, "read_only");
    }
    forEach(*status, "endpoints", 1024, [&gateway](const json::Object& endpoint) {
        gateway.endpoints.push_back(
            {textOf(endpoint, "name"), textOf(endpoint, "state"), textOf(endpoint, "why")});
    });
    forEach(*status, "warnings", 8192, [&gateway](const json::Object& warning) {
        gateway.warnings.push_back({textOf(warning, "code"),
                                    textOf(warning, "severity"),
                                    textOf(warning, "title"),
                                    textOf(warning, "subject"),
                                    textOf(warning, "detail"),
                                    textOf(warning, "next_step")});
    });
}

}  // namespace pcg::appliance
