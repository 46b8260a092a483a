// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/admit_transfer.h"

#include "vcenter-proxy/endpoint/cookies.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/phases/judge_again.h"
#include "vcenter-proxy/policy.h"

namespace pcg::proxy {
namespace {

TransferKind kindOf(Surface surface) {
    return surface == Surface::GuestFile ? TransferKind::GuestFile
           : surface == Surface::Console ? TransferKind::Console
                                         : TransferKind::Disk;
}

// Whether this request may use the token: it need not show a session (an ESXi host would not ask
// for one), but none of somebody else.
Result<> mayTransfer(RequestContext& context, const RequestTarget& target, const Transfer& one) {
    const auto& head = context.client.request();
    const bool is_import = one.lease->direction == LeaseDirection::Import;
    if (is_import != (head.method != "GET")) {
        return fail(errc::kTransferDenied, "the lease is for the other direction");
    }
    if (target.transfer_name != one.place.name) {
        return fail(errc::kTransferDenied, "the lease is for another file");
    }
    if (one.used) return fail(errc::kTransferDenied, "this transfer was begun already");
    const auto token = PCG_TRY(requestCookie(head.headers, kSessionCookieName));
    if (!token) return {};
    const auto shown = context.endpoint->sessions.find(*token);
    const auto holder = one.lease->session.lock();
    if (!shown || !holder || shown->principal.key != holder->principal.key) {
        return fail(errc::kTransferDenied, "the lease is somebody else's");
    }
    return {};
}

}  // namespace

net::Task<std::optional<Admitted>> admitTransfer(RequestContext& context, RequestTarget target) {
    const auto& head = context.client.request();
    context.audit.method = head.method;
    context.audit.object = target.transfer_name;  // the token is a secret
    auto found = context.endpoint->leases.find(target.transfer_token);
    if (found && (*found)->lease->kind != kindOf(target.surface)) {
        found = fail(errc::kNoSuchTransfer, "there is no such transfer here");
    }
    const auto session = found ? (*found)->lease->session.lock() : nullptr;
    const auto ends = session ? session->principal.expires_at : std::nullopt;
    const bool expired = ends && *ends <= context.services.clock.wallNow();
    if (found && (!session || expired || !context.endpoint->sessions.holds(*session))) {
        found = fail(errc::kNoSuchTransfer, "the session of this transfer has ended");
    }
    if (!found) {
        co_await deny(context, found.error(), std::nullopt);
        co_return std::nullopt;
    }
    context.audit.access_key = session->principal.key.text();
    context.audit.key_proven = true;
    context.client.setKey(session->principal);
    context.client.setReading(head.method == "GET" && target.surface != Surface::Console);
    const auto may = mayTransfer(context, target, **found);
    if (!may) {
        co_await deny(context, may.error(), std::nullopt);
        co_return std::nullopt;
    }
    const Policy policy(context.services.policy);
    auto use = SessionUse(session, context.services.clock);
    auto authorized = policy.authorizeTransfer(
        std::move(target), head.method, std::move(use), circumstancesOf(context));
    if (!authorized) {
        co_await deny(context, authorized.error(), std::nullopt);
        co_return std::nullopt;
    }
    judgeAgainBy(
        context,
        [target = authorized->target(), method = head.method, session](
            const JudgedNow& now) -> Result<> {
            PCG_TRY(Policy(now.source)
                        .authorizeTransfer(target, method, now.use(session), now.circumstances));
            return {};
        });
    co_return Admitted{std::move(*authorized), {}, std::move(*found)};
}

}  // namespace pcg::proxy
