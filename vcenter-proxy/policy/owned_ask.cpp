// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/owned_ask.h"

#include "common/base/text.h"
#include "vcenter-proxy/policy/rest_path.h"

#include <algorithm>
#include <array>

namespace pcg::policy {
namespace {

constexpr std::string_view kMaasRoot = "/MAAS/api/2.0/";
constexpr std::string_view kFolderRoot = "/folder/";
constexpr std::size_t kLongestRequest = 64 * 1024;
constexpr std::size_t kLongestValue = 128;

constexpr std::array<std::string_view, 6> kHttp{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};

// Ids that a vCenter keeps for an object's life; those of tasks, sessions and the like are new each
// time.
constexpr std::array<std::string_view, 9> kLasting{"vm-",
                                                   "group-",
                                                   "folder-",
                                                   "datastore-",
                                                   "network-",
                                                   "dvportgroup-",
                                                   "resgroup-",
                                                   "host-",
                                                   "datacenter-"};
constexpr std::array<std::string_view, 7> kLastingTypes{
    "VirtualMachine", "Folder", "Datastore", "Network", "ResourcePool", "HostSystem", "Datacenter"};

// Fields of MAAS that say where something goes or what it is; the others may hold anything.
constexpr std::array<std::string_view, 10> kTelling{"pool",
                                                    "zone",
                                                    "domain",
                                                    "tags",
                                                    "arch",
                                                    "osystem",
                                                    "distro_series",
                                                    "hostname",
                                                    "agent_name",
                                                    "name"};

template <std::size_t N>
bool isOneOf(const std::array<std::string_view, N>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool isLasting(std::string_view type, std::string_view id) {
    if (isOneOf(kLastingTypes, type)) return true;
    return std::any_of(kLasting.begin(), kLasting.end(), [&](std::string_view prefix) {
        return id.starts_with(prefix);
    });
}

// Words, with "double quotes" around what has blanks.
Result<std::vector<std::string>> wordsOf(std::string_view text) {
    std::vector<std::string> words;
    bool inside = false;
    bool quoted = false;
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (c == '"') {
            quoted = !quoted;
        } else if (blank && !quoted) {
            inside = false;
            continue;
        }
        if (!inside) words.emplace_back();
        inside = true;
        if (c != '"') words.back() += c;
    }
    if (quoted) return fail(kBadRequestText, "the request has a quote that does not end");
    if (words.empty()) {
        return fail(kBadRequestText,
                    "the request is empty; write it like \"CloneVM_Task VirtualMachine:vm-7 "
                    "folder=group-v3\" or \"GET /api/vcenter/vm\"");
    }
    return words;
}

std::string quotedIfNeeded(const std::string& text) {
    return text.find(' ') == std::string::npos ? text : "\"" + text + "\"";
}

void addSoapArgument(OwnedAsk& ask, const std::string& name, const std::string& value) {
    auto& arguments = ask.arguments;
    const bool is_id = value.find('-') != std::string::npos || value.starts_with('/');
    if (name == "own") return ask.own.push_back(value);
    if (name == "name") return arguments.names.push_back(value);
    if (name == "extra_config")
        return arguments.extra_config.push_back({toLowerAscii(value), {}, 0});
    if (value.starts_with('[') && name == "datastore") {
        return arguments.datastores.push_back(value.substr(1, value.find(']') - 1));
    }
    if (name == "datastore" && !is_id) return arguments.datastores.push_back(value);
    if (name == "datacenter" && !value.starts_with("datacenter-"))
        return arguments.datacenters.push_back(value);
    if (name == "network" && !is_id) return arguments.networks.push_back(value);
    arguments.references.push_back({name, {}, value});
}

Result<OwnedAsk> parseSoap(const std::vector<std::string>& words) {
    OwnedAsk ask;
    ask.method = words[0];
    for (std::size_t i = 1; i < words.size(); ++i) {
        const auto equals = words[i].find('=');
        const auto colon = words[i].find(':');
        if (equals != std::string::npos) {
            addSoapArgument(ask, words[i].substr(0, equals), words[i].substr(equals + 1));
        } else if (i == 1 && colon != std::string::npos) {
            ask.object_type = words[i].substr(0, colon);
            ask.object_id = words[i].substr(colon + 1);
        } else {
            return fail(
                kBadRequestText,
                "\"" + words[i].substr(0, 64) +
                    "\" is neither the object (TYPE:ID, second) nor an argument NAME=VALUE");
        }
    }
    return ask;
}

Result<OwnedAsk> parseHttp(const std::vector<std::string>& words) {
    if (words.size() < 2) return fail(kBadRequestText, words[0] + " needs a path");
    OwnedAsk ask;
    ask.method = words[0];
    std::string_view path = words[1];
    if (path.starts_with(kFolderRoot)) {
        ask.door = Door::Files;
        path.remove_prefix(kFolderRoot.size());
    } else if (path.starts_with(kMaasRoot)) {
        ask.door = Door::Maas;
        path.remove_prefix(kMaasRoot.size());
    } else {
        ask.door = path.starts_with('/') ? Door::Rest : Door::Maas;
    }
    ask.path = path;
    if (ask.door == Door::Rest) {
        auto canonical = canonicalRest(ask.method, path);
        ask.path = std::move(canonical.path);
        ask.op = std::move(canonical.action);
    }
    for (std::size_t i = 2; i < words.size(); ++i) {
        const auto equals = words[i].find('=');
        if (equals == std::string::npos) {
            return fail(kBadRequestText, "\"" + words[i].substr(0, 64) + "\" is not NAME=VALUE");
        }
        const auto name = words[i].substr(0, equals);
        const auto value = words[i].substr(equals + 1);
        if (name == "op" && ask.door != Door::Files) {
            ask.op = value;
        } else if (name == "datastore" && ask.door == Door::Files) {
            ask.datastore = value;
        } else if (name == "datacenter" && ask.door == Door::Files) {
            ask.datacenter = value;
        } else {
            ask.fields.emplace_back(name, value);
        }
    }
    return ask;
}

}  // namespace

Ask OwnedAsk::view() const {
    Ask ask;
    ask.door = door;
    ask.method = method;
    ask.object_type = object_type;
    ask.object_id = object_id;
    ask.path = path;
    ask.op = op;
    ask.datastore = datastore;
    ask.datacenter = datacenter;
    ask.arguments = &arguments;
    ask.fields = &fields;
    return ask;
}

OwnedAsk OwnedAsk::of(const Ask& ask) {
    OwnedAsk kept;
    kept.door = ask.door;
    kept.method = ask.method.substr(0, kLongestValue);
    kept.object_type = ask.object_type.substr(0, kLongestValue);
    if (isLasting(ask.object_type, ask.object_id))
        kept.object_id = ask.object_id.substr(0, kLongestValue);
    kept.path = ask.path.substr(0, 512);
    kept.op = ask.op.substr(0, kLongestValue);
    kept.datastore = ask.datastore.substr(0, kLongestValue);
    kept.datacenter = ask.datacenter.substr(0, kLongestValue);
    if (ask.arguments != nullptr) kept.arguments = *ask.arguments;
    for (auto& setting : kept.arguments.extra_config) setting = {setting.key, {}, 0};
    std::erase_if(kept.arguments.references, [](const Reference& one) {
        return !isLasting(one.type, one.id) && !mayBe(one, Kind::Folder) &&
               !mayBe(one, Kind::Datastore) && !mayBe(one, Kind::Network) &&
               !mayBe(one, Kind::Pool) && !mayBe(one, Kind::Datacenter);
    });
    if (ask.fields == nullptr) return kept;
    for (const auto& [name, value] : *ask.fields) {
        if (isOneOf(kTelling, name) && value.size() <= kLongestValue && kept.fields.size() < 16)
            kept.fields.emplace_back(name, value);
    }
    return kept;
}

Result<OwnedAsk> OwnedAsk::parse(std::string_view text) {
    if (text.size() > kLongestRequest) return fail(kBadRequestText, "the request is too long");
    const auto words = PCG_TRY(wordsOf(text));
    return isOneOf(kHttp, words[0]) ? parseHttp(words) : parseSoap(words);
}

std::string OwnedAsk::toText() const {
    std::string text = method;
    const auto add = [&](std::string_view name, const std::string& value) {
        text += " " + std::string(name) + "=" + quotedIfNeeded(value);
    };
    if (door == Door::Soap) {
        if (!object_type.empty()) text += " " + object_type + ":" + object_id;
        for (const auto& one : arguments.names) add("name", one);
        for (const auto& one : arguments.references) add(one.element, one.id);
        for (const auto& one : arguments.datastores) add("datastore", "[" + one + "]");
        for (const auto& one : arguments.datacenters) add("datacenter", one);
        for (const auto& one : arguments.networks) add("network", one);
        for (const auto& one : arguments.extra_config) add("extra_config", one.key);
        return text;
    }
    const std::string_view root = door == Door::Maas    ? kMaasRoot
                                  : door == Door::Files ? kFolderRoot
                                                        : std::string_view();
    text += " " + std::string(root) + path;
    if (!op.empty()) add("op", op);
    if (!datastore.empty()) add("datastore", datastore);
    if (!datacenter.empty()) add("datacenter", datacenter);
    for (const auto& [name, value] : fields) add(name, value);
    return text;
}

}  // namespace pcg::policy
