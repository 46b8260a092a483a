// SPDX-License-Identifier: Apache-2.0
// JSON with comments (// and /* */), read strictly, with the place of every value: for files that
// people write.
//
// Refused: more than kMaxBytes, deeper than kMaxDepth, more than kMaxNodes values, text that is not
// UTF-8, a member named twice, a comma before a closing bracket, numbers that are not whole.
// Columns count characters, from 1. Values, no threads.
#pragma once

#include "common/base/bytes.h"

#include <tl/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace pcg::policy {

struct Place {
    unsigned line = 1;
    unsigned column = 1;

    friend bool operator==(const Place&, const Place&) = default;
};

// What is wrong with a file, or worth knowing, and where.
struct Problem {
    enum class Gravity { Error, Warning };
    Gravity gravity = Gravity::Error;
    Place at;
    std::string text;

    bool isError() const { return gravity == Gravity::Error; }
};

// "12:5: error: ...", without the file's name.
std::string toText(const Problem& problem);

struct Member;

class Node {
  public:
    using Array = std::vector<Node>;
    using Object = std::vector<Member>;
    using Data = std::variant<std::nullptr_t, bool, std::int64_t, std::string, Array, Object>;

    Place at;
    Data data = nullptr;

    const std::string* text() const { return std::get_if<std::string>(&data); }

    const bool* flag() const { return std::get_if<bool>(&data); }

    const std::int64_t* number() const { return std::get_if<std::int64_t>(&data); }

    const Array* array() const { return std::get_if<Array>(&data); }

    const Object* object() const { return std::get_if<Object>(&data); }

    std::string_view kindName() const;  // "a string", for messages
};

struct Member {
    std::string name;
    Place at;
    Node value;
};

inline constexpr std::size_t kMaxBytes = 128 * 1024;
inline constexpr std::size_t kMaxDepth = 16;
inline constexpr std::size_t kMaxNodes = 20'000;
inline constexpr std::size_t kMaxText = 1024;  // of one string

tl::expected<Node, Problem> parseJsonc(std::string_view text);

}  // namespace pcg::policy
