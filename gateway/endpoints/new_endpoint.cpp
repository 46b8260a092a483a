// SPDX-License-Identifier: Apache-2.0
#include "gateway/endpoints/new_endpoint.h"

#include "common/base/text.h"
#include "common/net/tls_context.h"
#include "gateway/errc.h"

#include <algorithm>

namespace pcg::gateway {
namespace {

namespace json = codec::json;

constexpr std::size_t kMaxName = 63;
constexpr std::size_t kMaxUrl = 512;
constexpr std::size_t kMaxSecret = 1024;
constexpr std::size_t kMaxPem = 32 * 1024;
constexpr std::string_view kPemBegin = "-----BEGIN CERTIFICATE-----";

tl::unexpected<Error> badField(std::string_view field, const std::string& why) {
    return fail(errc::kBadField, std::string(field) + ": " + why);
}

// The JSON reader's error, under our code.
template <class T>
Result<T> asField(Result<T> read) {
    if (!read) return fail(errc::kBadField, read.error().message());
    return read;
}

Result<std::string> parseKind(const std::string& kind) {
    static const std::vector<std::string> kKinds{"vcenter"};
    if (std::find(kKinds.begin(), kKinds.end(), kind) != kKinds.end()) return kind;
    const auto meant = didYouMean(kind, kKinds);
    return badField("kind",
                    "\"" + kind + "\" is not a kind of endpoint." +
                        (meant ? " Did you mean \"" + *meant + "\"?" : " Known: vcenter."));
}

struct Origin {
    std::string url;
    net::Target target;
};

Result<Origin> parseOrigin(const std::string& url) {
    constexpr std::string_view kScheme = "https://";
    if (!url.starts_with(kScheme)) {
        return badField("url",
                        "must begin with https://, for example https://vcenter.example.com.");
    }
    const auto end = url.find_first_of("/?#", kScheme.size());
    if (end != std::string::npos && url.substr(end) != "/") {
        return badField("url",
                        "must end after the host and port; remove \"" + url.substr(end) +
                            "\". The paths of the vCenter's clients are kept as they are.");
    }
    auto target = net::targetOfUrl(url, 443);
    if (!target) return badField("url", target.error().message());
    return Origin{url.substr(0, end), std::move(*target)};
}

Result<EndpointTrust> parsePin(const std::string& text) {
    std::string hex = toLowerAscii(text);
    std::erase(hex, ':');
    if (hex.size() == 40) {
        return badField(
            "pin_sha256",
            "this is a SHA-1 thumbprint (40 hex digits), which can be forged. Give the SHA-256 of "
            "the certificate (64 hex digits).");
    }
    if (hex.size() != 64) {
        return badField("pin_sha256",
                        "must be the 64 hex digits of a SHA-256; this has " +
                            std::to_string(hex.size()) + " characters.");
    }
    if (!fromHex(hex)) return badField("pin_sha256", "must hold hex digits only (0-9, a-f).");
    return EndpointTrust{TrustKind::Pin, std::move(hex)};
}

Result<EndpointTrust> parseCa(std::string pem) {
    if (pem.find(kPemBegin) == std::string::npos) {
        return badField("ca_pem",
                        "holds no certificate in PEM form (" + std::string(kPemBegin) + ").");
    }
    const auto context = net::TlsClientContext::create(net::TrustCa{pem});
    if (!context) return badField("ca_pem", context.error().message());
    return EndpointTrust{TrustKind::Ca, std::move(pem)};
}

Result<EndpointTrust> parseTrust(const json::Object& body) {
    auto pem = PCG_TRY(asField(body.optionalString("ca_pem", kMaxPem)));
    auto pin = PCG_TRY(asField(body.optionalString("pin_sha256", 256)));
    if (pem.has_value() == pin.has_value()) {
        return badField(
            "ca_pem",
            pem ? "cannot be combined with pin_sha256. Give one of them."
                : "or pin_sha256 is required: without one of them the gateway cannot tell "
                  "the endpoint from another server.");
    }
    return pem ? parseCa(std::move(*pem)) : parsePin(*pin);
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

Result<std::string> parseEndpointName(std::string_view text) {
    auto name = toLowerAscii(text);
    const auto isWord = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    const auto isAllowed = [&](char c) { return isWord(c) || c == '.' || c == '-' || c == '_'; };
    if (name.empty() || name.size() > kMaxName || !isWord(name.front()) ||
        !std::all_of(name.begin(), name.end(), isAllowed)) {
        return badField(
            "name",
            "must be 1 to 63 of a-z, 0-9, '.', '-', '_', and begin with a letter or digit.");
    }
    return name;
}

Result<EndpointCredentials> parseCredentials(const json::Object& body) {
    auto username = PCG_TRY(parseSecret(body, "username"));
    auto password = PCG_TRY(parseSecret(body, "password"));
    return EndpointCredentials{std::move(username), std::move(password)};
}

Result<NewEndpoint> parseNewEndpoint(const json::Object& body) {
    PCG_TRY(asField(
        body.onlyMembers({"name", "kind", "url", "username", "password", "ca_pem", "pin_sha256"})));
    const auto rawName = PCG_TRY(asField(body.string("name", 256)));
    const auto rawKind = PCG_TRY(asField(body.string("kind", 64)));
    const auto rawUrl = PCG_TRY(asField(body.string("url", kMaxUrl)));
    NewEndpoint made;
    made.name = PCG_TRY(parseEndpointName(rawName));
    made.kind = PCG_TRY(parseKind(rawKind));
    auto origin = PCG_TRY(parseOrigin(rawUrl));
    made.url = std::move(origin.url);
    made.target = std::move(origin.target);
    made.credentials = PCG_TRY(parseCredentials(body));
    made.trust = PCG_TRY(parseTrust(body));
    return made;
}

}  // namespace pcg::gateway
