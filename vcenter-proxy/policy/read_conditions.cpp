// SPDX-License-Identifier: Apache-2.0
#include "common/base/text.h"
#include "vcenter-proxy/policy/match.h"
#include "vcenter-proxy/policy/members.h"
#include "vcenter-proxy/policy/reader.h"
#include "vcenter-proxy/policy/rest_path.h"

#include <algorithm>
#include <array>

namespace pcg::policy::detail {
namespace {

constexpr std::array<std::string_view, 7> kHttpMethods{
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "*"};

bool isNever(const Context& context, std::string_view method) {
    const auto& never = context.vocabulary.never;
    return std::binary_search(never.begin(), never.end(), method);
}

void readMethod(Context& context, const Word& word, Rule& rule) {
    const auto star = word.text.find('*');
    if (star != std::string::npos && star + 1 != word.text.size()) {
        context.problems.error(word.at, "a method's pattern has its * at the end, if at all");
        return;
    }
    const bool known =
        star == std::string::npos
            ? std::binary_search(context.methods.begin(), context.methods.end(), word.text)
            : std::any_of(context.methods.begin(),
                          context.methods.end(),
                          [&](const std::string& one) { return globMatches(word.text, one); });
    if (!known) {
        context.problems.error(
            word.at,
            "\"" + word.text + "\" is no SOAP method that the gateway knows; if it is a new one, " +
                "name it in \"also_known\"." + meant(context, word.text, context.methods));
        return;
    }
    if (!rule.deny && isNever(context, word.text)) {
        context.problems.error(
            word.at,
            "\"" + word.text + "\" is never open through the gateway; a policy cannot allow it");
        return;
    }
    rule.methods.push_back(word.text);
}

void readObject(Context& context, const Word& word, Rule& rule) {
    const auto colon = word.text.find(':');
    ObjectSelector selector;
    selector.type = word.text.substr(0, colon);
    if (colon != std::string::npos) selector.id = word.text.substr(colon + 1);
    const bool plain = std::all_of(selector.type.begin(), selector.type.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    });
    if (selector.type.empty() || !plain || (colon != std::string::npos && selector.id.empty())) {
        context.problems.error(word.at,
                               "\"" + word.text +
                                   "\" is no object; write TYPE or TYPE:ID, like VirtualMachine or "
                                   "Folder:group-v3");
        return;
    }
    rule.objects.push_back(std::move(selector));
}

// What MAAS knows at this path; a did-you-mean for what it does not.
void checkMaas(Context& context, const Word& word, const PathSelector& selector) {
    std::vector<std::string> paths;
    std::vector<std::string> ops;
    bool path = false;
    bool method = false;
    bool op = false;
    for (const auto& door : context.vocabulary.maas) {
        paths.emplace_back(door.path);
        if (!pathsMeet(selector.path, door.path)) continue;
        path = true;
        if (selector.method != "*" && selector.method != door.method) continue;
        method = true;
        for (const auto one : split(door.ops, ' ')) {
            op =
                op || selector.op == "*" || (one == "-" ? selector.op.empty() : one == selector.op);
            if (one != "-") ops.emplace_back(one);
        }
    }
    if (!path) {
        context.problems.error(word.at,
                               "MAAS has no path like \"" + selector.path +
                                   "\" below /MAAS/api/2.0/." +
                                   meant(context, selector.path, paths));
    } else if (!method) {
        context.problems.error(word.at,
                               "MAAS has no " + selector.method + " at \"" + selector.path + "\"");
    } else if (!op) {
        context.problems.error(
            word.at,
            (selector.op.empty() ? std::string("this needs an operation, or * for each, at \"")
                                 : "\"" + selector.op + "\" is no operation of MAAS at \"") +
                selector.path + "\"." + meant(context, selector.op, ops));
    }
}

// Up to the first segment that stands for others.
std::string_view fixedPart(std::string_view path) {
    const auto pattern = std::min(path.find("/{}"), path.find("/**"));
    return path.substr(0, pattern);
}

// A rule about what nobody can ask for would never speak, and one that refuses would seem to.
void checkRest(Context& context, const Word& word, const PathSelector& selector) {
    std::vector<std::string> roots;
    for (const auto root : context.vocabulary.rest) roots.push_back("/api/" + std::string(root));
    const bool known = std::any_of(roots.begin(), roots.end(), [&](const std::string& root) {
        return pathsMeet(selector.path, root) || pathsMeet(selector.path, root + "/**");
    });
    if (known) return;
    context.problems.error(word.at,
                           "nobody may ask for \"" + selector.path +
                               "\" through the gateway, with or without a rule." +
                               meant(context, fixedPart(selector.path), roots));
}

// As requests are written, too.
void readRest(Context& context, const Word& word, PathSelector& selector) {
    auto canonical = canonicalRest(selector.method, selector.path);
    selector.path = std::move(canonical.path);
    if (!canonical.action.empty() && !selector.op.empty()) {
        context.problems.error(word.at, "the path ends in an action, and another one is named");
    }
    if (selector.op.empty()) selector.op = std::move(canonical.action);
    checkRest(context, word, selector);
}

bool isCanonical(std::string_view path) {
    if (path.find("//") != std::string_view::npos || path.find('?') != std::string_view::npos)
        return false;
    for (const auto segment : split(path, '/')) {
        if (segment == "." || segment == "..") return false;
    }
    return std::all_of(path.begin(), path.end(), [](char c) { return c > 0x20 && c != 0x7f; });
}

void readPath(Context& context, const Word& word, Rule& rule) {
    std::vector<std::string> parts;
    for (const auto part : split(word.text, ' ')) parts.emplace_back(part);
    const std::size_t most = rule.door == Door::Files ? 2 : 3;
    if (parts.size() < 2 || parts.size() > most) {
        context.problems.error(
            word.at,
            rule.door == Door::Maas
                ? "write METHOD PATH [OPERATION], like \"POST machines/{}/ deploy\""
            : rule.door == Door::Rest
                ? "write METHOD PATH [ACTION], like \"GET /api/vcenter/vm/{}\" or "
                  "\"POST /api/vcenter/vm/{}/power start\""
                : "write METHOD PATH, like \"PUT pcg/**\"");
        return;
    }
    PathSelector selector{parts[0], parts[1], parts.size() == 3 ? parts[2] : std::string()};
    if (std::find(kHttpMethods.begin(), kHttpMethods.end(), selector.method) ==
        kHttpMethods.end()) {
        std::vector<std::string> known(kHttpMethods.begin(), kHttpMethods.end());
        context.problems.error(word.at,
                               "\"" + selector.method + "\" is no method of HTTP." +
                                   meant(context, selector.method, known));
        return;
    }
    const bool rooted = selector.path.starts_with('/');
    if (rooted != (rule.door == Door::Rest) || !isCanonical(selector.path)) {
        context.problems.error(
            word.at,
            rule.door == Door::Rest
                ? "a path of REST begins with a slash and has no dots, no // and "
                  "no query"
                : "the path stands below the API's or the folder's own, without "
                  "a slash before it");
        return;
    }
    if (rule.door == Door::Maas) checkMaas(context, word, selector);
    if (rule.door == Door::Rest) readRest(context, word, selector);
    rule.paths.push_back(std::move(selector));
}

std::vector<std::string> textsOf(std::vector<Word> words) {
    std::vector<std::string> texts;
    texts.reserve(words.size());
    for (auto& word : words) texts.push_back(std::move(word.text));
    return texts;
}

void readFields(Context& context, const Node& node, const Rule& rule, Where& where) {
    const auto* object = objectOf(context, node, "fields");
    if (object == nullptr) return;
    const bool deletes = std::any_of(rule.paths.begin(), rule.paths.end(), [](const auto& path) {
        return path.method == "DELETE";
    });
    if (rule.door == Door::Maas && deletes) {
        context.problems.warn(
            node.at,
            "a DELETE never meets \"fields\": where MAAS looks for them cannot be "
            "told");
    }
    for (const auto& member : *object) {
        auto patterns = textsOf(wordsOf(context, member.value, member.name));
        where.fields.emplace_back(member.name, std::move(patterns));
    }
}

void readCondition(Context& context, const Member& member, Rule& rule, Where& where) {
    const auto list = [&] { return textsOf(wordsOf(context, member.value, member.name)); };
    const auto only = [&](bool fits, std::string_view door) {
        if (fits) return true;
        context.problems.error(
            member.at, "\"" + member.name + "\" is a condition of " + std::string(door) + " only");
        return false;
    };
    const bool soap = rule.door == Door::Soap;
    if (member.name == "fields") {
        if (only(rule.door == Door::Maas || rule.door == Door::Rest, "maas and rest"))
            readFields(context, member.value, rule, where);
        return;
    }
    if (member.name == "datastores" || member.name == "datacenters") {
        if (!only(soap || rule.door == Door::Files, "soap and files")) return;
        (member.name == "datastores" ? where.datastores : where.datacenters) = list();
        return;
    }
    if (!only(soap, "soap")) return;
    if (member.name == "folders") where.folders = list();
    if (member.name == "networks") where.networks = list();
    if (member.name == "pools") where.pools = list();
    if (member.name == "hosts") where.hosts = list();
    if (member.name == "names") where.names = list();
    if (member.name == "extra_config") {
        where.limits_extra_config = true;
        for (auto& pattern : list()) where.extra_config.push_back(toLowerAscii(pattern));
    }
    if (member.name != "own_vms") return;
    const auto* flag = member.value.flag();
    if (flag == nullptr || !*flag) {
        context.problems.error(member.value.at, "\"own_vms\" is true, or not there");
        return;
    }
    where.own_vms = true;
}

}  // namespace

