// SPDX-License-Identifier: Apache-2.0
// Bodies and answers of the control API. What went through is wiped: it may have held a secret.
#pragma once

#include "common/codec/json.h"
#include "common/http/exchange.h"

namespace pcg::gateway {

inline constexpr ByteCount kMaxControlBody = 64_KiB;

net::Task<void> answer(http::Exchange& exchange, int status, codec::json::Object body);

// A problem document; its status follows from the error.
net::Task<void> refuse(http::Exchange& exchange, Error error);

net::Task<Result<codec::json::Object>> readJson(http::Exchange& exchange,
                                                ByteCount limit = kMaxControlBody);

}  // namespace pcg::gateway
