// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/rest_rules.h"

#include "common/base/text.h"
#include "common/codec/json.h"
#include "vcenter-proxy/errc.h"

#include <algorithm>
#include <array>

namespace pcg::proxy::rest {
namespace {

// The least role that may; Nobody is above all.
enum class Level { Inventory, Deploy, Full, Nobody };

struct Rule {
    std::string_view root;  // whole segments from the left; '*' stands for one
    Level read;
    Level write;   // POST, PUT, PATCH
    Level remove;  // DELETE
};

constexpr auto I = Level::Inventory;
constexpr auto D = Level::Deploy;
constexpr auto F = Level::Full;
constexpr auto N = Level::Nobody;

// The longest root that fits decides. Not here, and so for nobody: the appliance, certificates,
// identity, authorization, tokens, trust, life cycle, services, settings: the admin's.
constexpr std::array kRules{
    Rule{"cis/tagging/category", I, D, F},
    Rule{"cis/tagging/tag", I, D, F},
    Rule{"cis/tagging/tag-association", I, D, D},
    Rule{"cis/tasks", I, D, N},
    Rule{"content/library", I, F, F},
    Rule{"content/library/item", I, D, F},
    Rule{"content/library/item/update-session", I, D, D},
    Rule{"content/library/item/download-session", D, D, D},
    Rule{"content/library/subscribed-item", I, D, F},
    Rule{"content/local-library", I, F, F},
    Rule{"content/subscribed-library", I, F, F},
    Rule{"content/type", I, N, N},
    Rule{"vcenter/cluster", I, F, F},
    Rule{"vcenter/cluster/modules", I, D, D},
    Rule{"vcenter/compute/policies", I, F, F},
    Rule{"vcenter/datacenter", I, F, N},
    Rule{"vcenter/datastore", I, N, N},
    Rule{"vcenter/folder", I, N, N},
    Rule{"vcenter/guest/customization-specs", F, F, F},  // they hold passwords
    Rule{"vcenter/host", I, N, N},
    Rule{"vcenter/inventory", I, N, N},
    Rule{"vcenter/iso", D, D, N},
    Rule{"vcenter/namespace-management", F, F, F},
    Rule{"vcenter/namespaces", F, F, F},
    Rule{"vcenter/network", I, N, N},
    Rule{"vcenter/ovf", I, D, N},
    Rule{"vcenter/resource-pool", I, F, F},
    Rule{"vcenter/storage/policies", I, N, N},
    Rule{"vcenter/vm", I, D, D},
    Rule{"vcenter/vm/*/console", N, N, N},  // tickets for other servers
    Rule{"vcenter/vm/*/guest", I, N, N},
    Rule{"vcenter/vm/*/guest/customization", I, D, N},
    Rule{"vcenter/vm/*/guest/environment", N, N, N},
    Rule{"vcenter/vm/*/guest/filesystem", N, N, N},
    Rule{"vcenter/vm/*/guest/power", I, D, N},
    Rule{"vcenter/vm/*/guest/processes", N, N, N},
    Rule{"vcenter/vm-template", I, D, F},
};

// POSTs that change nothing, by path and action (vSphere Automation API reference; what govmomi
// asks). An action that a path does not have may be passed over, and what is left is a plain POST.
struct Reading {
    std::string_view path;  // the whole; '*' stands for a segment
    std::string_view actions;
    bool at_api = true;  // false: /rest alone has them
};

constexpr std::string_view kAssociations =
    "list-all-attached-objects-on-tags list-attachable-tags list-attached-objects "
    "list-attached-objects-on-tags list-attached-tags list-attached-tags-on-objects";

constexpr std::array kReading{
    Reading{"cis/tagging/category", "list-used-categories"},
    Reading{"cis/tagging/tag", "list-tags-for-category list-used-tags list-used-tags-for-category"},
    Reading{"cis/tagging/tag/*", "list-tags-for-category list-used-tags-for-category"},
    Reading{"cis/tagging/tag-association", kAssociations},
    Reading{"cis/tagging/tag-association/*", kAssociations},
    Reading{"content/library", "find"},
    Reading{"content/library/item", "find"},
    Reading{"content/library/item/*/file", "get", false},
    Reading{"content/library/item/*/storage", "get", false},
    Reading{"content/library/item/update-session/*/file", "get", false},
    Reading{"content/library/item/download-session/*/file", "get", false},
    Reading{"content/library/*/subscriptions", "get", false},
    Reading{"vcenter/inventory/datastore", "find"},
    Reading{"vcenter/inventory/network", "find"},
    Reading{"vcenter/ovf/library-item/*", "filter"},
};

// How many segments of the path the root covers; 0: it does not fit. Without regard to case, so
// that no spelling of a closed path is taken for one of the open path above it.
std::size_t fit(std::string_view root, const std::vector<std::string_view>& path) {
    const auto segments = split(root, '/');
    if (segments.size() > path.size()) return 0;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        if (segments[i] != "*" && !equalsIgnoreCaseAscii(segments[i], path[i])) return 0;
    }
    return segments.size();
}

bool isSpelledSo(std::string_view root, const std::vector<std::string_view>& path) {
    const auto segments = split(root, '/');
    return std::equal(segments.begin(),
                      segments.end(),
                      path.begin(),
                      [](std::string_view segment, std::string_view given) {
                          return segment == "*" || segment == given;
                      });
}

const Rule* ruleFor(std::string_view path) {
    const auto segments = split(path, '/');
    const Rule* best = nullptr;
    std::size_t longest = 0;
    for (const auto& rule : kRules) {
        const auto length = fit(rule.root, segments);
        if (length <= longest) continue;
        longest = length;
        best = &rule;
    }
    return best != nullptr && isSpelledSo(best->root, segments) ? best : nullptr;
}

// A file that is pulled names where from (vSphere Automation API: updatesession.file AddSpec).
bool namesSource(const codec::json::Value& value) {
    if (const auto* items = value.asArray()) {
        return std::any_of(items->begin(), items->end(), namesSource);
    }
    const auto* object = value.asObject();
    if (object == nullptr) return false;
    const auto& members = object->members();
    return std::any_of(members.begin(), members.end(), [](const codec::json::Member& member) {
        const auto* text = member.value.asString();
        const bool is_pull =
            member.name == "source_type" && text != nullptr && equalsIgnoreCaseAscii(*text, "PULL");
        return is_pull || member.name == "source_endpoint" || namesSource(member.value);
    });
}

bool isReadingAction(const RestCall& call) {
    const auto segments = split(call.path, '/');
    return std::any_of(kReading.begin(), kReading.end(), [&](const Reading& one) {
        const auto words = split(one.actions, ' ');
        return (one.at_api || call.door == RestDoor::Rest) &&
               fit(one.path, segments) == segments.size() && isSpelledSo(one.path, segments) &&
               std::find(words.begin(), words.end(), call.action) != words.end();
    });
}

Level levelFor(const Rule& rule, const RestCall& call) {
    if (onlyReads(call)) return rule.read;
    // Each operation of /rest may be asked for by its name, too.
    return call.method == "DELETE" || call.action == "delete" ? rule.remove : rule.write;
}

}  // namespace

