// SPDX-License-Identifier: Apache-2.0
// Internal to pairing: reading the members of a message, and the rules that hold for all of them:
// size cap, version 1, no critical extension that we do not know.
#pragma once

#include "common/codec/json.h"
#include "pairing/types.h"

#include <algorithm>
#include <vector>

namespace pcg::pairing::fields {

using codec::json::Object;

Result<Object> open(std::string_view raw, ByteCount maxBytes = kMaxMessageBytes);
Object start();  // {"v":1}

Result<Bytes> bytes(const Object& message, std::string_view name, std::size_t maxBytes);
Result<Bytes> bytesOfSize(const Object& message, std::string_view name, std::size_t size);
Result<std::string> raw(const Object& message, std::string_view name);  // a message inside another
Result<std::string> id(const Object& message, std::string_view name, std::string_view prefix);
Result<std::string> nkey(const Object& message, std::string_view name);  // "U" and 55 symbols
Result<std::string> oneOf(const Object& message,
                          std::string_view name,
                          std::initializer_list<std::string_view> choices);
Result<std::string> nameplate(const Object& message);
Result<std::vector<int>> versions(const Object& message);
codec::json::Array toArray(const std::vector<int>& numbers);
codec::json::Array toArray(const std::vector<std::string>& texts);

template <std::size_t N>
Result<ByteArray<N>> array(const Object& message, std::string_view name) {
    const auto value = PCG_TRY(bytesOfSize(message, name, N));
    ByteArray<N> array{};
    std::copy(value.begin(), value.end(), array.begin());
    return array;
}

}  // namespace pcg::pairing::fields
