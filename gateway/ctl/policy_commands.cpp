// SPDX-License-Identifier: Apache-2.0
#include "gateway/ctl/policy_commands.h"

#include "common/base/text.h"
#include "gateway/console/screen.h"
#include "gateway/errc.h"
#include "vcenter-proxy/judge.h"

#include <cerrno>
#include <cstring>
#include <fstream>

namespace pcg::gateway::ctl {
namespace {

namespace json = codec::json;

tl::unexpected<Error> usage(const std::string& sentence) { return fail(errc::kUsage, sentence); }

Result<std::string> readPolicyFile(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string text(policy::kMaxBytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.is_open() || in.bad()) {
        return usage("the file " + path + " cannot be read: " + std::strerror(errno) + ".");
    }
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > policy::kMaxBytes)
        return usage("the file " + path + " is longer than 128 KiB.");
    return text;
}

Result<std::string> textBody(const std::string& path) {
    auto text = PCG_TRY(readPolicyFile(path));
    return json::write(json::Object().set("text", std::move(text)));
}

Result<bool> onOrOff(const Command& command) {
    if (command.operand == "on" || command.operand == "off") return command.operand == "on";
    const auto meant = didYouMean(command.operand, {"on", "off"});
    return usage(std::string(command.verb->words) + ": \"" + command.operand +
                 "\" is not on or off." + (meant ? " Did you mean " + *meant + "?" : ""));
}

Result<Request> learnRequest(const Command& command) {
    if (command.operand == "show") return Request{"GET", "/v1/policy/learned", ""};
    if (command.operand != "on" && command.operand != "off") {
        const auto meant = didYouMean(command.operand, {"on", "off", "show"});
        return usage("policy learn: \"" + command.operand + "\" is not on, off or show." +
                     (meant ? " Did you mean " + *meant + "?" : ""));
    }
    const auto body = json::Object().set("on", command.operand == "on");
    return Request{"PUT", "/v1/policy/learning", json::write(body)};
}

Result<Request> explainRequest(const Command& command) {
    json::Object body;
    body.set("request", command.operand);
    for (const auto* name : {"endpoint", "key", "role"}) {
        const auto option = "--" + std::string(name);
        if (command.has(option)) body.set(name, command.option(option));
    }
    if (command.has("--file")) body.set("text", PCG_TRY(readPolicyFile(command.option("--file"))));
    if (command.has("--at-s")) {
        const auto seconds = parseUnsigned(command.option("--at-s"));
        if (!seconds || *seconds > 4'102'444'800U) {
            return usage("--at-s: must be a time in Unix seconds (date +%s).");
        }
        body.set("at_ms", json::Value::ofUnsigned(*seconds * 1000));
    }
    return Request{"POST", "/v1/policy/explain", json::write(body)};
}

Result<Request> withFile(const char* method, const char* target, const Command& command) {
    auto body = PCG_TRY(textBody(command.operand));
    return Request{method, target, std::move(body)};
}

std::string text(const json::Object& from, std::string_view name) {
    const auto* value = from.find(name);
    const auto* held = value == nullptr ? nullptr : value->asString();
    return held == nullptr ? std::string() : *held;
}

std::string line(const json::Object& from, std::string_view name) {
    return sanitizeForConsole(text(from, name));
}

bool isTrue(const json::Object& from, std::string_view name) {
    const auto* value = from.find(name);
    const auto* held = value == nullptr ? nullptr : value->asBoolean();
    return held != nullptr && *held;
}

std::string number(const json::Object& from, std::string_view name) {
    const auto* value = from.find(name);
    const auto* held = value == nullptr ? nullptr : value->asInteger();
    return std::to_string(held == nullptr ? 0 : *held);
}

const json::Array& itemsOf(const json::Object& from, std::string_view name) {
    static const json::Array kNone;
    const auto* value = from.find(name);
    const auto* array = value == nullptr ? nullptr : value->asArray();
    return array == nullptr ? kNone : *array;
}

std::string problems(const json::Object& answer) {
    std::string out;
    for (const auto& item : itemsOf(answer, "problems")) {
        if (const auto* one = item.asObject()) {
            out += number(*one, "line") + ":" + number(*one, "column") + ": " +
                   line(*one, "gravity") + ": " + line(*one, "text") + "\n";
        }
    }
    for (const auto& item : itemsOf(answer, "unknown_endpoints")) {
        if (const auto* name = item.asString())
            out += "warning: this gateway has no endpoint \"" + sanitizeForConsole(*name) + "\"\n";
    }
    for (const auto& item : itemsOf(answer, "keys_without_role")) {
        if (const auto* one = item.asObject())
            out += "warning: nothing is open to the access key " + line(*one, "key") +
                   ": no policy file has its role \"" + line(*one, "role") + "\"\n";
    }
    return out;
}

// As it was written; a terminal must not be steered by it.
std::string fileText(const json::Object& answer) {
    std::string out;
    for (const char c : text(answer, "text")) {
        const bool steers =
            (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
        if (!steers) out += c;
    }
    if (!out.empty() && !out.ends_with('\n')) out += '\n';
    return out;
}

std::string tried(const json::Object& answer) {
    std::string out = "Of " + number(answer, "observed") + " observed requests (" +
                      number(answer, "kinds") + " kinds) it would have refused " +
                      number(answer, "refused_requests") + " (" + number(answer, "refused_kinds") +
                      " kinds).\n";
    for (const auto& item : itemsOf(answer, "refused")) {
        const auto* one = item.asObject();
        if (one == nullptr) continue;
        out += "\n" + line(*one, "request") + "\n  " + number(*one, "count") + " times by " +
               line(*one, "key") + " at " + line(*one, "endpoint") + "\n  " + line(*one, "why") +
               " (" + line(*one, "decided_by") + ")\n";
    }
    return out;
}

}  // namespace

bool isPolicyVerb(const Command& command) {
    const auto words = command.verb->words;
    return words.starts_with("policy ") || words == "pause" || words == "resume";
}

Result<Request> policyRequest(const Command& command) {
    const auto verb = command.verb->words;
    if (verb == "policy show") return Request{"GET", "/v1/policy", ""};
    if (verb == "policy set") return withFile("PUT", "/v1/policy", command);
    if (verb == "policy remove") return Request{"DELETE", "/v1/policy", ""};
    if (verb == "policy dry-run") return withFile("POST", "/v1/policy/dry-run", command);
    if (verb == "policy learn") return learnRequest(command);
    if (verb == "policy explain") return explainRequest(command);
    if (verb == "policy read-only") {
        const bool on = PCG_TRY(onOrOff(command));
        return Request{"PUT", "/v1/policy/read-only", json::write(json::Object().set("on", on))};
    }
    json::Object body;
    body.set("paused", verb == "pause");
    if (command.has("--why")) body.set("why", command.option("--why"));
    return Request{"PUT", "/v1/pause", json::write(body)};
}

std::string policySummary(const json::Object& policy) {
    const auto file = line(policy, "file");
    std::string out = "Access:    ";
    out += isTrue(policy, "paused")
               ? "PAUSED since " + line(policy, "paused_since") + " (" + line(policy, "why") + ")"
           : isTrue(policy, "read_only") ? "read-only since " + line(policy, "read_only_since")
                                         : "open by role";
    out += "\nPolicy:    ";
    if (file == "none") out += "the built-in roles";
    if (file == "unreadable") out += "UNREADABLE, everything is refused";
    if (file == "set")
        out += "file of " + line(policy, "set_at") + ", SHA-256 " +
               line(policy, "sha256").substr(0, 16) + "...";
    out += "\n";
    if (isTrue(policy, "learning")) {
        out += "Learning:  " + number(policy, "observed") + " requests of " +
               number(policy, "kinds") + " kinds so far\n";
    }
    return out;
}

std::string renderPolicy(const Command& command, const json::Object& answer) {
    const auto verb = command.verb->words;
    if (verb == "policy explain") return text(answer, "text");
    if (verb == "policy dry-run") return tried(answer);
    if (verb == "policy learn" && command.operand == "show") return fileText(answer);
    if (verb == "policy show") {
        const auto written = fileText(answer);
        return written.empty() ? policySummary(answer) : written;
    }
    return policySummary(answer) + problems(answer);
}

Result<Checked> checkPolicyFile(const Command& command) {
    const auto content = PCG_TRY(readPolicyFile(command.operand));
    const auto reading = policy::readPolicy(content, proxy::policyVocabulary());
    Checked checked{reading.ok(), {}};
    for (const auto& problem : reading.problems)
        checked.text += command.operand + ":" + policy::toText(problem) + "\n";
    if (checked.ok) checked.text += command.operand + ": good\n";
    return checked;
}

}  // namespace pcg::gateway::ctl
