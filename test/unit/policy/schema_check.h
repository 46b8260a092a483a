// SPDX-License-Identifier: Apache-2.0
// As much of JSON Schema (2020-12) as docs/policy.schema.json uses; a keyword that it does not know
// is a failure of the test, not a rule that holds.
#pragma once

#include "vcenter-proxy/policy/jsonc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <string>

namespace pcg::policy::test {

inline const Node* memberOf(const Node& node, std::string_view name) {
    const auto* object = node.object();
    if (object == nullptr) return nullptr;
    for (const auto& member : *object) {
        if (member.name == name) return &member.value;
    }
    return nullptr;
}

inline bool sameValue(const Node& a, const Node& b) {
    if (a.text() != nullptr && b.text() != nullptr) return *a.text() == *b.text();
    if (a.number() != nullptr && b.number() != nullptr) return *a.number() == *b.number();
    return a.flag() != nullptr && b.flag() != nullptr && *a.flag() == *b.flag();
}

class SchemaCheck {
  public:
    explicit SchemaCheck(const Node& root) : root_(root) {}

    bool fits(const Node& value) const { return fits(root_, value); }

    // "#/$defs/rule"
    const Node& at(std::string_view reference) const {
        const Node* node = &root_;
        for (auto rest = reference.substr(2); !rest.empty();) {
            const auto slash = std::min(rest.find('/'), rest.size());
            node = memberOf(*node, rest.substr(0, slash));
            rest.remove_prefix(std::min(slash + 1, rest.size()));
        }
        return *node;
    }

  private:
    bool fits(const Node& schema, const Node& value) const {
        return std::all_of(
            schema.object()->begin(), schema.object()->end(), [&](const Member& one) {
                return holds(one.name, one.value, schema, value);
            });
    }

    bool holds(const std::string& keyword,
               const Node& rule,
               const Node& schema,
               const Node& value) const {
        if (keyword == "$ref") return fits(at(*rule.text()), value);
        if (keyword == "type") return isOfType(*rule.text(), value);
        if (keyword == "const") return sameValue(rule, value);
        if (keyword == "enum" || keyword == "oneOf") return oneOf(keyword, rule, value);
        if (const auto* text = value.text()) return ofText(keyword, rule, *text);
        if (const auto* list = value.array()) return ofList(keyword, rule, *list);
        if (const auto* object = value.object()) return ofObject(keyword, rule, schema, *object);
        return true;
    }

    bool oneOf(const std::string& keyword, const Node& rule, const Node& value) const {
        const auto fitting =
            std::count_if(rule.array()->begin(), rule.array()->end(), [&](const Node& one) {
                return keyword == "enum" ? sameValue(one, value) : fits(one, value);
            });
        return fitting == 1;
    }

    static bool isOfType(const std::string& type, const Node& value) {
        if (type == "string") return value.text() != nullptr;
        if (type == "array") return value.array() != nullptr;
        EXPECT_EQ(type, "object");
        return value.object() != nullptr;
    }

    static bool ofText(const std::string& keyword, const Node& rule, const std::string& text) {
        const auto size = static_cast<std::int64_t>(text.size());
        if (keyword == "pattern") return std::regex_search(text, std::regex(*rule.text()));
        if (keyword == "minLength") return size >= *rule.number();
        if (keyword == "maxLength") return size <= *rule.number();
        return true;
    }

    bool ofList(const std::string& keyword, const Node& rule, const Node::Array& list) const {
        const auto size = static_cast<std::int64_t>(list.size());
        if (keyword == "minItems") return size >= *rule.number();
        if (keyword == "maxItems") return size <= *rule.number();
        if (keyword != "items") return true;
        return std::all_of(
            list.begin(), list.end(), [&](const Node& one) { return fits(rule, one); });
    }

    bool ofObject(const std::string& keyword,
                  const Node& rule,
                  const Node& schema,
                  const Node::Object& object) const {
        const auto size = static_cast<std::int64_t>(object.size());
        if (keyword == "minProperties") return size >= *rule.number();
        if (keyword == "maxProperties") return size <= *rule.number();
        const auto has = [&](const Node& name) {
            return std::any_of(object.begin(), object.end(), [&](const Member& member) {
                return member.name == *name.text();
            });
        };
        if (keyword == "required")
            return std::all_of(rule.array()->begin(), rule.array()->end(), has);
        if (keyword == "dependentRequired") {
            return std::all_of(
                rule.object()->begin(), rule.object()->end(), [&](const Member& one) {
                    Node name;
                    name.data = one.name;
                    const auto& needed = *one.value.array();
                    return !has(name) || std::all_of(needed.begin(), needed.end(), has);
                });
        }
        return std::all_of(object.begin(), object.end(), [&](const Member& member) {
            return ofMember(keyword, rule, schema, member);
        });
    }

    bool ofMember(const std::string& keyword,
                  const Node& rule,
                  const Node& schema,
                  const Member& member) const {
        if (keyword == "propertyNames") {
            Node name;
            name.data = member.name;
            return fits(rule, name);
        }
        const auto* properties = memberOf(schema, "properties");
        const auto* named = properties == nullptr ? nullptr : memberOf(*properties, member.name);
        if (keyword == "properties") return named == nullptr || fits(*named, member.value);
        if (keyword != "additionalProperties" || named != nullptr) return true;
        return rule.flag() != nullptr ? *rule.flag() : fits(rule, member.value);
    }

    const Node& root_;
};

}  // namespace pcg::policy::test
