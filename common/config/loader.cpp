// SPDX-License-Identifier: Apache-2.0
#include "common/config/loader.h"

#include "common/base/assert.h"
#include "common/base/text.h"
#include "common/codec/json.h"
#include "common/config/errc.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace pcg::config {
namespace {

namespace json = codec::json;
using Held = std::variant<std::string, std::int64_t, bool>;

std::string inQuotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string hint(std::string_view word, const std::vector<std::string>& known) {
    if (const auto meant = didYouMean(word, known))
        return " Did you mean " + inQuotes(*meant) + "?";
    return {};
}

std::string listed(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

Held fallbackOf(const Key& key) {
    if (key.type == Type::Integer) {
        return static_cast<std::int64_t>(parseUnsigned(key.fallback).value_or(0));
    }
    if (key.type == Type::Boolean) return key.fallback == "true";
    return std::string(key.fallback);
}

Result<Held> readInteger(const Key& key, const json::Value& value, std::string_view source) {
    const auto* number = value.asInteger();
    if (number == nullptr) {
        return fail(badValue(source,
                             key.name,
                             "must be a whole number, not " + std::string(value.kindName()) + "."));
    }
    if (*number < key.min || *number > key.max) {
        return fail(badValue(source,
                             key.name,
                             std::to_string(*number) + " is outside " + std::to_string(key.min) +
                                 " to " + std::to_string(key.max) + "."));
    }
    return Held(*number);
}

Result<Held> readText(const Key& key, const json::Value& value, std::string_view source) {
    const auto* text = value.asString();
    if (text == nullptr) {
        return fail(badValue(
            source, key.name, "must be a text, not " + std::string(value.kindName()) + "."));
    }
    if (std::any_of(text->begin(), text->end(), [](char c) {
            return static_cast<unsigned char>(c) < 0x20;
        })) {
        return fail(badValue(source, key.name, "must not hold control characters."));
    }
    if (key.need == Need::Required && text->empty()) {
        return fail(badValue(source, key.name, "must not be empty."));
    }
    if (key.type != Type::Choice) return Held(*text);
    const std::vector<std::string> choices(key.choices.begin(), key.choices.end());
    if (std::find(choices.begin(), choices.end(), *text) != choices.end()) return Held(*text);
    return fail(badValue(
        source,
        key.name,
        inQuotes(*text) + " is not one of " + listed(choices) + "." + hint(*text, choices)));
}

Result<Held> read(const Key& key, const json::Value& value, std::string_view source) {
    if (key.type == Type::Integer) return readInteger(key, value, source);
    if (key.type != Type::Boolean) return readText(key, value, source);
    if (const auto* boolean = value.asBoolean()) return Held(*boolean);
    return fail(badValue(
        source, key.name, "must be true or false, not " + std::string(value.kindName()) + "."));
}

json::Value asJson(const Held& held) {
    return std::visit([](const auto& value) { return json::Value(value); }, held);
}

}  // namespace

Error badValue(std::string_view source, std::string_view key, std::string_view reason) {
    return {kBadValue, std::string(source) + ": key " + inQuotes(key) + ": " + std::string(reason)};
}

const Settings::Held& Settings::at(std::string_view key) const {
    const auto found = values_.find(key);
    PCG_ASSERT(found != values_.end());
    return found->second;
}

const std::string& Settings::text(std::string_view key) const {
    const auto* held = std::get_if<std::string>(&at(key));
    PCG_ASSERT(held != nullptr);
    return *held;
}

std::int64_t Settings::integer(std::string_view key) const {
    const auto* held = std::get_if<std::int64_t>(&at(key));
    PCG_ASSERT(held != nullptr);
    return *held;
}

bool Settings::boolean(std::string_view key) const {
    const auto* held = std::get_if<bool>(&at(key));
    PCG_ASSERT(held != nullptr);
    return *held;
}

std::chrono::milliseconds Settings::milliseconds(std::string_view key) const {
    PCG_ASSERT(key.ends_with("_ms"));
    return std::chrono::milliseconds(integer(key));
}

std::string Settings::print(const Schema& schema) const {
    std::string text = "{\n";
    for (const auto& key : schema.keys()) {
        const bool hide = key.show == Show::Masked && isSet(key.name);
        text += "  " + json::write(json::Value(key.name)) + ": " +
                json::write(hide ? json::Value("***") : asJson(at(key.name)));
        text += &key == &schema.keys().back() ? "\n" : ",\n";
    }
    return text + "}\n";
}

Result<Settings> parse(const Schema& schema, std::string_view text, std::string_view source) {
    const auto document = json::parseObject(text);
    if (!document) {
        return fail(kFile, std::string(source) + ": " + document.error().message());
    }
    Settings settings;
    for (const auto& member : document->members()) {
        const auto* key = schema.find(member.name);
        if (key == nullptr) {
            return fail(kUnknownKey,
                        std::string(source) + ": key " + inQuotes(member.name) + ": is not known." +
                            hint(member.name, schema.names()) +
                            " Known keys: " + listed(schema.names()) + ".");
        }
        settings.values_.emplace(member.name, PCG_TRY(read(*key, member.value, source)));
        settings.set_.emplace(member.name, true);
    }
    for (const auto& key : schema.keys()) {
        if (settings.isSet(key.name)) continue;
        if (key.need == Need::Required) {
            return fail(kMissingKey,
                        std::string(source) + ": key " + inQuotes(key.name) +
                            ": is required: " + std::string(key.description));
        }
        settings.values_.emplace(key.name, fallbackOf(key));
    }
    return settings;
}

Result<Settings> load(const Schema& schema, const std::filesystem::path& file) {
    std::error_code ignored;
    std::ifstream in(file, std::ios::binary);
    if (!in || std::filesystem::is_directory(file, ignored)) {
        return fail(kFile,
                    file.string() + ": the configuration file cannot be read" +
                        (in ? std::string(": it is a directory")
                            : std::string(": ") + std::strerror(errno)) +
                        ". Give its path with --config FILE.");
    }
    // One more than the limit, so that the JSON reader sees that it is too long.
    std::string text(json::kDefaultMaxBytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return parse(schema, text, file.string());
}

}  // namespace pcg::config
