// SPDX-License-Identifier: Apache-2.0
// What the API refuses a caller: the status, a stable code, a sentence, and which field is wrong.
//
// Any Error becomes a Refusal by itself (input 4xx, weather 503), so PCG_TRY and PCG_CO_TRY carry
// storage's and the domains' errors through handlers. Values, no threads.
#pragma once

#include "common/base/result.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pcg::controlplane::rest {

struct Refusal {
    Refusal(const Error& error);  // implicit on purpose, see above

    Refusal(int httpStatus,
            std::string_view stableCode,
            std::string sentence,
            std::string member = {})
        : status(httpStatus),
          code(stableCode),
          detail(std::move(sentence)),
          field(std::move(member)) {}

    int status;
    std::string code;
    std::string detail;
    std::string field;  // the offending member, as a path ("trust.sha256"); empty if it is none
    std::optional<std::chrono::milliseconds> retryAfter;
};

template <class T = void>
using Checked = tl::expected<T, Refusal>;

[[nodiscard]] inline tl::unexpected<Refusal> refuse(int status,
                                                    std::string_view code,
                                                    std::string detail) {
    return tl::unexpected<Refusal>(Refusal(status, code, std::move(detail)));
}

// 400 api.field: `why` is a whole sentence.
[[nodiscard]] tl::unexpected<Refusal> refuseField(std::string_view field, std::string why);

// 429 with Retry-After.
[[nodiscard]] tl::unexpected<Refusal> refuseFlood(std::string_view code,
                                                  std::string detail,
                                                  std::chrono::milliseconds retryAfter);

// RFC 9457, with `code`, and `field` and `retry_after_ms` where there are any.
std::string problemText(const Refusal& refusal);

}  // namespace pcg::controlplane::rest

namespace pcg::detail {

// Lets PCG_TRY take a Checked<T> too.
template <class T>
T unwrap(controlplane::rest::Checked<T>&& result) {
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace pcg::detail
