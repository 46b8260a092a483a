// SPDX-License-Identifier: Apache-2.0
// What goes into and comes out of a row. SQLite's own types without REAL: we store no fractions.
//
// Reading a column as another type than it has, or a NULL as a value, is a bug of the caller and
// stops the process: tables are STRICT, so the statement alone decides the types. An empty blob and
// NULL are the same thing to Poco's binder; ask isNull() where that matters.
#pragma once

#include "common/base/bytes.h"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pcg::store {

class Value {
  public:
    Value(std::nullptr_t = nullptr) {}

    template <std::integral T>
    Value(T number) : held_(static_cast<std::int64_t>(number)) {}

    Value(std::string_view text) : held_(std::string(text)) {}

    Value(const std::string& text) : held_(text) {}

    Value(const char* text) : held_(std::string(text)) {}

    Value(BytesView bytes) : held_(toBytes(bytes)) {}

    Value(Bytes bytes) : held_(std::move(bytes)) {}

    template <class T>
    Value(const std::optional<T>& value) {
        if (value) *this = Value(*value);
    }

    bool isNull() const { return std::holds_alternative<std::monostate>(held_); }

    std::int64_t integer() const;
    const std::string& text() const;
    const Bytes& blob() const;  // empty for NULL

    const auto& held() const { return held_; }

  private:
    std::variant<std::monostate, std::int64_t, std::string, Bytes> held_;
};

class Row {
  public:
    explicit Row(std::vector<Value> values) : values_(std::move(values)) {}

    std::size_t size() const { return values_.size(); }

    const Value& operator[](std::size_t column) const;

    bool isNull(std::size_t column) const { return (*this)[column].isNull(); }

    std::int64_t integer(std::size_t column) const { return (*this)[column].integer(); }

    const std::string& text(std::size_t column) const { return (*this)[column].text(); }

    const Bytes& blob(std::size_t column) const { return (*this)[column].blob(); }

    bool flag(std::size_t column) const { return integer(column) != 0; }

    std::optional<std::int64_t> optionalInteger(std::size_t column) const;
    std::optional<std::string> optionalText(std::size_t column) const;

  private:
    std::vector<Value> values_;
};

using Rows = std::vector<Row>;

}  // namespace pcg::store
