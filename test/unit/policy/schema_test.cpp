// SPDX-License-Identifier: Apache-2.0
// docs/policy.schema.json and the reader say the same: of each example, and of what becomes of it
// when something in it is left out, put in or replaced.
#include "vcenter-proxy/policy/members.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include "policy_fixture.h"
#include "schema_check.h"

namespace pcg::policy {
namespace {

std::string contentOf(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

const Node& schema() {
    static const auto kSchema =
        parseJsonc(contentOf(std::string(PCG_SOURCE_DIR) + "/docs/policy.schema.json"));
    EXPECT_TRUE(kSchema) << toText(kSchema.error());
    return *kSchema;
}

using Names = std::set<std::string, std::less<>>;

Names namesIn(const Node& object) {
    Names names;
    for (const auto& member : *test::memberOf(object, "properties")->object())
        names.insert(member.name);
    return names;
}

template <class List>
Names namesOf(const List& list) {
    return Names(list.begin(), list.end());
}

std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text)
        out += (c == '"' || c == '\\') ? std::string("\\") + c : std::string(1, c);
    return out + "\"";
}

std::string written(const Node& node) {
    if (const auto* text = node.text()) return quoted(*text);
    if (const auto* number = node.number()) return std::to_string(*number);
    if (const auto* flag = node.flag()) return *flag ? "true" : "false";
    std::string inside;
    if (const auto* list = node.array()) {
        for (const auto& one : *list) inside += (inside.empty() ? "" : ",") + written(one);
        return "[" + inside + "]";
    }
    if (node.object() == nullptr) return "null";
    for (const auto& one : *node.object())
        inside += (inside.empty() ? "" : ",") + quoted(one.name) + ":" + written(one.value);
    return "{" + inside + "}";
}

// The first blocks of a document that are policies.
std::vector<std::string> blocksOf(const std::string& markdown) {
    constexpr std::string_view kBegin = "```jsonc\n";
    std::vector<std::string> blocks;
    for (auto at = markdown.find(kBegin); at != std::string::npos; at = markdown.find(kBegin, at)) {
        at += kBegin.size();
        blocks.push_back(markdown.substr(at, markdown.find("```", at) - at));
    }
    return blocks;
}

Node parsed(const std::string& text) {
    auto node = parseJsonc(text);
    EXPECT_TRUE(node) << text;
    return std::move(*node);
}

// What a problem is about when a schema could have found it, too.
bool isAboutForm(const Problem& problem) {
    constexpr std::array<std::string_view, 5> kSigns{"must be a string",
                                                     "must be an object",
                                                     "must be a list",
                                                     "is not known here",
                                                     "must not be empty"};
    return problem.isError() &&
           std::any_of(kSigns.begin(), kSigns.end(), [&](std::string_view sign) {
               return problem.text.find(sign) != std::string::npos;
           });
}

void expectSameVerdict(const Node& policy) {
    const auto text = written(policy);
    const auto reading = readPolicy(text, test::vocabulary());
    const bool fits = test::SchemaCheck(schema()).fits(policy);
    EXPECT_TRUE(fits || !reading.ok()) << "the schema refuses what the reader takes: " << text;
    for (const auto& problem : reading.problems) {
        EXPECT_FALSE(fits && isAboutForm(problem))
            << "the schema takes what the reader refuses (" << toText(problem) << "): " << text;
    }
}

// Calls `each` with the whole policy after every single change to it.
void changeEverything(Node& root, Node& node, const std::function<void()>& each) {
    const Node before = node;
    for (const auto* other : {"7", "true", "[]", "{}", "[7]", "\"\""}) {
        node.data = parsed(other).data;
        each();
    }
    node = before;
    if (auto* list = std::get_if<Node::Array>(&node.data)) {
        // Of words the first one stands for all.
        const auto count = list->empty() || list->front().text() != nullptr ? 1 : list->size();
        for (std::size_t i = 0; i < std::min(count, list->size()); ++i)
            changeEverything(root, (*list)[i], each);
        return;
    }
    auto* object = std::get_if<Node::Object>(&node.data);
    if (object == nullptr) return;
    object->push_back({"unheard-of", {}, parsed("1")});
    each();
    object->pop_back();
    for (std::size_t i = 0; i < object->size(); ++i) {
        const auto member = (*object)[i];
        object->erase(object->begin() + static_cast<std::ptrdiff_t>(i));
        each();
        object->insert(object->begin() + static_cast<std::ptrdiff_t>(i), member);
        changeEverything(root, (*object)[i].value, each);
    }
}

TEST(PolicySchema, NamesWhatTheReaderKnowsAndNothingElse) {
    const test::SchemaCheck check(schema());
    EXPECT_EQ(namesIn(schema()), namesOf(members::kPolicy));
    EXPECT_EQ(namesIn(check.at("#/properties/windows/additionalProperties")),
              namesOf(members::kWindow));
    EXPECT_EQ(namesIn(check.at("#/properties/roles/additionalProperties")),
              namesOf(members::kRole));
    EXPECT_EQ(namesIn(check.at("#/properties/assign/items")), namesOf(members::kAssignment));
    EXPECT_EQ(namesIn(check.at("#/properties/endpoints/additionalProperties")),
              namesOf(members::kEndpoint));
    EXPECT_EQ(namesIn(check.at("#/$defs/rule")), namesOf(members::kRule));
    EXPECT_EQ(namesIn(check.at("#/$defs/where")), namesOf(members::kWhere));
}

TEST(PolicySchema, HasNoKeywordThatTheTestDoesNotKnow) {
    const Names known{"$schema",
                      "title",
                      "description",
                      "$defs",
                      "$ref",
                      "type",
                      "const",
                      "enum",
                      "oneOf",
                      "pattern",
                      "required",
                      "minLength",
                      "maxLength",
                      "items",
                      "minItems",
                      "maxItems",
                      "minProperties",
                      "properties",
                      "maxProperties",
                      "propertyNames",
                      "additionalProperties",
                      "dependentRequired"};
    const std::function<void(const Node&)> look = [&](const Node& node) {
        if (node.object() == nullptr) return;
        for (const auto& member : *node.object()) {
            EXPECT_TRUE(known.contains(member.name)) << member.name;
            if (member.name == "properties" || member.name == "$defs") {
                for (const auto& one : *member.value.object()) look(one.value);
            } else if (member.name != "dependentRequired") {
                look(member.value);
            }
            if (const auto* list = member.value.array()) {
                for (const auto& one : *list) look(one);
            }
        }
    };
    look(schema());
}

TEST(PolicySchema, AndTheReaderAgreeAboutEveryExampleAndEveryChangeToIt) {
    const std::filesystem::path root(PCG_SOURCE_DIR);
    const auto folder = root / "test/vectors/policy";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const auto text = contentOf(entry.path());
        if (entry.path().extension() == ".jsonc" && parseJsonc(text))
            expectSameVerdict(parsed(text));
    }
    std::size_t changes = 0;
    Node policy = parsed(contentOf(folder / "complete.jsonc"));
    changeEverything(policy, policy, [&] {
        ++changes;
        expectSameVerdict(policy);
    });
    EXPECT_GT(changes, 500U);
}

TEST(PolicySchema, TakesTheExamplesOfTheDocument) {
    const auto root = std::filesystem::path(PCG_SOURCE_DIR);
    for (const auto& text : blocksOf(contentOf(root / "docs/policy.md"))) {
        EXPECT_TRUE(test::SchemaCheck(schema()).fits(parsed(text)));
        const auto reading = readPolicy(text, test::vocabulary());
        for (const auto& problem : reading.problems) {
            if (problem.isError()) ADD_FAILURE() << toText(problem);
        }
    }
}

}  // namespace
}  // namespace pcg::policy
