// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/spec.h"

#include "common/base/random.h"
#include "common/base/text.h"
#include "controlplane-sim/deploy/errc.h"
#include "controlplane-sim/deploy/text.h"

#include <algorithm>

namespace pcg::controlplane::deploy {
namespace {

namespace json = codec::json;

constexpr std::size_t kMaxName = 40;
constexpr std::size_t kMaxPath = 512;
constexpr std::size_t kMaxKeys = 20;
constexpr std::size_t kMaxKey = 8192;
constexpr int kMaxWorkers = 100;
constexpr std::size_t kMaxTags = 16;
constexpr std::size_t kMaxPlace = 256;

// The members one after the other; the first that is wrong is the answer.
class Members {
  public:
    explicit Members(const json::Object& body) : body_(body) {}

    std::string text(const char* field, std::size_t limit, bool required) {
        const auto* value = body_.find(field);
        if (value == nullptr || value->isNull()) {
            if (required) refuse(field, "is missing.");
            return {};
        }
        const auto* held = value->asString();
        if (held == nullptr) {
            refuse(field, "must be text, not " + std::string(value->kindName()) + ".");
            return {};
        }
        if (held->size() > limit)
            refuse(field, "is longer than " + std::to_string(limit) + " bytes.");
        else if (held->empty() && required)
            refuse(field, "is empty.");
        return *held;
    }

    std::string plain(const char* field, std::size_t limit, bool required) {
        auto held = text(field, limit, required);
        if (!isPlainText(held))
            refuse(field, "holds control or direction characters; leave them out.");
        return std::string(trimAscii(held));
    }

    int number(const char* field, int fallback, int min, int max) {
        const auto* value = body_.find(field);
        if (value == nullptr || value->isNull()) {
            if (fallback < 0) refuse(field, "is missing.");
            return fallback;
        }
        const auto* held = value->asInteger();
        if (held == nullptr || *held < min || *held > max) {
            refuse(field,
                   "must be a whole number from " + std::to_string(min) + " to " +
                       std::to_string(max) + ".");
            return fallback;
        }
        return static_cast<int>(*held);
    }

    void refuse(const char* field, std::string why) {
        if (!problem_)
            problem_ = Invalid{field, "\"" + std::string(field) + "\" " + std::move(why)};
    }

    void onlyKnown(std::initializer_list<std::string_view> known) {
        for (const auto& member : body_.members()) {
            if (std::find(known.begin(), known.end(), member.name) != known.end()) continue;
            const std::vector<std::string> candidates(known.begin(), known.end());
            const auto meant = didYouMean(member.name, candidates);
            problem_ = Invalid{member.name.substr(0, 64),
                               "\"" + member.name.substr(0, 64) + "\" is not known here" +
                                   (meant ? "; did you mean \"" + *meant + "\"?" : ".")};
            return;
        }
    }

    const json::Object& body() const { return body_; }

    bool has(const char* field) const {
        const auto* value = body_.find(field);
        return value != nullptr && !value->isNull();
    }

    const std::optional<Invalid>& problem() const { return problem_; }

