// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value or an Error (tl::expected, which has std::expected's names). Must be looked
// at.
#pragma once

#include "common/base/error.h"

#include <tl/expected.hpp>

#include <utility>

namespace pcg {

template <class T = void>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
    return tl::unexpected<Error>(Error{code, std::move(message)});
}

[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
    return tl::unexpected<Error>(std::move(error));
}

}  // namespace pcg

// auto key = PCG_TRY(Key::parse(text));      returns the error to the caller, or yields the value.
// Not in coroutines (GCC 12 mishandles co_await inside statement expressions): use PCG_CO_TRY
// there.
#define PCG_TRY(expression) PCG_TRY_IMPL_(PCG_CO_TRY_NAME_(pcgResult_, __COUNTER__), expression)
#define PCG_TRY_IMPL_(result, expression)                                \
    __extension__({                                                      \
        auto result = (expression);                                      \
        if (!result) return ::tl::unexpected(std::move(result).error()); \
        ::pcg::detail::unwrap(std::move(result));                        \
    })

// PCG_CO_TRY(auto head, co_await call.readHead());
#define PCG_CO_TRY(declaration, expression) \
    PCG_CO_TRY_IMPL_(PCG_CO_TRY_NAME_(pcgResult_, __LINE__), declaration, expression)
#define PCG_CO_TRY_NAME_(prefix, line) PCG_CO_TRY_CAT_(prefix, line)
#define PCG_CO_TRY_CAT_(prefix, line) prefix##line
#define PCG_CO_TRY_IMPL_(result, declaration, expression)               \
    auto result = (expression);                                         \
    if (!result) co_return ::tl::unexpected(std::move(result).error()); \
    declaration = std::move(*result)

// PCG_CO_CHECK(co_await sink.write(bytes));  for Result<void>.
#define PCG_CO_CHECK(expression)                                                    \
    do {                                                                            \
        auto pcgResult_ = (expression);                                             \
        if (!pcgResult_) co_return ::tl::unexpected(std::move(pcgResult_).error()); \
    } while (false)

namespace pcg::detail {

template <class T>
T unwrap(tl::expected<T, Error>&& result) {
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace pcg::detail
