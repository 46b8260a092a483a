// SPDX-License-Identifier: Apache-2.0
#include "common/store/value.h"

#include "common/base/assert.h"
#include "common/base/text.h"

namespace pcg::store {

std::int64_t Value::integer() const {
    // Expressions such as count(*) have no declared type and arrive from Poco as text.
    if (const auto* text = std::get_if<std::string>(&held_)) {
        const bool negative = text->starts_with('-');
        const auto digits = parseUnsigned(std::string_view(*text).substr(negative ? 1 : 0));
        PCG_ASSERT(digits.has_value());
        const auto number = static_cast<std::int64_t>(*digits);
        return negative ? -number : number;
    }
    const auto* number = std::get_if<std::int64_t>(&held_);
    PCG_ASSERT(number != nullptr);
    return *number;
}

const std::string& Value::text() const {
    const auto* text = std::get_if<std::string>(&held_);
    PCG_ASSERT(text != nullptr);
    return *text;
}

const Bytes& Value::blob() const {
    static const Bytes kEmpty;
    if (isNull()) return kEmpty;
    const auto* bytes = std::get_if<Bytes>(&held_);
    PCG_ASSERT(bytes != nullptr);
    return *bytes;
}

const Value& Row::operator[](std::size_t column) const {
    PCG_ASSERT(column < values_.size());
    return values_[column];
}

std::optional<std::int64_t> Row::optionalInteger(std::size_t column) const {
    if (isNull(column)) return std::nullopt;
    return integer(column);
}

std::optional<std::string> Row::optionalText(std::size_t column) const {
    if (isNull(column)) return std::nullopt;
    return text(column);
}

}  // namespace pcg::store
