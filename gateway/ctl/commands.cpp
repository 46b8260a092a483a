// SPDX-License-Identifier: Apache-2.0
#include "gateway/ctl/commands.h"

#include "common/base/secret.h"
#include "common/base/text.h"
#include "gateway/ctl/policy_commands.h"
#include "gateway/errc.h"
#include "gateway/state/remote_access.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <istream>

namespace pcg::gateway::ctl {
namespace {

namespace json = codec::json;

constexpr std::string_view kUnpairWord = "unpair";
constexpr std::size_t kMaxFile = 32 * 1024;
constexpr std::size_t kMaxHeads = 512 * 1024;

tl::unexpected<Error> usage(const std::string& sentence) { return fail(errc::kUsage, sentence); }

bool asksForRights(const Command& command) {
    return command.verb->words == "pairing accept" && command.interactive &&
           !command.has("--remote");
}

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

Result<std::string> readFile(const std::string& option,
                             const std::string& path,
                             std::size_t most = kMaxFile) {
    std::ifstream in(path, std::ios::binary);
    std::string text(most + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.is_open() || in.bad()) {
        return usage(option + ": the file " + path + " cannot be read: " + std::strerror(errno) +
                     ".");
    }
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > most) return usage(option + ": the file " + path + " is too long.");
    if (text.empty()) return usage(option + ": the file " + path + " is empty.");
    return text;
}

Result<Secret> readPassword(const std::string& option,
                            const std::string& path,
                            std::istream& standardInput) {
    std::string line;
    if (path == "-") {
        std::getline(standardInput, line);
    } else {
        auto text = PCG_TRY(readFile(option, path));
        line = text.substr(0, text.find('\n'));
        wipe(text);
    }
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) return usage(option + ": the first line is empty.");
    return Secret::takeText(line);
}

// Adds "username" and "password": as they are given, or from an API key, whose secret is what
// stands behind the last colon.
Result<> addCredentials(const Command& command, std::istream& standardInput, json::Object& body) {
    const bool named = command.has("--username") && command.has("--password-file");
    const bool partly = command.has("--username") || command.has("--password-file");
    if (named == command.has("--api-key-file") || (partly && !named)) {
        return usage(std::string(command.verb->words) +
                     " needs --username USER and --password-file FILE, or, for a MAAS, "
                     "--api-key-file FILE.");
    }
    const std::string option = named ? "--password-file" : "--api-key-file";
    const auto secret = PCG_TRY(readPassword(option, command.option(option), standardInput));
    const auto text = secret.revealText();
    if (named) {
        body.set("username", command.option("--username")).set("password", text);
        return {};
    }
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return usage("--api-key-file: an API key has three parts, CONSUMER:TOKEN:SECRET.");
    }
    body.set("username", text.substr(0, colon)).set("password", text.substr(colon + 1));
    return {};
}

// Adds whom to trust, if it is said; returns whether it is.
Result<bool> addTrust(const Command& command, json::Object& body) {
    const int given = int(command.has("--ca-file")) + int(command.has("--pin-sha256")) +
                      int(command.has("--ask"));
    if (given > 1) {
        return usage("--ca-file, --pin-sha256 and --ask exclude each other. Give one of them.");
    }
    if (command.has("--ca-file")) {
        body.set("ca_pem", PCG_TRY(readFile("--ca-file", command.option("--ca-file"))));
    }
    if (command.has("--pin-sha256")) body.set("pin_sha256", command.option("--pin-sha256"));
    if (command.has("--ask")) body.set("ask", true);
    return given == 1;
}

Result<std::string> verifyBody(const Command& command, std::istream& standardInput) {
    json::Object body;
    const auto path = command.option("--heads-file");
    if (path == "-") {
        std::string text(kMaxHeads + 1, '\0');
        standardInput.read(text.data(), static_cast<std::streamsize>(text.size()));
        text.resize(static_cast<std::size_t>(standardInput.gcount()));
        if (text.size() > kMaxHeads) return usage("--heads-file: what stdin gives is too long.");
        body.set("heads", std::move(text));
    } else if (!path.empty()) {
        body.set("heads", PCG_TRY(readFile("--heads-file", path, kMaxHeads)));
    }
    return json::write(body);
}

// The gateway checks each of them.
void addTunnels(const Command& command, json::Object& body) {
    if (!command.has("--tunnel")) return;
    json::Array tunnels;
    const auto list = command.option("--tunnel");
    for (const auto part : split(list, ',')) {
        const auto text = trimAscii(part);
        if (text != "none") tunnels.emplace_back(text);
    }
    body.set("tunnels", std::move(tunnels));
}

Result<std::string> updateBody(const Command& command) {
    json::Object body;
    if (command.has("--name")) body.set("name", command.option("--name"));
    if (command.has("--url")) body.set("url", command.option("--url"));
    PCG_TRY(addTrust(command, body));
    addTunnels(command, body);
    if (body.size() > 0) return json::write(body);
    return usage(
        "endpoint update needs --name, --url, --ca-file, --pin-sha256, --ask or --tunnel.");
}

Result<std::string> remoteBody(const Command& command) {
    const bool allow = command.verb->words == "remote allow";
    const auto what = command.operand.empty() ? "all" : command.operand;
    if (what != "endpoints" && what != "keys" && what != "all") {
        const auto meant = didYouMean(what, {"endpoints", "keys", "all"});
        return usage("\"" + what + "\" is not endpoints, keys or all." +
                     (meant ? " Did you mean " + *meant + "?" : ""));
    }
    json::Object body;
    if (what != "keys") body.set("endpoints", allow);
    if (what != "endpoints") body.set("keys", allow);
    return json::write(body);
}

