// SPDX-License-Identifier: Apache-2.0
#include "common/base/json_text.h"
#include "common/codec/json.h"
#include "common/codec/utf8.h"

#include <charconv>
#include <cmath>

namespace pcg::codec::json {
namespace {

void writeString(std::string& out, std::string_view text) {
    const std::string repaired = isUtf8(text) ? std::string() : repairUtf8(text);
    out.push_back('"');
    appendJsonEscaped(out, repaired.empty() ? text : std::string_view(repaired));
    out.push_back('"');
}

void writeDouble(std::string& out, double number) {
    if (!std::isfinite(number)) {
        out += "null";  // JSON has no word for it
        return;
    }
    char text[64];
    const auto [end, error] = std::to_chars(std::begin(text), std::end(text), number);
    const std::string_view digits(text, static_cast<std::size_t>(end - text));
    out += digits;
    // Stays a double when it is read again.
    if (digits.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void writeValue(std::string& out, const Value& value);

void writeObject(std::string& out, const Object& object) {
    out.push_back('{');
    bool first = true;
    for (const auto& member : object.members()) {
        if (!first) out.push_back(',');
        first = false;
        writeString(out, member.name);
        out.push_back(':');
        writeValue(out, member.value);
    }
    out.push_back('}');
}

void writeArray(std::string& out, const Array& items) {
    out.push_back('[');
    bool first = true;
    for (const auto& item : items) {
        if (!first) out.push_back(',');
        first = false;
        writeValue(out, item);
    }
    out.push_back(']');
}

void writeValue(std::string& out, const Value& value) {
    if (const auto* flag = value.asBoolean())
        out += *flag ? "true" : "false";
    else if (const auto* integer = value.asInteger())
        out += std::to_string(*integer);
    else if (const auto* number = value.asDouble())
        writeDouble(out, *number);
    else if (const auto* text = value.asString())
        writeString(out, *text);
    else if (const auto* items = value.asArray())
        writeArray(out, *items);
    else if (const auto* object = value.asObject())
        writeObject(out, *object);
    else
        out += "null";
}

}  // namespace

std::string write(const Value& value) {
    std::string out;
    writeValue(out, value);
    return out;
}

std::string write(const Object& object) {
    std::string out;
    writeObject(out, object);
    return out;
}

}  // namespace pcg::codec::json