bool onlyReads(const RestCall& call) {
    const bool is_get = call.method == "GET" || call.method == "HEAD";
    if (call.action.empty()) return is_get;
    if (!call.sure || (!is_get && call.method != "POST")) return false;
    if (call.isSession()) return call.door == RestDoor::Rest && call.action == "get";
    return isReadingAction(call);
}

bool isAllowed(Role role, const RestCall& call) {
    if (call.isSession()) return call.isLogin() || call.isLogout() || onlyReads(call);
    const auto* rule = ruleFor(call.path);
    return rule != nullptr && static_cast<int>(role) >= static_cast<int>(levelFor(*rule, call));
}

bool mayPull(const RestCall& call) {
    // Whatever action it names: one that the vCenter passes over changes nothing of the rest.
    return call.method != "DELETE" && call.path.starts_with("content/library/item/update-session");
}

Result<bool> pulls(BytesView body) {
    if (body.empty()) return false;
    const auto parsed = codec::json::parse(asText(body));
    if (!parsed) return fail(errc::kBadForm, "the body is refused: " + parsed.error().message());
    return namesSource(*parsed);
}

std::vector<std::string_view> roots() {
    std::vector<std::string_view> roots;
    for (const auto& rule : kRules) {
        if (rule.root.find('*') == std::string_view::npos) roots.push_back(rule.root);
    }
    return roots;
}

bool isKnown(const RestCall& call) { return call.isSession() || ruleFor(call.path) != nullptr; }

}  // namespace pcg::proxy::rest
