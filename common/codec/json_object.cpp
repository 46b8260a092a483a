// SPDX-License-Identifier: Apache-2.0
#include "common/base/assert.h"
#include "common/base/text.h"
#include "common/codec/errc.h"
#include "common/codec/json.h"
#include "common/codec/utf8.h"

#include <algorithm>

namespace pcg::codec::json {
namespace {

tl::unexpected<Error> wrongKind(const std::string& path,
                                std::string_view expected,
                                const Value& found) {
    return fail(kJsonField,
                "\"" + path + "\" must be " + std::string(expected) + ", not " +
                    std::string(found.kindName()));
}

Result<std::string> stringOf(const std::string& path, const Value& value, std::size_t maxBytes) {
    const auto* text = value.asString();
    if (text == nullptr) return wrongKind(path, "a string", value);
    if (text->size() > maxBytes) {
        return fail(kJsonField,
                    "\"" + path + "\" has " + std::to_string(text->size()) + " bytes; at most " +
                        std::to_string(maxBytes) + " are taken");
    }
    return *text;
}

}  // namespace

std::string_view Value::kindName() const {
    switch (data_.index()) {
        case 0:
            return "null";
        case 1:
            return "a boolean";
        case 2:
            return "an integer";
        case 3:
            return "a number";
        case 4:
            return "a string";
        case 5:
            return "an array";
        default:
            return "an object";
    }
}

Value Value::ofUnsigned(std::uint64_t value) {
    PCG_ASSERT(value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
    return Value(static_cast<std::int64_t>(value));
}

std::size_t Object::size() const { return members_.size(); }

const Value* Object::find(std::string_view name) const {
    const auto found = std::find_if(members_.begin(), members_.end(), [&](const Member& member) {
        return member.name == name;
    });
    return found == members_.end() ? nullptr : &found->value;
}

std::string Object::path(std::string_view name) const {
    return path_.empty() ? std::string(name) : path_ + "." + std::string(name);
}

Result<const Value*> Object::required(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr) return fail(kJsonField, "\"" + path(name) + "\" is missing");
    return value;
}

Object::Object() = default;
Object::Object(const Object& other) = default;
Object::Object(Object&& other) noexcept = default;
Object& Object::operator=(const Object& other) = default;
Object& Object::operator=(Object&& other) noexcept = default;
Object::~Object() = default;

Result<std::string> Object::string(std::string_view name, std::size_t maxBytes) const {
    return stringOf(path(name), *PCG_TRY(required(name)), maxBytes);
}

Result<std::optional<std::string>> Object::optionalString(std::string_view name,
                                                          std::size_t maxBytes) const {
    const auto* value = find(name);
    if (value == nullptr || value->isNull()) return std::optional<std::string>();
    return std::optional<std::string>(PCG_TRY(stringOf(path(name), *value, maxBytes)));
}

Result<std::int64_t> Object::integer(std::string_view name,
                                     std::int64_t min,
                                     std::int64_t max) const {
    const auto& value = *PCG_TRY(required(name));
    const auto* number = value.asInteger();
    if (number == nullptr) return wrongKind(path(name), "an integer", value);
    if (*number < min || *number > max) {
        return fail(kJsonField,
                    "\"" + path(name) + "\" is " + std::to_string(*number) + "; it must be from " +
                        std::to_string(min) + " to " + std::to_string(max));
    }
    return *number;
}

Result<std::optional<std::int64_t>> Object::optionalInteger(std::string_view name,
                                                            std::int64_t min,
                                                            std::int64_t max) const {
    const auto* value = find(name);
    if (value == nullptr || value->isNull()) return std::optional<std::int64_t>();
    return std::optional<std::int64_t>(PCG_TRY(integer(name, min, max)));
}

Result<double> Object::number(std::string_view name) const {
    const auto& value = *PCG_TRY(required(name));
    if (const auto* integer = value.asInteger()) return static_cast<double>(*integer);
    const auto* number = value.asDouble();
    if (number == nullptr) return wrongKind(path(name), "a number", value);
    return *number;
}

Result<bool> Object::boolean(std::string_view name) const {
    const auto& value = *PCG_TRY(required(name));
    const auto* flag = value.asBoolean();
    if (flag == nullptr) return wrongKind(path(name), "true or false", value);
    return *flag;
}

Result<bool> Object::booleanOr(std::string_view name, bool fallback) const {
    if (!has(name)) return fallback;
    return boolean(name);
}

Result<const Object*> Object::object(std::string_view name) const {
    const auto& value = *PCG_TRY(required(name));
    if (value.asObject() == nullptr) return wrongKind(path(name), "an object", value);
    return value.asObject();
}

Result<const Object*> Object::optionalObject(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr || value->isNull()) return static_cast<const Object*>(nullptr);
    return object(name);
}

Result<const Array*> Object::array(std::string_view name, std::size_t maxItems) const {
    const auto& value = *PCG_TRY(required(name));
    const auto* items = value.asArray();
    if (items == nullptr) return wrongKind(path(name), "an array", value);
    if (items->size() > maxItems) {
        return fail(kJsonField,
                    "\"" + path(name) + "\" has " + std::to_string(items->size()) +
                        " items; at most " + std::to_string(maxItems) + " are taken");
    }
    return items;
}

Result<std::vector<std::string>> Object::strings(std::string_view name,
                                                 std::size_t maxItems,
                                                 std::size_t maxBytesEach) const {
    const auto& items = *PCG_TRY(array(name, maxItems));
    std::vector<std::string> texts;
    for (const auto& item : items) {
        const auto where = path(name) + "[" + std::to_string(texts.size()) + "]";
        texts.push_back(PCG_TRY(stringOf(where, item, maxBytesEach)));
    }
    return texts;
}

Result<> Object::onlyMembers(const std::vector<std::string>& known) const {
    for (const auto& member : members_) {
        if (std::find(known.begin(), known.end(), member.name) != known.end()) continue;
        std::string message = "\"" + path(member.name.substr(0, 64)) + "\" is not known here";
        if (const auto meant = didYouMean(member.name.substr(0, 64), known)) {
            message += "; did you mean \"" + *meant + "\"?";
        }
        return fail(kJsonField, std::move(message));
    }
    return {};
}

Object& Object::set(std::string_view name, Value value) {
    for (auto& member : members_) {
        if (member.name == name) {
            member.value = std::move(value);
            return *this;
        }
    }
    members_.push_back({std::string(name), std::move(value)});
    return *this;
}

Object& Object::setIf(std::string_view name, const std::optional<std::string>& text) {
    return text ? set(name, Value(*text)) : *this;
}

}  // namespace pcg::codec::json
