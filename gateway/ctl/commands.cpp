// SPDX-License-Identifier: Apache-2.0
#include "gateway/ctl/commands.h"

#include "common/base/secret.h"
#include "common/base/text.h"
#include "gateway/errc.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <istream>

namespace pcg::gateway::ctl {
namespace {

namespace json = codec::json;

constexpr std::string_view kUnpairWord = "unpair";
constexpr std::size_t kMaxFile = 32 * 1024;

tl::unexpected<Error> usage(const std::string& sentence) { return fail(errc::kUsage, sentence); }

std::string percentEncoded(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string encoded;
    for (const auto octet : asBytes(text)) {
        const auto c = static_cast<char>(octet);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (plain) {
            encoded += c;
        } else {
            encoded += '%';
            encoded += kHex[octet >> 4];
            encoded += kHex[octet & 15];
        }
    }
    return encoded;
}

Result<std::string> readFile(const std::string& option, const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text(kMaxFile + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.is_open() || in.bad()) {
        return usage(option + ": the file " + path + " cannot be read: " + std::strerror(errno) +
                     ".");
    }
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMaxFile) return usage(option + ": the file " + path + " is too long.");
    if (text.empty()) return usage(option + ": the file " + path + " is empty.");
    return text;
}

Result<Secret> readPassword(const std::string& path, std::istream& standardInput) {
    constexpr auto kOption = "--password-file";
    std::string line;
    if (path == "-") {
        std::getline(standardInput, line);
    } else {
        auto text = PCG_TRY(readFile(kOption, path));
        line = text.substr(0, text.find('\n'));
        wipe(text);
    }
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) return usage(std::string(kOption) + ": the first line is empty.");
    return Secret::takeText(line);
}

Result<std::string> endpointBody(const Command& command, std::istream& standardInput) {
    const bool ca = command.has("--ca-file");
    if (ca == command.has("--pin-sha256")) {
        return usage(
            ca ? "--ca-file and --pin-sha256 exclude each other. Give one of them."
               : "endpoint add needs --ca-file FILE or --pin-sha256 HEX, to know the endpoint by.");
    }
    json::Object body;
    body.set("name", command.operand)
        .set("kind", command.has("--kind") ? command.option("--kind") : "vcenter")
        .set("url", command.option("--url"))
        .set("username", command.option("--username"));
    if (ca) {
        body.set("ca_pem", PCG_TRY(readFile("--ca-file", command.option("--ca-file"))));
    } else {
        body.set("pin_sha256", command.option("--pin-sha256"));
    }
    const auto password = PCG_TRY(readPassword(command.option("--password-file"), standardInput));
    body.set("password", password.revealText());
    return json::write(body);
}

Result<std::string> credentialsBody(const Command& command, std::istream& standardInput) {
    const auto password = PCG_TRY(readPassword(command.option("--password-file"), standardInput));
    json::Object body;
    body.set("username", command.option("--username")).set("password", password.revealText());
    return json::write(body);
}

Result<std::string> keyBody(const Command& command) {
    json::Object body;
    body.set("endpoint", command.option("--endpoint")).set("role", command.option("--role"));
    if (command.has("--expires-in-s")) {
        const auto seconds = parseUnsigned(command.option("--expires-in-s"));
        if (!seconds || *seconds == 0 || *seconds > INT32_MAX) {
            return usage("--expires-in-s: must be a number of seconds, 1 or more.");
        }
        body.set("expires_in_s", json::Value::ofUnsigned(*seconds));
    }
    return json::write(body);
}

Result<std::string> unpairBody(const Command& command, std::istream& standardInput) {
    if (!command.has("--yes")) {
        std::string line;
        std::getline(standardInput, line);
        if (trimAscii(line) != kUnpairWord) {
            return usage(
                "unpair: the word \"unpair\" was not typed; nothing was changed. Type it, "
                "or give --yes.");
        }
    }
    return json::write(json::Object().set("confirm", kUnpairWord));
}

}  // namespace

std::string questionFor(const Command& command) {
    if (command.verb->words != kUnpairWord || command.has("--yes")) return {};
    return "This gives the gateway back: it forgets the tenant, all endpoints with their "
           "credentials and all access keys. That cannot be undone.\n"
           "Type the word unpair to confirm: ";
}

Result<Request> requestFor(const Command& command, std::istream& standardInput) {
    const auto verb = command.verb->words;
    const auto endpoint = "/v1/endpoints/" + percentEncoded(command.operand);
    if (verb == "status") return Request{"GET", "/v1/status", ""};
    if (verb == "pairing show") return Request{"GET", "/v1/pairing", ""};
    if (verb == "pairing accept") return Request{"POST", "/v1/pairing/accept", ""};
    if (verb == "pairing reject") return Request{"POST", "/v1/pairing/reject", ""};
    if (verb == kUnpairWord)
        return Request{"POST", "/v1/unpair", PCG_TRY(unpairBody(command, standardInput))};
    if (verb == "endpoint list") return Request{"GET", "/v1/endpoints", ""};
    if (verb == "endpoint check") return Request{"POST", endpoint + "/check", ""};
    if (verb == "endpoint remove") return Request{"DELETE", endpoint, ""};
    if (verb == "key list") return Request{"GET", "/v1/keys", ""};
    if (verb == "audit") return Request{"GET", "/v1/audit", ""};
    if (verb == "key revoke")
        return Request{"DELETE", "/v1/keys/" + percentEncoded(command.operand), ""};
    if (verb == "key create") {
        auto body = PCG_TRY(keyBody(command));
        return Request{"POST", "/v1/keys", std::move(body)};
    }
    if (verb == "endpoint credentials") {
        auto body = PCG_TRY(credentialsBody(command, standardInput));
        return Request{"PUT", endpoint + "/credentials", std::move(body)};
    }
    auto body = PCG_TRY(endpointBody(command, standardInput));
    return Request{"POST", "/v1/endpoints", std::move(body)};
}

}  // namespace pcg::gateway::ctl