// Empty: as the configuration says.
Result<std::string> acceptBody(const Command& command, std::istream& standardInput) {
    std::string word = command.option("--remote");
    if (asksForRights(command)) {
        std::getline(standardInput, word);
        word = toLowerAscii(trimAscii(word));
        if (word.empty()) return std::string();
    } else if (!command.has("--remote")) {
        return std::string();
    }
    const auto access = parseRemoteWord(word);
    if (!access) {
        const auto meant = didYouMean(word, {"nothing", "endpoints", "keys", "all"});
        return usage("--remote: \"" + word.substr(0, 64) +
                     "\" is not nothing, endpoints, keys or all; nothing was accepted." +
                     (meant ? " Did you mean " + *meant + "?" : ""));
    }
    json::Object remote;
    remote.set("endpoints", access->endpoints).set("keys", access->keys);
    return json::write(json::Object().set("remote", std::move(remote)));
}

Result<std::string> endpointBody(const Command& command, std::istream& standardInput) {
    json::Object body;
    body.set("name", command.operand)
        .set("kind", command.has("--kind") ? command.option("--kind") : "vcenter")
        .set("url", command.option("--url"));
    if (!PCG_TRY(addTrust(command, body))) {
        return usage(
            "endpoint add needs --ca-file FILE, --pin-sha256 HEX or --ask, to know the endpoint "
            "by.");
    }
    PCG_TRY(addCredentials(command, standardInput, body));
    addTunnels(command, body);
    return json::write(body);
}

Result<std::string> credentialsBody(const Command& command, std::istream& standardInput) {
    json::Object body;
    body.set("address", command.option("--address"));
    PCG_TRY(addCredentials(command, standardInput, body));
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
    if (command.has("--label")) body.set("label", command.option("--label"));
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

Result<Request> sending(const char* method, std::string target, Result<std::string> body) {
    auto text = PCG_TRY(std::move(body));
    return Request{method, std::move(target), std::move(text)};
}

}  // namespace

std::string questionFor(const Command& command) {
    if (asksForRights(command))
        return "What may the tenant administer here from the portal: nothing, endpoints, keys or "
               "all?\nEnter alone: as configured (nothing, unless remote_endpoints or remote_keys "
               "are set). ";
    if (command.verb->words != kUnpairWord || command.has("--yes")) return {};
    return "This gives the gateway back: it forgets the tenant, all endpoints with their "
           "credentials and all access keys. That cannot be undone.\n"
           "Type the word unpair to confirm: ";
}

Result<Request> requestFor(const Command& command, std::istream& standardInput) {
    const auto verb = command.verb->words;
    const auto endpoint = "/v1/endpoints/" + percentEncoded(command.operand);
    if (isPolicyVerb(command)) return policyRequest(command);
    if (verb == "status") return Request{"GET", "/v1/status", ""};
    if (verb == "pairing show") return Request{"GET", "/v1/pairing", ""};
    if (verb == "pairing accept")
        return sending("POST", "/v1/pairing/accept", acceptBody(command, standardInput));
    if (verb == "pairing reject") return Request{"POST", "/v1/pairing/reject", ""};
    if (verb == kUnpairWord)
        return sending("POST", "/v1/unpair", unpairBody(command, standardInput));
    if (verb == "endpoint list") return Request{"GET", "/v1/endpoints", ""};
    if (verb == "endpoint check") return Request{"POST", endpoint + "/check", ""};
    if (verb == "endpoint update") return sending("PATCH", endpoint, updateBody(command));
    if (verb == "endpoint approve") {
        const auto body = json::Object().set("sha256", command.option("--sha256"));
        return Request{"POST", endpoint + "/certificate", json::write(body)};
    }
    if (verb == "remote show") return Request{"GET", "/v1/remote", ""};
    if (verb.starts_with("remote")) return sending("PUT", "/v1/remote", remoteBody(command));
    if (verb == "endpoint remove") return Request{"DELETE", endpoint, ""};
    if (verb == "key list") return Request{"GET", "/v1/keys", ""};
    if (verb == "upload list") return Request{"GET", "/v1/uploads", ""};
    if (verb == "upload sources") return Request{"GET", "/v1/upload-sources", ""};
    if (verb == "upload cancel")
        return Request{"DELETE", "/v1/uploads/" + percentEncoded(command.operand), ""};
    if (verb == "audit") return Request{"GET", "/v1/audit", ""};
    if (verb == "controlplane check") return Request{"POST", "/v1/controlplane/check", ""};
    if (verb == "audit heads") return Request{"GET", "/v1/audit/heads", ""};
    if (verb == "audit verify")
        return sending("POST", "/v1/audit/verify", verifyBody(command, standardInput));
    if (verb == "key revoke")
        return Request{"DELETE", "/v1/keys/" + percentEncoded(command.operand), ""};
    if (verb == "key create") return sending("POST", "/v1/keys", keyBody(command));
    if (verb == "endpoint credentials")
        return sending("PUT", endpoint + "/credentials", credentialsBody(command, standardInput));
    return sending("POST", "/v1/endpoints", endpointBody(command, standardInput));
}

}  // namespace pcg::gateway::ctl
