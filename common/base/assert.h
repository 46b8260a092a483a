// SPDX-License-Identifier: Apache-2.0
// For bugs only, never for input or weather: says where, and stops the process.
#pragma once

namespace pcg::detail {

[[noreturn]] void assertionFailed(const char* expression, const char* file, int line) noexcept;

}  // namespace pcg::detail

#define PCG_ASSERT(expression) \
    ((expression) ? void(0) : ::pcg::detail::assertionFailed(#expression, __FILE__, __LINE__))
