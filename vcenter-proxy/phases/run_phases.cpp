// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/run_phases.h"

#include "vcenter-proxy/endpoint/own_call.h"
#include "vcenter-proxy/phases/admit.h"
#include "vcenter-proxy/phases/forward.h"
#include "vcenter-proxy/phases/login.h"
#include "vcenter-proxy/phases/maas.h"
#include "vcenter-proxy/phases/rest_login.h"
#include "vcenter-proxy/phases/transfer.h"
#include "vcenter-proxy/phases/tunnel.h"

namespace pcg::proxy {
namespace {

// What the endpoint's answer began, for the audit and for who owns what.
void readAnswer(RequestContext& context,
                const std::string& method,
                const std::shared_ptr<Session>& session) {
    const auto& answer = context.client.answerKept();
    if (answer.empty()) return;
    if (context.audit.status >= 300) {
        context.audit.fault = policy::faultIn(answer);
        return;
    }
    auto task = policy::taskIn(answer);
    if (!task) return;
    context.audit.task = task->id;
    auto* machines = context.services.machines;
    if (machines == nullptr || !session || !policy::makesMachine(method)) return;
    machines->began(context.endpoint, session, std::move(*task));
}

// After a Logout that may have arrived.
net::Task<void> endSession(RequestContext& context,
                           std::shared_ptr<Session> session,
                           bool by_rest) {
    context.endpoint->sessions.remove(*session);
    // Answered with something else than a success: whatever it was, the session is not left open
    // there for nobody.
    if (context.audit.status >= 300 && by_rest) {
        co_await logoutUpstream(context.endpoint, session);
        co_return;
    }
    const auto& journal = context.services.journal;
    const bool certain = context.audit.outcome == nameOf(http::Outcome::Complete);
    if (journal != nullptr && certain && !session->journal_id.empty()) {
        co_await journal->closed(session->journal_id);
    }
}

}  // namespace

net::Task<void> runPhases(RequestContext& context) {
    if (context.client.request().method == "CONNECT") {
        co_await tunnel(context);
        co_return;
    }
    if (context.endpoint->config.kind == EndpointKind::Maas) {
        co_await maas::serve(context);
        co_return;
    }
    auto admitted = co_await admit(context);
    if (!admitted) co_return;
    if (admitted->request.isLogin()) {
        co_await login(context, std::move(*admitted));
        co_return;
    }
    if (admitted->transfer) {
        co_await transfer(context, std::move(*admitted));
        co_return;
    }
    if (admitted->request.isRestLogin()) {
        co_await restLogin(context, *admitted->request.target().rest);
        co_return;
    }
    const bool is_logout = admitted->request.isLogout();
    const auto method = admitted->request.call() ? admitted->request.call()->method : std::string();
    if (!method.empty() && !context.client.isReading()) context.client.keepAnswer();
    const bool by_rest = admitted->request.target().rest.has_value();
    const auto session = admitted->request.session() ? admitted->request.session()->shared()
                                                     : std::shared_ptr<Session>();
    co_await forward(context, std::move(*admitted));
    // Kept only if the Logout certainly did not arrive: then the client may ask again.
    const bool arrived = context.audit.outcome != nameOf(http::Outcome::NotDispatched);
    if (is_logout && session && arrived) co_await endSession(context, session, by_rest);
    readAnswer(context, method, session);
}

}  // namespace pcg::proxy
