// SPDX-License-Identifier: Apache-2.0
#include "gateway/control/control_json.h"

#include "common/base/text.h"
#include "gateway/errc.h"
#include "gateway/remote/remote_api.h"

#include <algorithm>

namespace pcg::gateway {

namespace json = codec::json;

namespace {

std::string_view trustName(TrustKind kind) {
    switch (kind) {
        case TrustKind::Ca:
            return "ca";
        case TrustKind::Pin:
            return "pin";
        case TrustKind::Ask:
            return "ask";
    }
    return "ask";
}

json::Object toJson(const net::Way& way) {
    return json::Object().set("direct", way.direct).set("text", way.text).set("why", way.why);
}

}  // namespace

json::Object toJson(const PairingStatus& status, SteadyTime now) {
    json::Object body;
    body.set("state", pairingStateName(status.state));
    if (!status.message.empty()) body.set("message", status.message);
    if (!status.failure.empty()) body.set("failure", status.failure);
    if (status.state == PairingState::Offered) body.set("code", status.code);
    if (status.expires) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(*status.expires - now);
        body.set("expires_in_ms", std::max<std::int64_t>(left.count(), 0));
    }
    if (status.state == PairingState::Confirm) {
        body.set("sas", status.sas).set("requested_by", status.requestedBy);
    }
    if (!status.tenantId.empty()) {
        body.set("tenant_name", status.tenantName).set("tenant_id", status.tenantId);
    }
    return body;
}

json::Object toJson(const LinkReport& status) {
    json::Object body;
    body.set("state", status.state);
    if (!status.why.empty()) body.set("why", status.why);
    if (!status.failure.empty()) body.set("failure", status.failure);
    if (status.rttMs >= 0) body.set("rtt_ms", status.rttMs);
    if (!status.peer.empty()) body.set("peer", status.peer);
    if (!status.way.text.empty())
        body.set("transport", status.transport).set("way", toJson(status.way));
    return body;
}

json::Object toJson(const EgressReport& report) {
    json::Object body;
    if (!report.proxy.empty()) body.set("proxy", report.proxy);
    body.set("control_plane", report.controlplane).set("way", toJson(report.way));
    json::Array intercepted;
    for (const auto& found : report.intercepted) {
        json::Object item;
        item.set("allow", found.target)
            .set("issuer", sanitizeForConsole(found.issuer))
            .set("issuer_sha256", found.issuerSha256)
            .set("shown_sha256", found.shownSha256);
        intercepted.emplace_back(std::move(item));
    }
    body.set("intercepted", std::move(intercepted));
    return body;
}

json::Object toJson(const EndpointView& view) {
    json::Object body;
    body.set("id", view.record.id.text())
        .set("name", view.record.name)
        .set("kind", view.record.kind)
        .set("url", view.record.url)
        .set("trust", trustName(view.record.trust.kind))
        .set("state", endpointStateName(view.state))
        .set("why", view.why);
    if (view.record.trust.kind == TrustKind::Pin) body.set("pin_sha256", view.record.trust.anchor);
    if (!view.product.empty()) body.set("product", view.product);
    if (!view.record.tunnels.empty()) {
        json::Array tunnels;
        for (const auto& text : view.record.tunnels) tunnels.emplace_back(text);
        body.set("tunnels", std::move(tunnels));
    }
    const auto item = toJson(inventoryItem(view));
    for (const auto* name : {"certificate", "presented_certificate", "checked_at"}) {
        if (const auto* value = item.find(name)) body.set(name, *value);
    }
    return body;
}

json::Array toJson(const std::vector<EndpointView>& views) {
    json::Array items;
    for (const auto& view : views) items.emplace_back(toJson(view));
    return items;
}

json::Array toJson(const std::vector<Warnings::Active>& warnings) {
    json::Array items;
    for (const auto& warning : warnings) {
        const auto& text = textOf(warning.code);
        json::Object item;
        item.set("code", text.name)
            .set("severity", severityName(text.severity))
            .set("title", text.title)
            .set("subject", warning.subject)
            .set("detail", warning.detail)
            .set("next_step", text.nextStep)
            .set("since", toRfc3339(warning.since));
        items.emplace_back(std::move(item));
    }
    return items;
}

json::Array toJson(const std::vector<AccessKeyRecord>& keys,
                   const std::vector<EndpointView>& endpoints,
                   WallTime now) {
    json::Array items;
    for (const auto& key : keys) {
        const auto endpoint =
            std::find_if(endpoints.begin(), endpoints.end(), [&](const EndpointView& view) {
                return view.record.id == key.endpoint;
            });
        const bool expired = key.expiresAt && *key.expiresAt <= now;
        json::Object item;
        item.set("username", key.id.text())
            .set("endpoint",
                 endpoint == endpoints.end() ? key.endpoint.text() : endpoint->record.name)
            .set("role", key.roleName())
            .set("label", key.label)
            .set("state",
                 key.revoked ? "revoked"
                 : expired   ? "expired"
                             : "good")
            .set("created_at", key.createdAt);
        if (key.expiresAt) item.set("expires_at", toRfc3339(*key.expiresAt));
        if (key.lastUsedAt) item.set("last_used_at", toRfc3339(*key.lastUsedAt));
        items.emplace_back(std::move(item));
    }
    return items;
}

json::Array toJson(const std::vector<AuditRow>& rows) {
    json::Array items;
    for (const auto& row : rows) {
        json::Object item;
        item.set("seq", row.seq).set("at", row.at).set("event", row.event);
        auto data = json::parseObject(row.data);
        if (data) item.set("data", std::move(*data));
        items.emplace_back(std::move(item));
    }
    return items;
}

Result<KeyRole> parseKeyRole(std::string_view name, const policy::Policy* file) {
    if (const auto role = proxy::parseRole(name)) return KeyRole{*role, {}};
    std::vector<std::string> known{"inventory", "deploy", "full"};
    if (file != nullptr) {
        if (file->roleNamed(name) != nullptr)
            return KeyRole{proxy::Role::Inventory, std::string(name)};
        for (const auto& role : file->roles) known.push_back(role->name);
    }
    const auto meant = didYouMean(name, known);
    return fail(errc::kBadField,
                "role: \"" + std::string(name) + "\" is not inventory, deploy or full, and " +
                    (file == nullptr ? "there is no policy file that could have it."
                                     : "no role of the policy file.") +
                    (meant ? " Did you mean \"" + *meant + "\"?" : ""));
}

Result<proxy::Role> parseRoleField(std::string_view name) {
    if (const auto role = proxy::parseRole(name)) return *role;
    const auto meant = didYouMean(name, {"inventory", "deploy", "full"});
    return fail(errc::kBadField,
                "role: \"" + std::string(name) + "\" is not inventory, deploy or full." +
                    (meant ? " Did you mean \"" + *meant + "\"?" : ""));
}

Result<RemoteAccess> parseRemoteAccess(const json::Object& body, RemoteAccess now) {
    PCG_TRY(asField(body.onlyMembers({"endpoints", "keys"})));
    now.endpoints = PCG_TRY(asField(body.booleanOr("endpoints", now.endpoints)));
    now.keys = PCG_TRY(asField(body.booleanOr("keys", now.keys)));
    return now;
}

}  // namespace pcg::gateway
