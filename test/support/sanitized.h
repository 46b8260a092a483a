// SPDX-License-Identifier: Apache-2.0
// What a sanitizer's build cannot promise. Its allocator keeps freed memory back to find later
// uses, so a resident size says nothing about the product; and its code is several times slower.
#pragma once

namespace pcg::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// Promises in time, made for the ordinary build, times this.
inline constexpr int kSlowdown = kSanitized ? 5 : 1;

}  // namespace pcg::test
