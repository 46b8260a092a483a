// SPDX-License-Identifier: Apache-2.0
#include "appliance/admin/settings_change.h"

#include "common/base/text.h"
#include "gateway/errc.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <istream>

#include "appliance/properties/settings.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;
using gateway::ctl::Command;

struct Given {
    std::string_view option;
    std::string_view property;

    enum { Value, Lines, FirstLine } how = Value;
};

constexpr std::array<Given, 22> kGiven{{
    {"--hostname", "hostname"},
    {"--ipv4", "ipv4"},
    {"--gateway4", "gateway4"},
    {"--ipv6", "ipv6"},
    {"--gateway6", "gateway6"},
    {"--dns", "dns"},
    {"--search", "search"},
    {"--ntp", "ntp"},
    {"--networks", "networks"},
    {"--proxy-url", "proxy"},
    {"--username", "proxy_user"},
    {"--password-file", "proxy_password", Given::FirstLine},
    {"--exceptions", "proxy_exceptions"},
    {"--proxy-ca-file", "proxy_ca", Given::Lines},
    {"--url", "url"},
    {"--bus", "bus"},
    {"--ca-file", "ca", Given::Lines},
    {"--ca-sha256", "ca_sha256"},
    {"--inspection-ca-file", "inspection_ca", Given::Lines},
    {"--tenant", "tenant"},
    {"--remote", "remote"},
    {"--ssh-key-file", "ssh_key", Given::Lines},
}};

tl::unexpected<Error> usage(const std::string& sentence) {
    return fail(gateway::errc::kUsage, sentence);
}

Result<std::string> readAll(std::string_view option, std::istream& from) {
    std::string text(kMaxPropertyOctets + 1, '\0');
    from.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(from.gcount()));
    if (text.size() > kMaxPropertyOctets)
        return usage(std::string(option) + ": that is longer than 32 KiB.");
    return text;
}

Result<std::string> valueOf(const Given& given,
                            const std::string& word,
                            std::istream& in,
                            bool& standardInputUsed) {
    if (given.how == Given::Value) return word;
    const auto option = std::string(given.option);
    std::string text;
    if (word == "-") {
        if (standardInputUsed) return usage(option + ": standard input can be read only once.");
        standardInputUsed = true;
        text = PCG_TRY(readAll(option, in));
    } else {
        std::ifstream file(word, std::ios::binary);
        if (!file.is_open()) return usage(option + ": the file " + word + " cannot be read.");
        text = PCG_TRY(readAll(option, file));
    }
    if (given.how == Given::FirstLine) text = text.substr(0, text.find('\n'));
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    return text;
}

Result<json::Object> valuesOf(const Command& command, std::istream& in) {
    json::Object values;
    bool used = false;
    for (const auto& given : kGiven) {
        const auto option = command.options.find(given.option);
        if (option == command.options.end()) continue;
        values.set(given.property, PCG_TRY(valueOf(given, option->second, in, used)));
    }
    const auto verb = command.verb->words;
    if (verb == "proxy remove")
        for (const auto& name : shownBy("proxy show")) values.set(name, "");
    if (verb != "settings reset") return values;
    if (command.operand.empty()) {
        for (const auto& name : propertyNames()) values.set(name, nullptr);
        return values;
    }
    const auto& known = propertyNames();
    if (std::find(known.begin(), known.end(), command.operand) == known.end()) {
        const auto meant = didYouMean(command.operand, known);
        return usage("There is no property \"" + command.operand + "\"." +
                     (meant ? " Did you mean " + *meant + "?" : ""));
    }
    values.set(command.operand, nullptr);
    return values;
}

}  // namespace

std::vector<std::string> shownBy(std::string_view verb) {
    if (verb.starts_with("proxy"))
        return {"proxy", "proxy_user", "proxy_password", "proxy_exceptions", "proxy_ca"};
    if (verb.starts_with("network"))
        return {
            "hostname", "ipv4", "gateway4", "ipv6", "gateway6", "dns", "search", "ntp", "networks"};
    return propertyNames();
}

Result<json::Object> changeRequest(const Command& command, std::istream& in) {
    auto values = PCG_TRY(valuesOf(command, in));
    if (values.size() == 0) {
        return usage(std::string(command.verb->words) + " needs at least one value. See: pcgctl " +
                     std::string(command.verb->words) + " --help.");
    }
    json::Object request;
    request.set("do", "set").set("values", std::move(values));
    if (command.has("--within-s")) {
        const auto seconds = parseUnsigned(command.option("--within-s"));
        if (!seconds || *seconds < 1 || *seconds > 600)
            return usage("--within-s takes a number of seconds, 1 to 600.");
        request.set("within_s", json::Value::ofUnsigned(*seconds));
    }
    if (command.has("--keep")) request.set("keep", true);
    if (command.has("--force")) request.set("force", true);
    return request;
}

}  // namespace pcg::appliance
