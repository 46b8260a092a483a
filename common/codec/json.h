// SPDX-License-Identifier: Apache-2.0
// JSON (RFC 8259) as plain values, read strictly: what two readers could understand differently is
// refused.
//
// Refused: more bytes than the cap, nesting over 32, an object of more than 4096 members, a member
// named twice, anything after the value, text that is not UTF-8, an integer that does not fit 64
// signed bits. Reading takes n log n whatever the names are. An integer is never
// rounded through a double; "1.0" and "1e3" are not integers. Members keep their order, so that
// what is written is stable. Errors are codec.json (not JSON at all) and codec.json_field (the
// member that is missing or wrong, with its path, e.g. `nats.urls[0]`). Poco's parser does the
// reading; its exceptions end here. Values, no threads.
#pragma once

#include "common/base/bytes.h"
#include "common/base/result.h"

#include <concepts>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pcg::codec::json {

class Value;
struct Member;
using Array = std::vector<Value>;

inline constexpr ByteCount kDefaultMaxBytes = 64_KiB;
inline constexpr int kMaxDepth = 32;

class Object {
  public:
    // Out of line: a Member is not complete here, and clang looks into the vector.
    Object();
    Object(const Object& other);
    Object(Object&& other) noexcept;
    Object& operator=(const Object& other);
    Object& operator=(Object&& other) noexcept;
    ~Object();

    // Reading. The error names the member.
    Result<std::string> string(std::string_view name, std::size_t maxBytes) const;
    Result<std::optional<std::string>> optionalString(std::string_view name,
                                                      std::size_t maxBytes) const;
    Result<std::int64_t> integer(std::string_view name,
                                 std::int64_t min = std::numeric_limits<std::int64_t>::min(),
                                 std::int64_t max = std::numeric_limits<std::int64_t>::max()) const;
    Result<std::optional<std::int64_t>> optionalInteger(
        std::string_view name,
        std::int64_t min = std::numeric_limits<std::int64_t>::min(),
        std::int64_t max = std::numeric_limits<std::int64_t>::max()) const;
    Result<double> number(std::string_view name) const;  // an integer is a number too
    Result<bool> boolean(std::string_view name) const;
    Result<bool> booleanOr(std::string_view name, bool fallback) const;

    // The pointers live as long as this object; never null on success, except for the optional
    // ones.
    Result<const Object*> object(std::string_view name) const;
    Result<const Object*> optionalObject(std::string_view name) const;
    Result<const Array*> array(std::string_view name, std::size_t maxItems) const;
    Result<std::vector<std::string>> strings(std::string_view name,
                                             std::size_t maxItems,
                                             std::size_t maxBytesEach) const;

    const Value* find(std::string_view name) const;  // nullptr: absent. `null` counts as present

    bool has(std::string_view name) const { return find(name) != nullptr; }

    // For formats where an unknown member is a mistake: names it, with a did-you-mean.
    Result<> onlyMembers(const std::vector<std::string>& known) const;

    // Writing. Appends, or replaces in place.
    Object& set(std::string_view name, Value value);
    Object& setIf(std::string_view name,
                  const std::optional<std::string>& text);  // absent: left out

    const std::vector<Member>& members() const { return members_; }

    std::size_t size() const;

  private:
    friend class Value;
    friend class Builder;
    Result<const Value*> required(std::string_view name) const;
    std::string path(std::string_view name) const;

    std::vector<Member> members_;
    std::string path_;  // where it stood in the document it was read from; "" at the top
};

class Value {
  public:
    Value() = default;  // null

    Value(std::nullptr_t) {}

    Value(bool value) : data_(value) {}

    Value(double value) : data_(value) {}

    Value(const char* text) : data_(std::string(text)) {}

    Value(std::string text) : data_(std::move(text)) {}

    Value(std::string_view text) : data_(std::string(text)) {}

    Value(Array items) : data_(std::move(items)) {}

    Value(Object object) : data_(std::move(object)) {}

    template <std::integral T>
        requires(!std::same_as<T, bool> && (sizeof(T) < 8 || std::is_signed_v<T>))
    Value(T integer) : data_(static_cast<std::int64_t>(integer)) {}

    // JSON has no room for more than 64 signed bits here; beyond is a bug of the caller.
    static Value ofUnsigned(std::uint64_t value);

    bool isNull() const { return std::holds_alternative<std::nullptr_t>(data_); }

    // nullptr if it is of another kind.
    const bool* asBoolean() const { return std::get_if<bool>(&data_); }

    const std::int64_t* asInteger() const { return std::get_if<std::int64_t>(&data_); }

    const double* asDouble() const { return std::get_if<double>(&data_); }

    const std::string* asString() const { return std::get_if<std::string>(&data_); }

    const Array* asArray() const { return std::get_if<Array>(&data_); }

    const Object* asObject() const { return std::get_if<Object>(&data_); }

    std::string_view kindName() const;  // "a string", for messages

  private:
    friend class Builder;
    std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> data_;
};

struct Member {
    std::string name;
    Value value;
};

Result<Value> parse(std::string_view text, ByteCount maxBytes = kDefaultMaxBytes);
Result<Object> parseObject(std::string_view text, ByteCount maxBytes = kDefaultMaxBytes);

// Compact, members in their order, non-ASCII as UTF-8. Text that is not UTF-8 is written with
// U+FFFD in place of what is not: what we write can always be read.
std::string write(const Value& value);
std::string write(const Object& object);

}  // namespace pcg::codec::json
