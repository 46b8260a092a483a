// SPDX-License-Identifier: Apache-2.0
// Carries one exchange through a call and back, both directions at once, in constant memory.
//
// Nothing is retried: what may be said of a request that failed is the call's outcome. When the
// client goes away the call is cancelled at once. Returns when nothing refers to the exchange any
// more.
#pragma once

#include "common/http/client.h"
#include "common/http/exchange.h"

#include <memory>

namespace pcg::controlplane {

// `caller` is kept alive for the time of the exchange.
net::Task<void> forward(net::Loop& loop,
                        http::Exchange& exchange,
                        std::shared_ptr<http::Caller> caller);

}  // namespace pcg::controlplane
