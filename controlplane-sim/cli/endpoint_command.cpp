// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/cli/endpoint_command.h"

#include "common/codec/base64url.h"
#include "common/wire/endpoint_form.h"
#include "common/wire/ids.h"
#include "controlplane-sim/cli/input.h"
#include "pairing/sealed_credentials.h"
#include "pairing/tenant_name.h"

#include <algorithm>

namespace pcg::controlplane::cli {
namespace {

namespace json = codec::json;

constexpr std::string_view kVcenter = "vcenter";
constexpr std::string_view kMaas = "maas";
constexpr std::size_t kMaxText = 8 * 1024;

Result<std::string> option(const CommandLine& line, const std::string& name) {
    const auto found = line.options.find(name);
    if (found != line.options.end()) return found->second;
    return fail(kUsage, name + " is missing; see pcg --help");
}

Result<std::string> kindOf(const CommandLine& line) {
    const auto found = line.options.find("--kind");
    if (found == line.options.end()) return std::string(kVcenter);
    if (found->second == kVcenter || found->second == kMaas) return found->second;
    return fail(kUsage, "--kind is vcenter or maas, not \"" + found->second.substr(0, 64) + "\"");
}

// A sentence of the wire's forms, under the name of what was typed.
template <class T>
Result<T> under(std::string_view what, Result<T> parsed) {
    if (parsed) return parsed;
    return fail(kUsage, std::string(what) + ": " + parsed.error().message());
}

// It is what the sealing key is checked against: only a whole id will do.
Result<std::string> gatewayOf(const CommandLine& line) {
    const auto& typed = line.words.at("GATEWAY");
    const auto id = wire::parseGatewayId(typed);
    if (id) return id->text();
    return fail(kUsage,
                "GATEWAY must be the gateway id as its console and `pcgctl status` show it "
                "(gw_...), not \"" +
                    typed.substr(0, 64) + "\"");
}

Result<json::Object> trustOf(const CommandLine& line) {
    const auto ca = line.options.find("--ca-file");
    const auto pin = line.options.find("--pin-sha256");
    const auto end = line.options.end();
    if (ca != end && pin != end)
        return fail(kUsage, "--ca-file and --pin-sha256 exclude each other; give one of them");
    json::Object trust;
    if (ca != end) {
        auto pem = PCG_TRY(readFile("--ca-file", ca->second, kMaxCaFile));
        return trust.set("mode", "ca").set("ca_pem", std::move(pem));
    }
    if (pin == end) return trust.set("mode", "ask");
    auto sha256 = PCG_TRY(under("--pin-sha256", wire::parseFingerprint(pin->second)));
    return trust.set("mode", "pin").set("sha256", std::move(sha256));
}

Result<Bytes> octets(const json::Object& from, std::string_view name) {
    return codec::base64UrlDecode(PCG_TRY(from.string(name, kMaxText)));
}

struct SealingKey {
    crypto::PointBytes publicKey{};
    std::string keyId;
};

// The gateway's own, or an error: nothing is sealed to a key that somebody else put there.
Result<SealingKey> sealingKeyOf(const std::string& gatewayId, const json::Object& gateway) {
    const auto* sealing = PCG_TRY(gateway.optionalObject("sealing"));
    if (sealing == nullptr)
        return fail(kNoSealingKey,
                    "the gateway has not sent its sealing key yet; it does once it is online");
    const auto point = PCG_TRY(octets(*sealing, "public_key"));
    SealingKey key;
    key.keyId = PCG_TRY(sealing->string("key_id", 64));
    if (point.size() != key.publicKey.size())
        return fail(kNoSealingKey, "the sealing key that the control plane shows is no key");
    std::copy(point.begin(), point.end(), key.publicKey.begin());
    PCG_TRY(pairing::verifySealingKey(gatewayId,
                                      key.publicKey,
                                      PCG_TRY(octets(*sealing, "device_spki")),
                                      PCG_TRY(octets(*sealing, "signature"))));
    return key;
}

// What belongs to the other kind is a mistake, not something to leave out.
Result<> checkLogin(const CommandLine& line, std::string_view kind) {
    const bool isMaas = kind == kMaas;
    for (const std::string name : {"--username", "--password-file", "--api-key-file"}) {
        if (!line.options.contains(name) || isMaas == (name == "--api-key-file")) continue;
        return fail(kUsage,
                    isMaas ? name + " is for a vCenter; a MAAS takes its API key, --api-key-file"
                           : name + " is for a MAAS; give --username and --password-file");
    }
    if (!isMaas) PCG_TRY(option(line, "--username"));
    return {};
}

std::string pathOf(const CommandLine& line) {
    return "/api/v1/gateways/" + percentEncode(line.words.at("GATEWAY")) + "/endpoints/" +
           percentEncode(line.words.at("ENDPOINT"));
}

std::string textOf(const json::Object& object, std::string_view name) {
    return object.optionalString(name, kMaxText).value_or("").value_or("");
}

std::string shown(const json::Object& certificate, std::string_view name) {
    return pairing::displayName(textOf(certificate, name)).text;
}

// The certificate that waits, if it can be approved.
const json::Object* presented(const json::Object& endpoint) {
    const auto found = endpoint.optionalObject("presented_certificate");
    return found ? *found : nullptr;
}

std::string describe(const json::Object& certificate, const std::string& sha256) {
    return "The endpoint shows this certificate:\n  subject  " + shown(certificate, "subject") +
           "\n  issuer   " + shown(certificate, "issuer") + "\n  valid    " +
           shown(certificate, "not_before") + " to " + shown(certificate, "not_after") +
           "\n  SHA-256  " + sha256 + "\n";
}

}  // namespace

Result<json::Object> EndpointCommand::run(const CommandLine& line) {
    if (line.command->dialogue == Dialogue::AddEndpoint) return add(line);
    if (line.command->dialogue == Dialogue::ChangeCredentials) return changeCredentials(line);
    return approve(line);
}

Result<json::Object> EndpointCommand::add(const CommandLine& line) {
    const auto gateway = PCG_TRY(gatewayOf(line));
    const auto name = PCG_TRY(under("NAME", wire::parseEndpointName(line.words.at("NAME"))));
    auto trust = PCG_TRY(trustOf(line));
    const bool asked = textOf(trust, "mode") == "ask";
    auto kind = PCG_TRY(kindOf(line));
    auto sealed = PCG_TRY(seal(line, name, kind));
    json::Object body;
    body.set("name", name)
        .set("kind", std::move(kind))
        .set("address", std::move(sealed.address))
        .set("trust", std::move(trust))
        .set("credentials", std::move(sealed.credentials));
    const auto all = "/api/v1/gateways/" + gateway + "/endpoints";
    auto endpoint = PCG_TRY(send("POST", all, body));
    if (!asked || !person_.isThere()) return endpoint;
    const auto path = all + "/" + percentEncode(PCG_TRY(endpoint.string("id", 64)));
    auto approved = PCG_TRY(offerApproval(path, endpoint));
    if (approved) return std::move(*approved);
    return endpoint;
}

// For the address that was typed: one that the control plane names might be its own.
Result<json::Object> EndpointCommand::changeCredentials(const CommandLine& line) {
    PCG_TRY(gatewayOf(line));
    const auto path = pathOf(line);
    const auto endpoint = PCG_TRY(get(path));
    const auto name =
        PCG_TRY(under("name", wire::parseEndpointName(PCG_TRY(endpoint.string("name", 64)))));
    const auto kind = PCG_TRY(endpoint.string("kind", 64));
    if (kind != kVcenter && kind != kMaas) {
        return fail(kUsage,
                    "this pcg does not know endpoints of the kind \"" +
                        pairing::displayName(kind).text + "\"; use a newer one");
    }
    auto sealed = PCG_TRY(seal(line, name, kind));
    json::Object body;
    body.set("credentials", std::move(sealed.credentials));
    return send("PATCH", path, body);
}

Result<json::Object> EndpointCommand::approve(const CommandLine& line) {
    const auto path = pathOf(line);
    const auto typed = line.words.find("SHA256");
    if (typed != line.words.end()) {
        auto sha256 = PCG_TRY(under("SHA256", wire::parseFingerprint(typed->second)));
        json::Object body;
        body.set("sha256", std::move(sha256));
        return send("POST", path + "/certificate", body);
    }
    if (!person_.isThere())
        return fail(kUsage,
                    "there is nobody to show the certificate to: give its SHA256, as pcg endpoints "
                    "show prints it");
    const auto endpoint = PCG_TRY(get(path));
    if (presented(endpoint) == nullptr)
        return fail(kNotApproved,
                    "no certificate of this endpoint waits for approval; see pcg endpoints check");
    auto approved = PCG_TRY(offerApproval(path, endpoint));
    if (approved) return std::move(*approved);
    return fail(kNotApproved, "the certificate was not approved; nothing was changed");
}

Result<EndpointCommand::Login> EndpointCommand::askLogin(const CommandLine& line,
                                                         std::string_view kind,
                                                         const std::string& gatewayId,
                                                         const std::string& address) {
    const bool isMaas = kind == kMaas;
    const std::string fileOption = isMaas ? "--api-key-file" : "--password-file";
    const auto file = line.options.find(fileOption);
    auto username = isMaas ? std::string() : PCG_TRY(option(line, "--username"));
    Secret typed;
    if (file != line.options.end()) {
        typed = PCG_TRY(readPassword(fileOption, file->second));
    } else {
        person_.tell(std::string(isMaas ? "The API key" : "The password") +
                     " is sealed here, to the gateway " + gatewayId +
                     ". Its console and `pcgctl status` must show this id.");
        const auto what =
            isMaas ? "API key of the MAAS" : "Password of " + pairing::displayName(username).text;
        typed = PCG_TRY(person_.password(what + " at " + address + ": "));
    }
    if (!isMaas) return Login{Secret::takeText(username), std::move(typed)};
    const auto key = typed.revealText();
    const auto last = key.rfind(':');
    if (last == std::string_view::npos || std::count(key.begin(), key.end(), ':') != 2)
        return fail(kUsage, "an API key of MAAS has three parts, CONSUMER:TOKEN:SECRET");
    return Login{Secret::fromText(key.substr(0, last)), Secret::fromText(key.substr(last + 1))};
}

Result<EndpointCommand::Sealed> EndpointCommand::seal(const CommandLine& line,
                                                      std::string_view name,
                                                      std::string_view kind) {
    const auto gatewayId = PCG_TRY(gatewayOf(line));
    const auto typed = PCG_TRY(option(line, "--address"));
    const auto address =
        PCG_TRY(under("--address", wire::EndpointAddress::parse(typed))).authority();
    PCG_TRY(checkLogin(line, kind));
    // Asked for before anything is sent, unless it is known that it cannot be sealed.
    const auto gateway = PCG_TRY(get("/api/v1/gateways/" + gatewayId));
    const auto key = PCG_TRY(sealingKeyOf(gatewayId, gateway));
    auto [username, password] = PCG_TRY(askLogin(line, kind, gatewayId, address));
    const pairing::PasswordCredentials credentials{
        address, std::move(username), std::move(password)};
    const auto plaintext = credentials.write();
    // What the gateway would refuse is said before it is sent.
    PCG_TRY(pairing::PasswordCredentials::parse(plaintext));
    const auto box = PCG_TRY(
        pairing::sealCredentials(plaintext, key.publicKey, {gatewayId, name, kind}, random_));
    json::Object sealed;
    sealed.set("sealed", codec::base64UrlEncode(box)).set("key_id", key.keyId);
    return Sealed{std::move(sealed), address};
}

// Nothing when it was not approved, or need not be.
Result<std::optional<json::Object>> EndpointCommand::offerApproval(const std::string& path,
                                                                   const json::Object& endpoint) {
    const auto* certificate = presented(endpoint);
    if (certificate == nullptr) return std::nullopt;
    auto sha256 = PCG_TRY(wire::parseFingerprint(textOf(*certificate, "sha256")));
    const auto question = describe(*certificate, sha256) +
                          "Compare it with the endpoint's own word. Is it the right one? [y/N] ";
    if (!person_.agrees(question)) {
        person_.tell("It stays unapproved, and no credentials are sent to it.");
        return std::nullopt;
    }
    json::Object body;
    body.set("sha256", std::move(sha256));
    return PCG_TRY(send("POST", path + "/certificate", body));
}

Result<json::Object> EndpointCommand::send(std::string method,
                                           std::string path,
                                           const json::Object& body) {
    auto key = method == "POST" ? toHex(random_.array<16>()) : std::string();
    return ask_({std::move(method), std::move(path), json::write(body), std::move(key)});
}

Result<json::Object> EndpointCommand::get(std::string path) {
    return ask_({"GET", std::move(path), {}, {}});
}

}  // namespace pcg::controlplane::cli
