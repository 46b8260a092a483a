// SPDX-License-Identifier: Apache-2.0
#include "gateway/enrollment/renewal.h"

#include "common/identity/nats_jwt.h"
#include "gateway/enrollment/errc.h"

#include <algorithm>

namespace pcg::gateway {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

const log::Logger kLog("renewal");

}  // namespace

milliseconds renewIn(WallTime issued, WallTime expires, WallTime now, Random& random) {
    const auto life = std::chrono::duration_cast<milliseconds>(expires - issued);
    const auto third = std::max<std::int64_t>(life.count() / 3, 1);
    const auto spread = static_cast<std::uint64_t>(third / 5 + 1);  // 20 % wide: +-10 %
    const auto after = third - third / 10 + static_cast<std::int64_t>(random.below(spread));
    const auto elapsed = std::chrono::duration_cast<milliseconds>(now - issued).count();
    return std::max(milliseconds(after - elapsed), milliseconds(1s));
}

milliseconds Renewal::wait() const {
    const auto& provisioned = enrollment_.record().provisioned;
    if (!provisioned) return 60s;
    const auto jwt = identity::verifyUserJwt(provisioned->bundle.bus.userJwt);
    if (!jwt || !jwt->expires) return 8h;
    const auto now = clock_.wallNow();
    const auto token = renewIn(fromUnixMilliseconds(jwt->issuedAt * 1000),
                               fromUnixMilliseconds(*jwt->expires * 1000),
                               now,
                               random_);
    const auto due = enrollment_.certificateDueAt();
    if (due <= now) return 1s;
    return std::min(token, std::chrono::ceil<milliseconds>(due - now));
}

net::Task<void> Renewal::run() {
    const auto executor = co_await net::asio::this_coro::executor;
    Backoff backoff(5s, 10min, random_);
    milliseconds next = wait();
    while (!stopped_) {
        timer_.emplace(executor, next);
        co_await timer_->async_wait(net::kAwaitTuple);
        if (stopped_) co_return;
        if (!enrollment_.record().provisioned) {
            next = 60s;
            continue;
        }
        const auto renewed = co_await enrollment_.renew();
        if (renewed) {
            backoff.reset();
            next = wait();
            if (onRenewed_) onRenewed_();
        } else {
            kLog.failure(log::Level::Warn, "renewal.failed", renewed.error());
            if (renewed.error().is(kOver)) {
                if (!stopped_ && onOver_) onOver_(renewed.error());
                co_return;
            }
            next = backoff.next() + 1s;
        }
    }
}

void Renewal::soon() {
    if (timer_) timer_->cancel();
}

void Renewal::stop() {
    stopped_ = true;
    if (timer_) timer_->cancel();
}

}  // namespace pcg::gateway
