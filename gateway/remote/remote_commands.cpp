// SPDX-License-Identifier: Apache-2.0
#include "gateway/remote/remote_commands.h"

#include "gateway/console/pairing_status.h"
#include "gateway/control/control_json.h"
#include "gateway/endpoints/new_endpoint.h"
#include "pairing/sealed_credentials.h"

#include <algorithm>

namespace pcg::gateway::remote {
namespace {

using codec::json::Object;

constexpr std::size_t kMaxPem = 32 * 1024;
constexpr std::size_t kMaxActor = 128;
constexpr std::int64_t kMaxKeySeconds = 10LL * 366 * 24 * 3600;
constexpr std::size_t kMaxBoxText = (pairing::kMaxSealedCredentials * 4 + 2) / 3;

Result<EndpointTrust> parseTrust(const Object& body) {
    const auto* trust = PCG_TRY(asField(body.object("trust")));
    const auto mode = PCG_TRY(asField(trust->string("mode", 16)));
    if (mode == "ca") {
        PCG_TRY(asField(trust->onlyMembers({"mode", "ca_pem"})));
        return trustInCa(PCG_TRY(asField(trust->string("ca_pem", kMaxPem))), "trust.ca_pem");
    }
    if (mode == "pin") {
        PCG_TRY(asField(trust->onlyMembers({"mode", "sha256"})));
        return trustInPin(PCG_TRY(asField(trust->string("sha256", 256))), "trust.sha256");
    }
    if (mode == "ask") {
        PCG_TRY(asField(trust->onlyMembers({"mode"})));
        return EndpointTrust{TrustKind::Ask, ""};
    }
    return badField("trust.mode", "must be ca, pin or ask.");
}

Result<SealedBox> parseBox(const Object& body) {
    const auto* credentials = PCG_TRY(asField(body.object("credentials")));
    PCG_TRY(asField(credentials->onlyMembers({"sealed", "key_id"})));
    auto sealed = PCG_TRY(asField(credentials->string("sealed", kMaxBoxText)));
    auto keyId = PCG_TRY(asField(credentials->string("key_id", 64)));
    return SealedBox{std::move(sealed), std::move(keyId)};
}

}  // namespace

Result<AddEndpoint> AddEndpoint::parse(const Object& body) {
    PCG_TRY(asField(body.onlyMembers({"name", "kind", "address", "trust", "credentials"})));
    const auto kind = PCG_TRY(asField(body.string("kind", 64)));
    AddEndpoint made;
    made.name = PCG_TRY(parseNameField(body));
    made.kind = PCG_TRY(parseKind(kind));
    made.address = PCG_TRY(parseAddressField(body, "address"));
    made.trust = PCG_TRY(parseTrust(body));
    made.credentials = PCG_TRY(parseBox(body));
    return made;
}

Result<UpdateEndpoint> UpdateEndpoint::parse(const Object& body) {
    PCG_TRY(asField(body.onlyMembers({"name", "address", "trust", "credentials"})));
    UpdateEndpoint made;
    if (body.has("name")) made.name = PCG_TRY(parseNameField(body));
    if (body.has("address")) made.address = PCG_TRY(parseAddressField(body, "address"));
    if (body.has("trust")) made.trust = PCG_TRY(parseTrust(body));
    if (body.has("credentials")) made.credentials = PCG_TRY(parseBox(body));
    if (body.size() > 0) return made;
    return badField("name", "or address, trust or credentials is needed: nothing would change.");
}

Result<std::string> parseApproval(const Object& body) {
    PCG_TRY(asField(body.onlyMembers({"sha256"})));
    const auto text = PCG_TRY(asField(body.string("sha256", 256)));
    return PCG_TRY(trustInPin(text, "sha256")).anchor;
}

Result<MintKey> MintKey::parse(const Object& body) {
    PCG_TRY(asField(body.onlyMembers({"label", "role", "expires_in_s"})));
    const auto role = PCG_TRY(asField(body.string("role", 32)));
    const auto seconds = PCG_TRY(asField(body.optionalInteger("expires_in_s", 1, kMaxKeySeconds)));
    auto label = PCG_TRY(parseLabel(body));
    const auto parsedRole = PCG_TRY(parseRoleField(role));
    MintKey made{std::move(label), parsedRole, std::nullopt};
    if (seconds) made.expiresIn = std::chrono::seconds(*seconds);
    return made;
}

std::string actorOf(std::string_view header) { return sanitizeForConsole(header, kMaxActor); }

std::string fieldOf(std::string_view message) {
    const bool isQuoted = message.starts_with('"');
    if (isQuoted) message.remove_prefix(1);
    const auto end = message.find(isQuoted ? '"' : ':');
    const auto name = message.substr(0, end == std::string_view::npos ? 0 : end);
    const auto isMember = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    };
    if (name.size() > 64 || !std::all_of(name.begin(), name.end(), isMember)) return {};
    return std::string(name);
}

}  // namespace pcg::gateway::remote
