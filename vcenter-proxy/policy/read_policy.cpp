// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/read_policy.h"

#include "common/base/text.h"
#include "vcenter-proxy/policy/known_methods.h"
#include "vcenter-proxy/policy/match.h"
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
                  std::initializer_list<std::string_view> known) {
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

namespace {

constexpr std::size_t kKeyLength = 29;

std::optional<Builtin> parseBuiltin(std::string_view name) {
    for (const auto role : {Builtin::Inventory, Builtin::Deploy, Builtin::Full}) {
        if (builtinName(role) == name) return role;
    }
    return std::nullopt;
}

std::vector<std::string> builtinNames() { return {"inventory", "deploy", "full"}; }

// The whole file, part by part.
class Document {
  public:
    explicit Document(Context& context) : context_(context) {}

    void read(const Node& root);

    std::shared_ptr<Policy> policy = std::make_shared<Policy>();

  private:
    void readHead(const Node::Object& root);
    void declareRoles(const Node& node);
    void readRole(const Node& node, Role& role);
    void readRule(const Node& node, Role& role);
    void readWhen(const Node& node, Rule& rule);
    void readExtends(const Node& node, Role& role);
    void checkLoops();
    void readAssign(const Node& node);
    void readAssignment(const Node& node);
    void checkAssignments();
    void readEndpoints(const Node& node);
    void checkDenied(const Word& word);
    Role* roleNamed(std::string_view name) const;
    std::string unknownRole(std::string_view name) const;
    bool isBuiltin(const Node& node, std::string_view what, std::optional<Builtin>& into);

    Context& context_;
};

void Document::readHead(const Node::Object& root) {
    checkMembers(context_,
                 root,
                 {"$schema",
                  "version",
                  "description",
                  "also_known",
                  "windows",
                  "roles",
                  "assign",
                  "endpoints"});
    const auto* version = find(root, "version");
    const auto* number = version == nullptr ? nullptr : version->number();
    if (number == nullptr || *number != 1) {
        context_.problems.error(version == nullptr ? Place{} : version->at,
                                "\"version\" must be there and be 1");
    }
    const auto known = knownMethods();
    context_.methods.assign(known.begin(), known.end());
    if (const auto* more = find(root, "also_known")) {
        for (auto& word : wordsOf(context_, *more, "also_known"))
            context_.methods.push_back(std::move(word.text));
    }
    std::sort(context_.methods.begin(), context_.methods.end());
}

Role* Document::roleNamed(std::string_view name) const {
    const auto found = std::find_if(policy->roles.begin(),
                                    policy->roles.end(),
                                    [&](const auto& one) { return one->name == name; });
    return found == policy->roles.end() ? nullptr : found->get();
}

std::string Document::unknownRole(std::string_view name) const {
    auto names = builtinNames();
    for (const auto& role : policy->roles) names.push_back(role->name);
    return "there is no role \"" + std::string(name) + "\"." + meant(context_, name, names);
}

void Document::declareRoles(const Node& node) {
    const auto* object = objectOf(context_, node, "roles");
    if (object == nullptr) return;
    if (object->size() > kMaxRoles) {
        context_.problems.error(node.at, "there may be 64 roles at most");
        return;
    }
    for (const auto& member : *object) {
        if (!isName(member.name)) {
            context_.problems.error(member.at, "a role's name has a-z, 0-9, - and _ only");
        }
        if (parseBuiltin(member.name)) {
            context_.problems.error(member.at,
                                    "\"" + member.name +
                                        "\" is built in; give yours another name and let it extend "
                                        "that one");
        }
        auto role = std::make_unique<Role>();
        role->name = member.name;
        role->at = member.at;
        policy->roles.push_back(std::move(role));
    }
    for (const auto& member : *object) readRole(member.value, *roleNamed(member.name));
    checkLoops();
    if (context_.problems.failed()) return;
    for (const auto& role : policy->roles) checkRules(context_, *role);
}

void Document::readExtends(const Node& node, Role& role) {
    const auto name = textOf(context_, node, "extends");
    if (name.empty()) return;
    role.extends_builtin = parseBuiltin(name);
    if (role.extends_builtin) return;
    role.extends = roleNamed(name);
    if (role.extends == nullptr) context_.problems.error(node.at, unknownRole(name));
}

void Document::checkLoops() {
    for (const auto& role : policy->roles) {
        std::size_t steps = 0;
        const Role* at = role.get();
        while (at != nullptr && steps <= kMaxRoles) {
            at = at->extends;
            ++steps;
        }
        if (at == nullptr) continue;
        context_.problems.error(role->at, "the role \"" + role->name + "\" extends itself");
        return;
    }
}

void Document::readRole(const Node& node, Role& role) {
    const auto* object = objectOf(context_, node, role.name);
    if (object == nullptr) return;
    checkMembers(context_, *object, {"description", "extends", "rules"});
    if (const auto* text = find(*object, "description"))
        role.description = textOf(context_, *text, "description");
    if (const auto* base = find(*object, "extends")) readExtends(*base, role);
    const auto* rules = find(*object, "rules");
    if (rules == nullptr) {
        if (!role.extends_builtin && role.extends == nullptr)
            context_.problems.warn(role.at, "the role \"" + role.name + "\" allows nothing");
        return;
    }
    const auto* list = rules->array();
    if (list == nullptr || list->size() > kMaxRules) {
        context_.problems.error(rules->at, "\"rules\" must be a list, of 100 rules at most");
        return;
    }
    role.rules.reserve(list->size());
    for (const auto& one : *list) readRule(one, role);
    std::size_t patterns = 0;
    for (const auto& rule : role.rules)
        patterns += rule.methods.size() + rule.paths.size() + rule.objects.size();
    if (patterns > kMaxPatternsOfRole) {
        context_.problems.error(rules->at,
                                "a role may name 2000 methods, paths and objects at most");
    }
}

void Document::readWhen(const Node& node, Rule& rule) {
    for (const auto& word : wordsOf(context_, node, "when")) {
        std::vector<std::string> names;
        const Window* found = nullptr;
        for (const auto& window : policy->windows) {
            names.push_back(window->name);
            if (window->name == word.text) found = window.get();
        }
        if (found != nullptr) {
            rule.when.push_back(found);
            continue;
        }
        context_.problems.error(word.at,
                                "there is no window \"" + word.text + "\" in \"windows\"." +
                                    meant(context_, word.text, names));
    }
}

void Document::readRule(const Node& node, Role& role) {
    const auto* object = objectOf(context_, node, "rules");
    if (object == nullptr) return;
    checkMembers(context_,
                 *object,
                 {"name", "effect", "soap", "rest", "maas", "files", "on", "where", "when"});
    Rule rule;
    rule.at = node.at;
    rule.number = role.rules.size() + 1;
    if (const auto* name = find(*object, "name")) rule.name = textOf(context_, *name, "name");
    if (const auto* effect = find(*object, "effect")) {
        const auto word = textOf(context_, *effect, "effect");
        rule.deny = word == "deny";
        if (word != "deny" && word != "allow" && !word.empty()) {
            context_.problems.error(
                effect->at,
                "\"effect\" is allow or deny." + meant(context_, word, {"allow", "deny"}));
        }
    }
    readSelector(context_, *object, rule);
    if (const auto* where = find(*object, "where")) readWhere(context_, *where, rule);
    if (const auto* when = find(*object, "when")) readWhen(*when, rule);
    role.rules.push_back(std::move(rule));
}

bool Document::isBuiltin(const Node& node, std::string_view what, std::optional<Builtin>& into) {
    const auto name = textOf(context_, node, what);
    into = parseBuiltin(name);
    if (into || name.empty()) return into.has_value();
    context_.problems.error(node.at,
                            "\"" + std::string(what) + "\" is inventory, deploy or full." +
                                meant(context_, name, builtinNames()));
    return false;
}

void Document::readAssignment(const Node& node) {
    const auto* object = objectOf(context_, node, "assign");
    if (object == nullptr) return;
    checkMembers(context_, *object, {"endpoint", "key", "key_role", "role"});
    Assignment one;
    one.at = node.at;
    if (const auto* endpoint = find(*object, "endpoint"))
        one.endpoint = textOf(context_, *endpoint, "endpoint");
    if (const auto* key = find(*object, "key")) {
        one.key = textOf(context_, *key, "key");
        if (!one.key.empty() && !one.key.starts_with("ak_")) {
            context_.problems.error(key->at, "\"key\" is the id of an access key: ak_...");
        } else if (one.key.size() != kKeyLength) {
            context_.problems.warn(key->at, "no access key has such an id: ak_ and 26 symbols");
        }
    }
    if (const auto* role = find(*object, "key_role")) isBuiltin(*role, "key_role", one.key_role);
    const auto* role = find(*object, "role");
    if (role == nullptr) {
        context_.problems.error(node.at, "an assignment needs \"role\"");
        return;
    }
    const auto name = textOf(context_, *role, "role");
    one.builtin = parseBuiltin(name);
    one.role = one.builtin ? nullptr : roleNamed(name);
    if (!name.empty() && !one.builtin && one.role == nullptr) {
        context_.problems.error(role->at, unknownRole(name));
    }
    policy->assign.push_back(std::move(one));
}

// Whether everybody whom `b` means is already meant by `a`.
bool covers(const Assignment& a, const Assignment& b) {
    return (a.endpoint.empty() || a.endpoint == b.endpoint) && (a.key.empty() || a.key == b.key) &&
           (!a.key_role || a.key_role == b.key_role);
}

void Document::checkAssignments() {
    const auto& list = policy->assign;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto before = std::find_if(list.begin(),
                                         list.begin() + static_cast<std::ptrdiff_t>(i),
                                         [&](const auto& one) { return covers(one, list[i]); });
        if (before == list.begin() + static_cast<std::ptrdiff_t>(i)) continue;
        context_.problems.warn(list[i].at,
                               "this assignment is never reached: the one in line " +
                                   std::to_string(before->at.line) +
                                   " means the same keys, and more");
    }
    for (const auto& role : policy->roles) {
        const bool used =
            std::any_of(list.begin(),
                        list.end(),
                        [&](const Assignment& one) { return one.role == role.get(); }) ||
            std::any_of(policy->roles.begin(), policy->roles.end(), [&](const auto& one) {
                return one->extends == role.get();
            });
        if (!used) context_.problems.warn(role->at, "nobody has the role \"" + role->name + "\"");
    }
}

void Document::readAssign(const Node& node) {
    const auto* list = node.array();
    if (list == nullptr || list->size() > 512) {
        context_.problems.error(node.at, "\"assign\" must be a list, of 512 at most");
        return;
    }
    for (const auto& one : *list) readAssignment(one);
}

// What is misspelt here would be open.
void Document::checkDenied(const Word& word) {
    auto known = context_.methods;
    for (const auto& door : context_.vocabulary.maas) {
        for (const auto op : split(door.ops, ' ')) known.emplace_back(op);
    }
    const bool found = std::any_of(known.begin(), known.end(), [&](const std::string& one) {
        return globMatches(word.text, one);
    });
    if (found) return;
    context_.problems.error(word.at,
                            "\"" + word.text +
                                "\" is no SOAP method and no operation of MAAS that the gateway "
                                "knows." +
                                meant(context_, word.text, known));
}

void Document::readEndpoints(const Node& node) {
    const auto* object = objectOf(context_, node, "endpoints");
    if (object == nullptr) return;
    for (const auto& member : *object) {
        const auto* fields = objectOf(context_, member.value, member.name);
        if (fields == nullptr) continue;
        checkMembers(context_, *fields, {"ceiling", "deny", "deploy_folder"});
        EndpointLimits limits;
        limits.endpoint = member.name;
        limits.at = member.at;
        std::optional<Builtin> ceiling;
        const auto* top = find(*fields, "ceiling");
        if (top != nullptr && isBuiltin(*top, "ceiling", ceiling)) limits.ceiling = *ceiling;
        if (const auto* deny = find(*fields, "deny")) {
            for (auto& word : wordsOf(context_, *deny, "deny")) {
                checkDenied(word);
                limits.deny.push_back(std::move(word.text));
            }
        }
        if (const auto* folder = find(*fields, "deploy_folder"))
            limits.deploy_folder = textOf(context_, *folder, "deploy_folder");
        policy->endpoints.push_back(std::move(limits));
    }
}

void Document::read(const Node& root) {
    const auto* object = root.object();
    if (object == nullptr) {
        context_.problems.error(root.at, "a policy is an object: { \"version\": 1, ... }");
        return;
    }
    readHead(*object);
    if (const auto* windows = find(*object, "windows")) readWindows(context_, *windows, *policy);
    if (const auto* roles = find(*object, "roles")) declareRoles(*roles);
    if (const auto* assign = find(*object, "assign")) readAssign(*assign);
    if (const auto* endpoints = find(*object, "endpoints")) readEndpoints(*endpoints);
    if (!context_.problems.failed()) checkAssignments();
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
    detail::Document document(context);
    document.read(*root);
    const bool failed = problems.failed();
    reading.problems = problems.take();
    if (!failed) reading.policy = std::move(document.policy);
    return reading;
}

}  // namespace pcg::policy