void readSelector(Context& context, const Node::Object& from, Rule& rule) {
    const Member* found = nullptr;
    for (const auto& member : from) {
        const bool names = member.name == "soap" || member.name == "rest" ||
                           member.name == "maas" || member.name == "files";
        if (!names) continue;
        if (found != nullptr) {
            context.problems.error(
                member.at, "a rule has one of soap, rest, maas and files; make it two rules");
            return;
        }
        found = &member;
    }
    if (found == nullptr) {
        context.problems.error(rule.at, "a rule needs soap, rest, maas or files: what it is about");
        return;
    }
    for (const auto door : {Door::Soap, Door::Rest, Door::Maas, Door::Files}) {
        if (doorName(door) == found->name) rule.door = door;
    }
    for (const auto& word : wordsOf(context, found->value, found->name)) {
        if (rule.door == Door::Soap) readMethod(context, word, rule);
        if (rule.door != Door::Soap) readPath(context, word, rule);
    }
    const auto* on = find(from, "on");
    if (on == nullptr) return;
    if (rule.door != Door::Soap) {
        context.problems.error(on->at, "\"on\" is for rules with soap only");
        return;
    }
    for (const auto& word : wordsOf(context, *on, "on")) readObject(context, word, rule);
}

void readWhere(Context& context, const Node& node, Rule& rule) {
    const auto* several = node.array();
    if (rule.deny) {
        context.problems.error(node.at,
                               "a refusing rule has no \"where\"; write an allowing rule with the "
                               "conditions, which refuses what does not meet them");
        return;
    }
    const std::size_t count = several == nullptr ? 1 : several->size();
    if (count == 0 || count > 16) {
        context.problems.error(node.at, "\"where\" is an object, or a list of 1 to 16 of them");
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const Node& one = several == nullptr ? node : (*several)[i];
        const auto* object = objectOf(context, one, "where");
        if (object == nullptr) return;
        checkMembers(context, *object, members::kWhere);
        if (object->empty()) context.problems.error(one.at, "\"where\" must not be empty");
        Where where;
        for (const auto& member : *object) readCondition(context, member, rule, where);
        rule.where.push_back(std::move(where));
    }
}

}  // namespace pcg::policy::detail
