// SPDX-License-Identifier: Apache-2.0
// Octets: owning, viewed, and between text and hex.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pcg {

using Bytes = std::vector<std::uint8_t>;
using BytesView = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;
template <std::size_t N>
using ByteArray = std::array<std::uint8_t, N>;

// A count of octets; never a count of anything else.
using ByteCount = std::uint64_t;

inline constexpr ByteCount operator""_KiB(unsigned long long n) { return n * 1024; }

inline constexpr ByteCount operator""_MiB(unsigned long long n) { return n * 1024 * 1024; }

inline BytesView asBytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view asText(BytesView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline void append(Bytes& to, BytesView more) { to.insert(to.end(), more.begin(), more.end()); }

inline Bytes toBytes(BytesView view) { return {view.begin(), view.end()}; }

std::string toHex(BytesView bytes);  // lower case
std::optional<Bytes> fromHex(
    std::string_view);  // either case; nothing on an odd or foreign character

}  // namespace pcg
