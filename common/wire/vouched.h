// SPDX-License-Identifier: Apache-2.0
// What the gateway says of a request beside its answer, for the control plane's audit: fields of
// the answer's head. The gateway authenticates, so only it knows who called; it removes these
// fields from what an endpoint answers and writes its own, and the control plane takes them off
// before a client sees the answer (docs/protocol/frames.md).
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace pcg::wire {

inline constexpr std::string_view kKeyField = "Pcg-Access-Key";  // "ak_...": who was logged in
inline constexpr std::string_view kMethodField = "Pcg-Method";   // "CloneVM_Task", "PUT"
// The dotted code of why the gateway refused the request: nothing reached the endpoint.
inline constexpr std::string_view kRefusalField = "Pcg-Refusal";

inline constexpr std::array<std::string_view, 3> kVouchedFields{
    kKeyField, kMethodField, kRefusalField};

inline constexpr std::size_t kMaxVouchedBytes = 64;

// What such a field may hold; anything else is left out by the gateway and dropped by the reader.
constexpr bool isVouchedText(std::string_view text) {
    return !text.empty() && text.size() <= kMaxVouchedBytes &&
           std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '_' || c == '.' || c == '-';
           });
}

}  // namespace pcg::wire
