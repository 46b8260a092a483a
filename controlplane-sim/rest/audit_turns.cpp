// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/audit_turns.h"

namespace pcg::controlplane::rest {

net::Task<Checked<AuditTurns::Turn>> AuditTurns::take(wire::TenantId tenant) {
    const auto executor = co_await net::asio::this_coro::executor;
    std::erase_if(lines_, [](const auto& entry) { return entry.second.expired(); });
    auto line = lines_[tenant].lock();
    if (!line) {
        line = std::make_shared<Line>(executor);
        lines_[tenant] = line;
    }
    if (line->isBusy && line->waiting >= waiting_) {
        co_return refuseFlood("api.audit_busy",
                              "Your tenant's audit is being read already: wait until that is done.",
                              std::chrono::seconds(2));
    }
    ++line->waiting;
    while (line->isBusy) co_await line->freed.wait();
    --line->waiting;
    co_return Turn(std::move(line));
}

}  // namespace pcg::controlplane::rest
