// SPDX-License-Identifier: Apache-2.0
// Role A for a gateway of the platform's own: the code was read on this machine, and everything
// else is what a tenant's commissioner does (docs/adr/0010-system-gateways.md).
#include "common/log/log.h"
#include "controlplane-sim/relay/pairing_audit.h"
#include "controlplane-sim/relay/pairing_http.h"
#include "controlplane-sim/relay/pairing_service.h"
#include "pairing/errc.h"

#include <algorithm>

namespace pcg::controlplane {
namespace {

using namespace std::chrono_literals;

constexpr log::Logger kLog{"pairing"};
constexpr std::string_view kPlatform = "platform";

Error errorOf(const pairing::Refusal& refusal) {
    return {pairing::kFailedThere, refusal.code + ": " + refusal.detail};
}

Authenticated platformFor(const TenantScope& scope, const std::string& tenantName) {
    return {scope, tenantName, std::string(kPlatform), UserRole::Admin};
}

}  // namespace

net::Task<Result<>> PairingService::enrollForPlatform(PlatformRun run) {
    pairing::ClaimRequest request;
    request.nameplate = run.code.nameplate();
    request.commissioner = "server";
    request.gatewayLabel = run.label;
    const auto who = platformFor(run.scope, run.tenantName);
    auto claimed = relay_.claimForPlatform(who, request);
    if (!claimed) co_return fail(errorOf(claimed.error()));
    const auto claim = std::move(*claimed);
    audit(run.scope.tenant(), pairingEvent(*claim, "pairing.claim", AuditOutcome::Success));

    const pairing::ClaimExpectation expectation{
        run.code.nameplate(), run.scope.tenant().text(), parts_.pki.root().spkiSha256()};
    auto checked = pairing::checkClaim(claim->reply, expectation);
    if (!checked) {
        relay_.cancel(*claim, "cancelled");
        co_return fail(checked.error());
    }
    // Tenths of a second: not for the loop, and rare enough for the storage thread.
    auto stretch = [code = std::make_shared<pairing::PairingCode>(run.code.clone()),
                    sid = claim->reply.sid](store::Database&) {
        return pairing::passwordScalar(*code, sid);
    };
    auto w = co_await parts_.store.run(std::move(stretch));
    if (!w) {
        relay_.cancel(*claim, "cancelled");
        co_return fail(w.error());
    }
    pairing::Commissioner role(
        std::move(*checked), origin_ + "/pair/v1", *w, parts_.clock, parts_.random);
    auto outcome = co_await commission(claim, role, run);
    if (!outcome) relay_.cancel(*claim, "cancelled");  // nothing when it is over anyway
    co_return outcome;
}

net::Task<Result<>> PairingService::commission(std::shared_ptr<ClaimRecord> claim,
                                               pairing::Commissioner& role,
                                               const PlatformRun& run) {
    std::int64_t after = 0;
    auto steps = role.start();
    while (!stopping_ && run.isWanted()) {
        for (std::size_t i = 0; i < steps.size(); ++i) {
            pairing::CommissionerStep item = std::move(steps[i]);
            if (std::holds_alternative<pairing::step::Compare>(item)) {
                const auto& seen = std::get<pairing::step::Compare>(item).comparison;
                // Nobody looks at numbers: the code came from this very process over its own
                // socket, and the gateway was told which tenant to expect. Both must fit.
                const bool isOurs = seen.automatic && seen.gatewayId == run.gatewayId;
                for (auto& more : role.decide(isOurs)) steps.push_back(std::move(more));
                continue;
            }
            PCG_CO_TRY(const bool isOver, co_await perform(claim, std::move(item)));
            if (isOver) co_return Result<>{};
        }
        steps.clear();
        co_await claim->events.wait(after, 1s);
        const auto list = claim->events.after(after);
        for (const auto& event : list.events) {
            after = std::max(after, event.number);
            for (auto& more : role.receive(event.envelope)) steps.push_back(std::move(more));
        }
        for (auto& more : role.tick()) steps.push_back(std::move(more));
        if (steps.empty() && claim->events.closed())
            co_return fail(pairing::kCancelled, "The claim was closed.");
    }
    co_return fail(pairing::kCancelled, "It is not wanted any more.");
}

net::Task<Result<bool>> PairingService::perform(std::shared_ptr<ClaimRecord> claim,
                                                pairing::CommissionerStep item) {
    namespace step = pairing::step;
    if (auto* send = std::get_if<step::Send>(&item)) {
        const bool isLastWord = send->envelope.type == "fail";
        const auto sent = relay_.fromTenant(*claim, std::move(send->envelope));
        if (!sent && !isLastWord) co_return fail(errorOf(sent.error()));
    } else if (auto* approve = std::get_if<step::Approve>(&item)) {
        auto taken = co_await takeApproval(claim, std::move(approve->approval));
        if (!taken) co_return fail(errorOf(taken.error()));
    } else if (auto* failed = std::get_if<step::Failed>(&item)) {
        co_return fail(std::move(failed->why));
    } else if (std::holds_alternative<step::Paired>(item)) {
        kLog.info("pairing.platform_done", {{"gateway_id", claim->offer->offer.gatewayId}});
        co_return true;
    }
    co_return false;
}

}  // namespace pcg::controlplane
