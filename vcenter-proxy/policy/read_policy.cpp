// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/read_policy.h"

#include "common/base/text.h"
#include "vcenter-proxy/policy/known_methods.h"
#include "vcenter-proxy/policy/members.h"
#include "vcenter-proxy/policy/reader.h"

#include <algorithm>

namespace pcg::policy {
namespace detail {

std::vector<Problem> Problems::take() {
    std::stable_sort(list_.begin(), list_.end(), [](const Problem& a, const Problem& b) {
        return std::pair(a.at.line, a.at.column) < std::pair(b.at.line, b.at.column);
    });
    return std::move(list_);
}

void Problems::add(Problem::Gravity gravity, Place at, std::string text) {
    failed_ = failed_ || gravity == Problem::Gravity::Error;
    if (list_.size() < kMaxProblems) list_.push_back({gravity, at, std::move(text)});
}

std::string meant(const Context& context,
                  std::string_view word,
                  const std::vector<std::string>& candidates) {
    if (context.problems.full()) return {};
    const auto found = didYouMean(word.substr(0, 64), candidates);
    return found ? " Did you mean \"" + *found + "\"?" : "";
}

const Node* find(const Node::Object& object, std::string_view name) {
    const auto found = std::find_if(
        object.begin(), object.end(), [&](const Member& member) { return member.name == name; });
    return found == object.end() ? nullptr : &found->value;
}

void checkMembers(Context& context,
                  const Node::Object& object,
                  std::span<const std::string_view> known) {
    const std::vector<std::string> names(known.begin(), known.end());
    for (const auto& member : object) {
        if (std::find(names.begin(), names.end(), member.name) != names.end()) continue;
        context.problems.error(member.at,
                               "\"" + member.name.substr(0, 64) + "\" is not known here." +
                                   meant(context, member.name, names));
    }
}

const Node::Object* objectOf(Context& context, const Node& node, std::string_view what) {
    if (const auto* object = node.object()) return object;
    context.problems.error(
        node.at,
        "\"" + std::string(what) + "\" must be an object, not " + std::string(node.kindName()));
    return nullptr;
}

std::string textOf(Context& context, const Node& node, std::string_view what) {
    const auto* text = node.text();
    if (text != nullptr && !text->empty()) return *text;
    context.problems.error(
        node.at,
        "\"" + std::string(what) + "\" must be a string" +
            (text == nullptr ? ", not " + std::string(node.kindName()) : " that is not empty"));
    return {};
}

std::vector<Word> wordsOf(Context& context, const Node& node, std::string_view what) {
    std::vector<Word> words;
    const auto* list = node.array();
    if (list == nullptr || list->size() > kMaxPatterns) {
        context.problems.error(node.at,
                               "\"" + std::string(what) + "\" must be a list of strings" +
                                   (list == nullptr ? "" : ", at most 256"));
        return words;
    }
    if (list->empty() && what != "extra_config") {
        context.problems.error(node.at, "\"" + std::string(what) + "\" must not be empty");
    }
    for (const auto& item : *list) {
        auto text = textOf(context, item, what);
        if (!text.empty()) words.push_back({std::move(text), item.at});
    }
    return words;
}

std::optional<Builtin> parseBuiltin(std::string_view name) {
    for (const auto role : {Builtin::Inventory, Builtin::Deploy, Builtin::Full}) {
        if (builtinName(role) == name) return role;
    }
    return std::nullopt;
}

std::vector<std::string> builtinNames() { return {"inventory", "deploy", "full"}; }

std::string unknownRole(const Context& context, const Policy& policy, std::string_view name) {
    auto names = builtinNames();
    for (const auto& role : policy.roles) names.push_back(role->name);
    return "there is no role \"" + std::string(name) + "\"." + meant(context, name, names);
}

namespace {

void readHead(Context& context, const Node::Object& root) {
    checkMembers(context, root, members::kPolicy);
    const auto* version = find(root, "version");
    const auto* number = version == nullptr ? nullptr : version->number();
    if (number == nullptr || *number != 1) {
        context.problems.error(version == nullptr ? Place{} : version->at,
                               "\"version\" must be there and be 1");
    }
    for (const std::string_view name : {"$schema", "description"}) {
        if (const auto* text = find(root, name)) textOf(context, *text, name);
    }
    const auto known = knownMethods();
    context.methods.assign(known.begin(), known.end());
    if (const auto* more = find(root, "also_known")) {
        for (auto& word : wordsOf(context, *more, "also_known"))
            context.methods.push_back(std::move(word.text));
    }
    std::sort(context.methods.begin(), context.methods.end());
}

// In the order in which parts name one another.
void readAll(Context& context, const Node& root, Policy& policy) {
    const auto* object = root.object();
    if (object == nullptr) {
        context.problems.error(root.at, "a policy is an object: { \"version\": 1, ... }");
        return;
    }
    readHead(context, *object);
    if (const auto* windows = find(*object, "windows")) readWindows(context, *windows, policy);
    if (const auto* roles = find(*object, "roles")) readRoles(context, *roles, policy);
    if (const auto* assign = find(*object, "assign")) readAssign(context, *assign, policy);
    if (const auto* ends = find(*object, "endpoints")) readEndpoints(context, *ends, policy);
    if (!context.problems.failed()) checkAssignments(context, policy);
}

}  // namespace
}  // namespace detail

Reading readPolicy(std::string_view text, const Vocabulary& vocabulary) {
    Reading reading;
    auto root = parseJsonc(text);
    if (!root) {
        reading.problems.push_back(std::move(root).error());
        return reading;
    }
    detail::Problems problems;
    detail::Context context{vocabulary, problems};
    auto policy = std::make_shared<Policy>();
    detail::readAll(context, *root, *policy);
    const bool failed = problems.failed();
    reading.problems = problems.take();
    if (!failed) reading.policy = std::move(policy);
    return reading;
}

}  // namespace pcg::policy
