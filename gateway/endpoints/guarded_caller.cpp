// SPDX-License-Identifier: Apache-2.0
#include "gateway/endpoints/guarded_caller.h"

#include "gateway/endpoints/certificate_probe.h"

namespace pcg::gateway {

net::Task<Result<std::unique_ptr<http::Call>>> GuardedCaller::start(http::RequestHead head) {
    if (why_) co_return fail(*why_);
    // The endpoint may be replaced, and this with it, while the connection is made.
    const auto inner = inner_;
    const auto doubt = doubt_;
    auto started = co_await inner->start(std::move(head));
    if (!started && isTrustFailure(started.error())) doubt();
    co_return started;
}

void GuardedCaller::open(Error why) {
    why_ = std::move(why);
    inner_->closeIdle();
}

}  // namespace pcg::gateway
