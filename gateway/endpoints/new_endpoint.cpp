// SPDX-License-Identifier: Apache-2.0
#include "gateway/endpoints/new_endpoint.h"

#include "common/base/text.h"
#include "common/net/tls_context.h"
#include "gateway/console/pairing_status.h"
#include "vcenter-proxy/endpoint/maas/api_key.h"
#include "vcenter-proxy/tunnel_rules.h"

#include <algorithm>

namespace pcg::gateway {
namespace {

namespace json = codec::json;

constexpr std::size_t kMaxUrl = 1024;
constexpr std::size_t kMaxSecret = 1024;
constexpr std::size_t kMaxPem = 32 * 1024;
constexpr std::size_t kMaxLabel = 128;
constexpr std::string_view kPemBegin = "-----BEGIN CERTIFICATE-----";

// The error of a form of the wire, which does not know where it stood.
template <class T>
Result<T> under(std::string_view field, Result<T> read) {
    if (!read) return badField(field, read.error().message());
    return read;
}

struct TrustWords {
    std::optional<std::string> pem;
    std::optional<std::string> pin;
    bool ask = false;

    int given() const { return int(pem.has_value()) + int(pin.has_value()) + int(ask); }
};

Result<TrustWords> readTrust(const json::Object& body) {
    TrustWords words;
    words.pem = PCG_TRY(asField(body.optionalString("ca_pem", kMaxPem)));
    words.pin = PCG_TRY(asField(body.optionalString("pin_sha256", 256)));
    words.ask = PCG_TRY(asField(body.booleanOr("ask", false)));
    return words;
}

Result<EndpointTrust> trustFrom(TrustWords words) {
    if (words.pem) return trustInCa(std::move(*words.pem), "ca_pem");
    if (words.pin) return trustInPin(*words.pin, "pin_sha256");
    return EndpointTrust{TrustKind::Ask, ""};
}

Result<> atMostOneTrust(const TrustWords& words) {
    if (words.given() <= 1) return {};
    return badField("ca_pem", "cannot be combined with pin_sha256 or ask. Give one of them.");
}

Result<Secret> parseSecret(const json::Object& body, std::string_view field) {
    auto text = PCG_TRY(asField(body.string(field, kMaxSecret)));
    if (text.empty()) return badField(field, "must not be empty.");
    if (text.find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos) {
        wipe(text);
        return badField(field, "must be one line.");
    }
    return Secret::takeText(text);
}

}  // namespace

tl::unexpected<Error> badField(std::string_view field, const std::string& why) {
    return fail(errc::kBadField, std::string(field) + ": " + why);
}

Result<std::string> parseKind(const std::string& kind) {
    static const std::vector<std::string> kKinds{"vcenter", "maas"};
    if (std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end()) return kind;
    const auto meant = didYouMean(kind, kKinds);
    return badField(
        "kind",
        "this gateway cannot serve \"" + sanitizeForConsole(kind, 64) + "\"." +
            (meant ? " Did you mean \"" + *meant + "\"?" : " It serves: vcenter, maas."));
}

Result<std::string> parseNameField(const json::Object& body) {
    const auto text = PCG_TRY(asField(body.string("name", 256)));
    return under("name", wire::parseEndpointName(text));
}

Result<wire::EndpointAddress> parseAddressField(const json::Object& body, std::string_view field) {
    const auto text = PCG_TRY(asField(body.string(field, kMaxUrl)));
    return under(field, wire::EndpointAddress::parse(text));
}

Result<EndpointTrust> trustInPin(std::string_view text, std::string_view field) {
    auto pin = PCG_TRY(under(field, wire::parseFingerprint(text)));
    return EndpointTrust{TrustKind::Pin, std::move(pin)};
}

Result<EndpointTrust> trustInCa(std::string pem, std::string_view field) {
    if (pem.find(kPemBegin) == std::string::npos) {
        return badField(field,
                        "holds no certificate in PEM form (" + std::string(kPemBegin) + ").");
    }
    PCG_TRY(under(field, net::TlsClientContext::create(net::TrustCa{pem})));
    return EndpointTrust{TrustKind::Ca, std::move(pem)};
}

Result<std::string> parseLabel(const json::Object& body) {
    const auto label = PCG_TRY(asField(body.optionalString("label", kMaxLabel)));
    if (!label) return std::string();
    if (sanitizeForConsole(*label, kMaxLabel) == *label) return *label;
    return badField("label", "must be one line of visible text; leave out control characters.");
}

namespace {

// In the one spelling of each place, each once.
Result<std::optional<std::vector<std::string>>> readTunnels(const json::Object& body) {
    if (!body.has("tunnels")) return std::nullopt;
    const auto* items = PCG_TRY(asField(body.array("tunnels", proxy::kMostTunnelTargets)));
    std::vector<std::string> tunnels;
    for (const auto& item : *items) {
        const auto* text = item.asString();
        if (text == nullptr) return badField("tunnels", "must be texts, HOST:PORT each.");
        const auto target = PCG_TRY(under("tunnels", proxy::TunnelTarget::parse(*text)));
        if (std::find(tunnels.begin(), tunnels.end(), target.text()) == tunnels.end()) {
            tunnels.push_back(target.text());
        }
    }
    return tunnels;
}

}  // namespace

Result<EndpointCredentials> parseCredentials(const json::Object& body) {
    auto username = PCG_TRY(parseSecret(body, "username"));
    auto password = PCG_TRY(parseSecret(body, "password"));
    return EndpointCredentials{std::move(username), std::move(password)};
}

Result<> checkCredentials(std::string_view kind, const EndpointCredentials& credentials) {
    if (kind != "maas") return {};
    const proxy::Credential whole{credentials.username.clone(), credentials.password.clone(), {}};
    if (proxy::maas::apiKeyOf(whole)) return {};
    return badField("password",
                    "a MAAS takes an API key, CONSUMER:TOKEN:SECRET. Give CONSUMER:TOKEN as the "
                    "user name and SECRET as the password (pcgctl does it from --api-key-file).");
}

Result<NewEndpoint> parseNewEndpoint(const json::Object& body) {
    PCG_TRY(asField(body.onlyMembers({"name",
                                      "kind",
                                      "url",
                                      "username",
                                      "password",
                                      "ca_pem",
                                      "pin_sha256",
                                      "ask",
                                      "tunnels"})));
    const auto rawKind = PCG_TRY(asField(body.string("kind", 64)));
    auto words = PCG_TRY(readTrust(body));
    NewEndpoint made;
    made.name = PCG_TRY(parseNameField(body));
    made.kind = PCG_TRY(parseKind(rawKind));
    made.address = PCG_TRY(parseAddressField(body, "url"));
    made.credentials = PCG_TRY(parseCredentials(body));
    PCG_TRY(atMostOneTrust(words));
    if (words.given() == 0) {
        return badField("ca_pem",
                        "or pin_sha256 is required, or ask: without one of them the gateway "
                        "cannot tell the endpoint from another server.");
    }
    made.trust = PCG_TRY(trustFrom(std::move(words)));
    made.tunnels = PCG_TRY(readTunnels(body)).value_or(std::vector<std::string>());
    return made;
}

Result<EndpointChange> parseEndpointChange(const json::Object& body) {
    PCG_TRY(asField(body.onlyMembers({"name", "url", "ca_pem", "pin_sha256", "ask", "tunnels"})));
    auto words = PCG_TRY(readTrust(body));
    PCG_TRY(atMostOneTrust(words));
    EndpointChange change;
    if (body.has("name")) change.name = PCG_TRY(parseNameField(body));
    if (body.has("url")) change.url = PCG_TRY(parseAddressField(body, "url")).url();
    if (words.given() == 1) change.trust = PCG_TRY(trustFrom(std::move(words)));
    change.tunnels = PCG_TRY(readTunnels(body));
    if (change.name || change.url || change.trust || change.tunnels) return change;
    return badField("name",
                    "or url, ca_pem, pin_sha256, ask or tunnels is needed: nothing would change.");
}

}  // namespace pcg::gateway