  private:
    const json::Object& body_;
    std::optional<Invalid> problem_;
};

bool isLabel(std::string_view name) {
    const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    if (name.empty() || name.size() > kMaxName || !lower(name.front()) || name.back() == '-')
        return false;
    return std::all_of(
        name.begin(), name.end(), [&](char c) { return lower(c) || digit(c) || c == '-'; });
}

Counts countsOf(Members& members) {
    Counts counts;
    counts.controlPlane = members.number("control_plane_count", -1, 1, 5);
    if (counts.controlPlane % 2 == 0)
        members.refuse("control_plane_count", "must be 1, 3 or 5: an even number has no quorum.");
    counts.workers = members.number("worker_count", -1, 0, kMaxWorkers);
    return counts;
}

std::vector<std::string> keysOf(Members& members) {
    std::vector<std::string> keys;
    const auto* value = members.body().find("ssh_keys");
    if (value == nullptr || value->isNull()) return keys;
    const auto* items = value->asArray();
    if (items == nullptr || items->size() > kMaxKeys) {
        members.refuse("ssh_keys", "must be a list of at most 20 public keys.");
        return keys;
    }
    for (std::size_t i = 0; i < items->size(); ++i) {
        const auto* held = (*items)[i].asString();
        const auto line = held == nullptr ? std::string_view{} : trimAscii(*held);
        if (line.size() > kMaxKey || !isSshPublicKey(line)) {
            members.refuse("ssh_keys",
                           "has at position " + std::to_string(i + 1) +
                               " no OpenSSH public key; it reads \"ssh-ed25519 AAAA... name\", "
                               "as in a .pub file.");
            return keys;
        }
        keys.emplace_back(line);
    }
    return keys;
}

// MAAS separates them with commas and blanks.
bool isTag(std::string_view tag) {
    return !tag.empty() && tag.size() <= kMaxPlace && isPlainText(tag) &&
           tag.find_first_of(" ,") == std::string_view::npos;
}

std::vector<std::string> tagsOf(Members& members) {
    std::vector<std::string> tags;
    const auto* value = members.body().find("tags");
    if (value == nullptr || value->isNull()) return tags;
    const auto* items = value->asArray();
    if (items == nullptr || items->size() > kMaxTags) {
        members.refuse("tags", "must be a list of at most 16 tags.");
        return tags;
    }
    for (const auto& item : *items) {
        const auto* held = item.asString();
        if (held == nullptr || !isTag(*held)) {
            members.refuse("tags", "must hold the names of tags, without blanks and commas.");
            return tags;
        }
        tags.push_back(*held);
    }
    return tags;
}

Secret userDataOf(Members& members) {
    auto text = members.text("user_data", kMaxUserData, false);
    if (!text.empty()) {
        if (text.find('\0') != std::string::npos)
            members.refuse("user_data", "holds a zero octet.");
        if (!isCloudInit(text))
            members.refuse("user_data",
                           "must begin as cloud-init expects it, for example with "
                           "\"#cloud-config\" or \"#!/bin/sh\"; it would be ignored otherwise.");
    }
    return Secret::takeText(text);
}

template <class Id>
Id idOf(Members& members, const char* field, Result<Id> (*parse)(std::string_view)) {
    auto id = parse(members.text(field, 64, true));
    if (id) return std::move(*id);
    members.refuse(field, "is not one: " + id.error().message());
    return Id::unchecked({});
}

void refuseAll(Members& members, std::initializer_list<const char*> fields, const char* why) {
    for (const auto* field : fields) {
        if (members.has(field)) members.refuse(field, why);
    }
}

// What only machines that are cloned from a template have.
void takeTemplate(Members& members, Spec& spec) {
    refuseAll(
        members,
        {"zone", "tags"},
        "goes with \"image\", at a MAAS; with \"template\" a machine is cloned at a vCenter.");
    if (!members.has("template"))
        members.refuse("template", "is missing; at a MAAS give an \"image\" instead.");
    spec.source = members.plain("template", kMaxPath, true);
    if (spec.memoryMib % 4 != 0)
        members.refuse("memory_mib", "must be a multiple of 4, as vSphere has it.");
    spec.diskGib = members.number("disk_gib", 0, 1, 62 * 1024);
    spec.network = members.plain("network", kMaxPath, false);
    spec.folder = members.plain("folder", kMaxPath, false);
    spec.datastore = members.plain("datastore", kMaxPath, false);
}

// What only machines that a MAAS has have.
void takeImage(Members& members, Spec& spec) {
    refuseAll(members,
              {"template", "disk_gib", "network", "folder", "datastore"},
              "goes with \"template\", at a vCenter; with \"image\" a MAAS installs a machine that "
              "it has.");
    spec.platform = Platform::Maas;
    spec.source = members.plain("image", kMaxPlace, true);
    spec.zone = members.plain("zone", kMaxPlace, false);
    spec.tags = tagsOf(members);
}

Spec specOf(Members& members) {
    Spec spec{members.text("name", kMaxName, true),
              idOf(members, "gateway_id", wire::parseGatewayId),
              idOf(members, "endpoint_id", wire::parseEndpointId),
              {},
              {},
              0,
              0,
              0,
              {},
              {},
              {},
              {},
              {}};
    if (!isLabel(spec.name))
        members.refuse("name",
                       "must be 1 to 40 lower-case letters, digits and hyphens, begin with a "
                       "letter and not end with a hyphen: machines are named after it.");
    spec.counts = countsOf(members);
    spec.cpu = members.number("cpu", 0, 1, 128);
    spec.memoryMib = members.number("memory_mib", 0, 256, 4 * 1024 * 1024);
    if (members.has("image"))
        takeImage(members, spec);
    else
        takeTemplate(members, spec);
    spec.resourcePool = members.plain("resource_pool", kMaxPath, false);
    spec.sshKeys = keysOf(members);
    return spec;
}

void setUnless(json::Object& object, const char* name, int number) {
    if (number != 0) object.set(name, number);
}

void setUnless(json::Object& object, const char* name, const std::string& text) {
    if (!text.empty()) object.set(name, text);
}

}  // namespace

Checked<Order> parseOrder(const json::Object& body) {
    Members members(body);
    members.onlyKnown({"name",
                       "gateway_id",
                       "endpoint_id",
                       "control_plane_count",
                       "worker_count",
                       "template",
                       "image",
                       "cpu",
                       "memory_mib",
                       "disk_gib",
                       "network",
                       "folder",
                       "datastore",
                       "resource_pool",
                       "zone",
                       "tags",
                       "ssh_keys",
                       "user_data"});
    Order order{specOf(members), userDataOf(members)};
    if (members.problem()) return tl::unexpected(*members.problem());
    return order;
}

Checked<Counts> parseCounts(const json::Object& body) {
    Members members(body);
    members.onlyKnown({"control_plane_count", "worker_count"});
    const auto counts = countsOf(members);
    if (members.problem()) return tl::unexpected(*members.problem());
    return counts;
}

json::Object toJson(const Spec& spec) {
    json::Object object;
    object.set("name", spec.name)
        .set("gateway_id", spec.gateway.text())
        .set("endpoint_id", spec.endpoint.text())
        .set("control_plane_count", spec.counts.controlPlane)
        .set("worker_count", spec.counts.workers)
        .set(spec.platform == Platform::Maas ? "image" : "template", spec.source);
    setUnless(object, "cpu", spec.cpu);
    setUnless(object, "memory_mib", spec.memoryMib);
    setUnless(object, "disk_gib", spec.diskGib);
    setUnless(object, "network", spec.network);
    setUnless(object, "folder", spec.folder);
    setUnless(object, "datastore", spec.datastore);
    setUnless(object, "resource_pool", spec.resourcePool);
    setUnless(object, "zone", spec.zone);
    if (!spec.tags.empty()) {
        json::Array tags;
        for (const auto& tag : spec.tags) tags.emplace_back(tag);
        object.set("tags", std::move(tags));
    }
    json::Array keys;
    for (const auto& key : spec.sshKeys) keys.emplace_back(key);
    return object.set("ssh_keys", std::move(keys));
}

Result<Spec> specFromJson(std::string_view text) {
    const auto object = PCG_TRY(json::parseObject(text, 1_MiB));
    Members members(object);
    auto spec = specOf(members);
    if (members.problem()) return fail(kInvalid, "A stored deployment: " + members.problem()->why);
    return spec;
}

std::string_view kindOf(Platform platform) {
    return platform == Platform::Maas ? "maas" : "vcenter";
}

Origin originOf(const Spec& spec) {
    return spec.platform == Platform::Maas ? Origin::Pooled : Origin::Cloned;
}

std::string machineName(const std::string& deployment, Role role, int ordinal) {
    return deployment + (role == Role::ControlPlane ? "-cp-" : "-worker-") +
           std::to_string(ordinal);
}

std::string newUuid(Random& random) {
    auto octets = random.array<16>();
    octets[6] = static_cast<std::uint8_t>((octets[6] & 0x0f) | 0x40);
    octets[8] = static_cast<std::uint8_t>((octets[8] & 0x3f) | 0x80);
    auto text = toHex(octets);
    for (const std::size_t at : {20, 16, 12, 8}) text.insert(at, "-");
    return text;
}

}  // namespace pcg::controlplane::deploy
