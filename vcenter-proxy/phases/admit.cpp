// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/admit.h"

#include "common/base/assert.h"
#include "common/log/log.h"
#include "vcenter-proxy/endpoint/headers.h"
#include "vcenter-proxy/endpoint/rest_text.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/method_tables.h"
#include "vcenter-proxy/phases/admit_transfer.h"
#include "vcenter-proxy/phases/guest_answer.h"
#include "vcenter-proxy/phases/judge_again.h"
#include "vcenter-proxy/policy.h"
#include "vcenter-proxy/rest_rules.h"

namespace pcg::proxy {
namespace {

constexpr log::Logger kLog("proxy");

int statusFor(const Error& error) {
    if (error.is(errc::kPathDenied) || error.is(errc::kMethodDenied)) return 403;
    if (error.is(errc::kReadOnly)) return 403;
    if (error.is(errc::kPaused)) return 503;
    if (error.is(errc::kTransferDenied)) return 403;
    if (error.is(errc::kNoSuchTransfer)) return 404;
    if (error.is(errc::kNotAuthenticated)) return 401;
    if (error.is(errc::kEnvelopeTooLarge) || error.is(errc::kFormTooLarge)) return 413;
    return 400;
}

// Of a long call, when its last argument was read: by then the answer is the pump's to give. Asked
// of every long call, so that none is forgotten whose rule looks at arguments.
void judgeLater(RequestContext& context,
                SoapEnvelope& envelope,
                std::shared_ptr<JudgedCall> judged) {
    auto& audit = context.audit;
    const bool names = !context.client.isReading();  // a search names much that nobody asks for
    auto* limit = &context.client.timeLimit();
    auto& source = context.services.policy;
    auto* machines = context.services.machines;
    const auto& clock = context.services.clock;
    envelope.whenCallEnds(
        [&audit,
         names,
         limit,
         &source,
         &clock,
         machines,
         endpoint = context.endpoint,
         judged = std::move(judged)](const policy::Arguments& arguments) -> Result<> {
            if (names) audit.arguments = arguments.toText();
            judged->arguments = arguments;
            const auto& principal = judged->session->principal;
            const auto owns = ownsMachine(machines, *endpoint, principal);
            const Circumstances circumstances{endpoint->config.name, clock.wallNow(), &owns, limit};
            return Policy(source).judgeArguments(judged->call, principal, circumstances, arguments);
        });
}

}  // namespace

// What a SOAP client understands as "log in" and "you may not"; the rest is not for it to
// understand.
net::Task<void> deny(RequestContext& context,
                     Error error,
                     std::optional<SoapCall> call,
                     std::optional<RestDoor> rest) {
    if (const auto left_out = context.endpoint->refusal_lines.next()) {
        kLog.warn("proxy.denied",
                  {{"request_id", context.audit.request_id},
                   {"endpoint", context.endpoint->config.name},
                   {"code", error.code().name()},
                   {"method", context.audit.method},
                   {"reason", error.message()},
                   {"left_out", *left_out}});
    }
    if (rest) {
        const int status = statusFor(error);
        auto body = restErrorBody(*rest, status, error.message());
        co_await context.client.answerJson(
            status, std::move(body), error, http::Outcome::NotDispatched);
        co_return;
    }
    const bool is_fault = error.is(errc::kNotAuthenticated) || error.is(errc::kMethodDenied) ||
                          error.is(errc::kReadOnly);
    if (!call || !is_fault) {
        co_await context.client.answerProblem(
            statusFor(error), error, http::Outcome::NotDispatched);
        co_return;
    }
    Fault fault;
    fault.kind =
        error.is(errc::kNotAuthenticated) ? FaultKind::NotAuthenticated : FaultKind::NoPermission;
    fault.text = error.is(errc::kNotAuthenticated)
                     ? "The session is not authenticated."
                     : "Permission to perform this operation was denied: " + error.message() + ".";
    fault.call = std::move(call);
    co_await context.client.answerFault(500, std::move(fault), error, http::Outcome::NotDispatched);
}

namespace {

net::Task<Result<ReadBody>> readSoapBody(RequestContext& context) {
    constexpr std::size_t kLimit = SoapEnvelope::kPrefixLimit;
    const auto framing = context.client.request().body;
    const bool sized = framing.kind == http::BodyFraming::Kind::Length;
    ReadBody body;
    body.envelope = std::make_unique<SoapEnvelope>();
    // Of its final size at once: growing would leave copies of a password behind.
    body.bytes.resize(sized && framing.length < kLimit ? static_cast<std::size_t>(framing.length)
                                                       : kLimit);
    std::size_t size = 0;
    body.whole = false;
    while (size < body.bytes.size()) {
        const MutableBytes rest = MutableBytes(body.bytes).subspan(size);
        PCG_CO_TRY(const std::size_t count, co_await context.client.readBody(rest));
        if (count == 0) {
            body.whole = true;
            break;
        }
        PCG_CO_CHECK(body.envelope->feed(BytesView(rest).first(count)));
        size += count;
    }
    body.bytes.resize(size);
    if (sized && size == framing.length) body.whole = true;
    if (body.whole) PCG_CO_CHECK(body.envelope->finish());
    if (!body.envelope->call()) {
        co_return fail(errc::kEnvelopeTooLarge,
                       "the method of the SOAP request is not within its first 64 KiB");
    }
    co_return body;
}

std::optional<SessionUse> useSession(RequestContext& context, std::string_view token) {
    auto session = context.endpoint->sessions.find(token);
    if (!session) return std::nullopt;
    context.audit.access_key = session->principal.key.text();
    context.audit.key_proven = true;
    context.client.setKey(session->principal);
    return SessionUse(std::move(session), context.services.clock);
}

// The session a SOAP request belongs to: by its cookie, or by the SOAP header that the services
// beside /sdk take it from. If both are there they must agree.
Result<std::optional<std::string>> soapToken(const http::RequestHead& head,
                                             const SoapEnvelope& envelope) {
    auto cookie = PCG_TRY(requestCookie(head.headers, kSessionCookieName));
    const auto& in_body = envelope.sessionCookie();
    if (in_body && cookie && *cookie != *in_body) {
        return fail(errc::kNotAuthenticated,
                    "the session cookie of the SOAP header is not the one of the HTTP header");
    }
    return cookie ? cookie : in_body;
}

net::Task<void> settleMachines(RequestContext& context, std::shared_ptr<Session> session) {
    auto* machines = context.services.machines;
    if (machines == nullptr || !session || context.client.isReading()) co_return;
    if (!context.services.policy.policyFor(context.endpoint->config.id)->document) co_return;
    co_await machines->settle(context.endpoint, std::move(session));
}

Result<AuthorizedRequest> authorizeNow(RequestContext& context,
                                       const RequestTarget& target,
                                       const SoapCall& call,
                                       std::optional<SessionUse> session,
                                       const policy::Arguments* arguments) {
    policy::OwnsMachine owns;
    if (session) {
        owns = ownsMachine(context.services.machines, *context.endpoint, (*session)->principal);
    }
    auto circumstances = circumstancesOf(context);
    circumstances.owns = &owns;
    const Policy policy(context.services.policy);
    return policy.authorizeCall(target, call, std::move(session), circumstances, arguments);
}

// Once more after a look at what the client began: it may have heard of the end of its clone before
// the gateway did.
net::Task<Result<AuthorizedRequest>> authorizeSoon(RequestContext& context,
                                                   RequestTarget target,
                                                   SoapCall call,
                                                   std::optional<SessionUse> session,
                                                   const policy::Arguments* arguments) {
    const auto known = session ? session->shared() : std::shared_ptr<Session>();
    // Of a long call the rest is judged while it streams: nothing can be looked up then.
    if (arguments == nullptr) co_await settleMachines(context, known);
    auto first = authorizeNow(context, target, call, std::move(session), arguments);
    const bool final = first || !first.error().is(errc::kMethodDenied) || !known;
    if (final || arguments == nullptr) co_return std::move(first);
    co_await settleMachines(context, known);
    std::optional<SessionUse> again(std::in_place, known, context.services.clock);
    co_return authorizeNow(context, target, call, std::move(again), arguments);
}

net::Task<std::optional<Admitted>> admitCall(RequestContext& context, RequestTarget target) {
    auto body = co_await readSoapBody(context);
    if (!body) {
        co_await deny(context, body.error(), std::nullopt);
        co_return std::nullopt;
    }
    const SoapCall call = *body->envelope->call();
    context.audit.method = call.method;
    context.audit.object = call.object.type + ":" + call.object.id;
    const auto token = soapToken(context.client.request(), *body->envelope);
    if (!token) {
        co_await deny(context, token.error(), call);
        co_return std::nullopt;
    }
    auto session = *token ? useSession(context, **token) : std::nullopt;
    if (body->envelope->sessionCookie() && !session) {
        const Error error(errc::kNotAuthenticated, "the session cookie is not one of ours");
        co_await deny(context, error, call);
        co_return std::nullopt;
    }
    if (call.name_space == kVimNamespace && call.method == "AcquireTicket") {
        const auto checked = checkTicketType(body->whole ? BytesView(body->bytes) : BytesView());
        if (!checked) {
            co_await deny(context, checked.error(), call);
            co_return std::nullopt;
        }
    }
    const bool reads = methods::isOpenToAll(call) || methods::isAllowed(Role::Inventory, call);
    context.client.setReading(reads);
    const bool ended = body->envelope->callEnded();
    const auto* arguments = ended ? &body->envelope->arguments() : nullptr;
    if (session && ended && !reads) context.audit.arguments = arguments->toText();
    auto authorized =
        co_await authorizeSoon(context, std::move(target), call, std::move(session), arguments);
    PCG_ASSERT(!authorized || !authorized->needsArguments() || (!ended && authorized->session()));
    if (authorized && authorized->session()) {
        auto judged = judgeCallAgain(context, *authorized, arguments);
        if (!ended) judgeLater(context, *body->envelope, std::move(judged));
    }
    if (authorized && body->envelope->hasSecurityHeader()) {
        authorized = fail(errc::kMethodDenied,
                          "a WS-Security header is not accepted; log in with an access key");
    }
    if (!authorized) {
        co_await deny(context, authorized.error(), call);
        co_return std::nullopt;
    }
    co_return Admitted{std::move(*authorized), std::move(*body)};
}

// The session of a REST request: by the header field, or by the cookie of the same name.
Result<std::optional<std::string>> restToken(const http::RequestHead& head) {
    if (const auto* field = head.headers.find(kRestSessionName)) return *field;
    return requestCookie(head.headers, kRestSessionName);
}

// As much of a body as may be kept, so that it can be sent a second time.
net::Task<Result<ReadBody>> readBeginning(RequestContext& context) {
    constexpr std::size_t kLimit = SoapEnvelope::kPrefixLimit;
    const auto framing = context.client.request().body;
    ReadBody body;
    if (framing.kind == http::BodyFraming::Kind::None) co_return body;
    const bool sized = framing.kind == http::BodyFraming::Kind::Length;
    body.bytes.resize(sized && framing.length < kLimit ? static_cast<std::size_t>(framing.length)
                                                       : kLimit);
    std::size_t size = 0;
    body.whole = false;
    while (size < body.bytes.size()) {
        const MutableBytes rest = MutableBytes(body.bytes).subspan(size);
        PCG_CO_TRY(const std::size_t count, co_await context.client.readBody(rest));
        if (count == 0) {
            body.whole = true;
            break;
        }
        size += count;
    }
    body.bytes.resize(size);
    if (sized && size == framing.length) body.whole = true;
    co_return body;
}

net::Task<std::optional<Admitted>> admitRest(RequestContext& context, RequestTarget target) {
    const auto& head = context.client.request();
    const auto door = target.rest->door;
    const auto& action = target.rest->action;
    context.audit.method = head.method + (action.empty() ? "" : " " + action);
    context.audit.object = target.rest->path.substr(0, 256);
    const auto token = restToken(head);
    if (!token) {
        co_await deny(context, token.error(), std::nullopt, door);
        co_return std::nullopt;
    }
    // Who logs in is not somebody yet, whatever session a stale cookie names.
    const bool is_login = target.rest->isLogin();
    auto session = *token && !is_login ? useSession(context, **token) : std::nullopt;
    context.client.setReading(rest::onlyReads(*target.rest));
    const Policy policy(context.services.policy);
    auto authorized =
        policy.authorizeRest(std::move(target), std::move(session), circumstancesOf(context));
    if (!authorized) {
        co_await deny(context, authorized.error(), std::nullopt, door);
        co_return std::nullopt;
    }
    if (is_login) co_return Admitted{std::move(*authorized), {}};
    judgeRestAgain(context, *authorized);
    auto body = co_await readBeginning(context);
    if (!body) {
        co_await deny(context, body.error(), std::nullopt, door);
        co_return std::nullopt;
    }
    const auto may =
        policy.authorizeRestBody(*authorized, body->bytes, body->whole, circumstancesOf(context));
    if (!may) {
        co_await deny(context, may.error(), std::nullopt, door);
        co_return std::nullopt;
    }
    co_return Admitted{std::move(*authorized), std::move(*body)};
}

// Files of the content library: clients show the session that they have.
net::Task<std::optional<Admitted>> admitLibrary(RequestContext& context, RequestTarget target) {
    const auto& head = context.client.request();
    context.audit.method = head.method;
    context.audit.object = std::string(head.path().substr(0, 256));
    auto token = restToken(head);
    if (token && !*token) token = requestCookie(head.headers, kSessionCookieName);
    if (!token) {
        co_await deny(context, token.error(), std::nullopt, RestDoor::Rest);
        co_return std::nullopt;
    }
    auto session = *token ? useSession(context, **token) : std::nullopt;
    context.client.setReading(head.method == "GET" || head.method == "HEAD");
    const Policy policy(context.services.policy);
    auto authorized = policy.authorizeLibrary(
        std::move(target), head.method, std::move(session), circumstancesOf(context));
    if (!authorized) {
        co_await deny(context, authorized.error(), std::nullopt, RestDoor::Rest);
        co_return std::nullopt;
    }
    judgeFileAgain(context, *authorized, &Policy::authorizeLibrary);
    ReadBody body;
    body.whole = head.body.kind == http::BodyFraming::Kind::None;
    co_return Admitted{std::move(*authorized), std::move(body)};
}

net::Task<std::optional<Admitted>> admitFile(RequestContext& context, RequestTarget target) {
    const auto& head = context.client.request();
    context.audit.method = head.method;
    context.audit.object = target.target;
    const auto token = requestCookie(head.headers, kSessionCookieName);
    if (!token) {
        co_await deny(context, token.error(), std::nullopt);
        co_return std::nullopt;
    }
    auto session = *token ? useSession(context, **token) : std::nullopt;
    context.client.setReading(head.method != "PUT");
    const Policy policy(context.services.policy);
    auto authorized = policy.authorizeFile(
        std::move(target), head.method, std::move(session), circumstancesOf(context));
    if (!authorized) {
        co_await deny(context, authorized.error(), std::nullopt);
        co_return std::nullopt;
    }
    judgeFileAgain(context, *authorized, &Policy::authorizeFile);
    ReadBody body;
    body.whole = head.body.kind == http::BodyFraming::Kind::None;
    co_return Admitted{std::move(*authorized), std::move(body)};
}

}  // namespace

namespace {

// What follows these is a secret.
std::string shownPath(std::string_view path) {
    for (const std::string_view door : {"/nfc/", "/guestFile/", "/ticket/"}) {
        if (path.starts_with(door)) return std::string(door.substr(0, door.size() - 1));
    }
    return std::string(path.substr(0, 256));
}

}  // namespace

Circumstances circumstancesOf(const RequestContext& context) {
    return {context.endpoint->config.name,
            context.services.clock.wallNow(),
            nullptr,
            &context.client.timeLimit()};
}

net::Task<std::optional<Admitted>> admit(RequestContext& context) {
    const auto& head = context.client.request();
    context.audit.method = head.method;
    context.audit.object = shownPath(head.path());
    auto target = classifyTarget(head);
    if (!target) {
        co_await deny(context, target.error(), std::nullopt);
        co_return std::nullopt;
    }
    context.audit.surface = std::string(surfaceName(target->surface));
    const auto checked = checkRequestHead(target->surface, head);
    if (!checked) {
        const auto door = target->rest ? std::optional(target->rest->door) : std::nullopt;
        co_await deny(context, checked.error(), std::nullopt, door);
        co_return std::nullopt;
    }
    if (isSoap(target->surface)) co_return co_await admitCall(context, std::move(*target));
    if (target->rest) co_return co_await admitRest(context, std::move(*target));
    if (isTransfer(target->surface)) {
        co_return co_await admitTransfer(context, std::move(*target));
    }
    if (target->surface == Surface::LibraryData) {
        co_return co_await admitLibrary(context, std::move(*target));
    }
    co_return co_await admitFile(context, std::move(*target));
}

}  // namespace pcg::proxy
