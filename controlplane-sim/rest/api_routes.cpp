// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/api_routes.h"

#include "common/base/text.h"
#include "common/http/errc.h"
#include "common/log/log.h"
#include "controlplane-sim/rest/change_event.h"
#include "controlplane-sim/tenancy/errc.h"

namespace pcg::controlplane::rest {
namespace {

constexpr log::Logger kLog{"api"};

// A person's clicks and a script's polling fit; a loop without a pause does not.
constexpr RateLimit::Rate kCallerRate{50, 200};
// Public routes and requests without valid credentials, per network.
constexpr RateLimit::Rate kStrangerRate{10, 100};

constexpr int kOutcomeUnknown = 504;

bool isChange(const http::RequestHead& request) {
    return request.method != "GET" && request.method != "HEAD";
}

bool takesBody(const http::RequestHead& request) {
    return request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
}

std::string_view neededRole(Who who) {
    return who == Who::Admin ? "admin" : who == Who::Operator ? "operator or admin" : "auditor";
}

bool has(UserRole role, Who who) {
    if (who == Who::Admin) return role == UserRole::Admin;
    if (who == Who::Operator) return role != UserRole::Auditor;
    return true;
}

// "application/json", with or without parameters.
bool isJson(const http::HeaderList& headers) {
    const auto* type = headers.find("Content-Type");
    if (type == nullptr) return false;
    return equalsIgnoreCaseAscii(trimAscii(split(*type, ';').front()), "application/json");
}

std::string callerKey(const Authenticated& who) {
    return who.tokenId.empty() ? "user:" + who.userId : "token:" + who.tokenId;
}

net::Task<void> send(http::Exchange& exchange, http::ResponseHead head, std::string body) {
    head.headers.add("Cache-Control", "no-store");
    head.headers.add("X-Content-Type-Options", "nosniff");
    const BytesView octets = asBytes(body);
    // The client may be gone; there is nobody else to tell.
    [[maybe_unused]] const auto sent =
        co_await http::respondWhole(exchange, std::move(head), octets);
    wipe(body);
}

net::Task<void> sendProblem(http::Exchange& exchange, Refusal refusal) {
    http::ResponseHead head;
    head.status = refusal.status;
    head.headers.add("Content-Type", "application/problem+json");
    if (refusal.status == 401) head.headers.add("WWW-Authenticate", "Bearer");
    if (refusal.retryAfter) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(*refusal.retryAfter).count();
        head.headers.add("Retry-After", std::to_string(seconds));
    }
    auto body = problemText(refusal);
    co_await send(exchange, std::move(head), std::move(body));
}

http::ResponseHead headOf(const Reply& reply) {
    http::ResponseHead head;
    head.status = reply.status;
    head.headers = reply.headers;
    if (reply.status != 204) head.headers.add("Content-Type", "application/json");
    if (reply.etag) head.headers.add("ETag", reply.etag->text());
    return head;
}

net::Task<void> sendReply(Call& call, Reply reply) {
    auto head = headOf(reply);
    std::string body;
    const bool known = reply.status == 200 && reply.etag && !isChange(call.request()) &&
                       clientHas(call.request().headers, reply.etag->text());
    if (known) {
        head.status = 304;
        head.headers.remove("Content-Type");
    } else if (reply.status != 204) {
        body = codec::json::write(reply.body);
    }
    co_await send(call.exchange(), std::move(head), std::move(body));
}

}  // namespace

ApiRoutes::ApiRoutes(http::Router& router, Parts parts)
    : router_(router), parts_(parts), callers_(kCallerRate), strangers_(kStrangerRate) {}

void ApiRoutes::add(const Route& route, Handler handler) {
    addEntry({route, std::move(handler), nullptr});
}

void ApiRoutes::addStream(const Route& route, StreamHandler handler) {
    addEntry({route, nullptr, std::move(handler)});
}

void ApiRoutes::addEntry(Entry entry) {
    entries_.push_back(std::move(entry));
    const auto& kept = entries_.back();
    router_.add(kept.route.method,
                kept.route.path,
                [this, &kept](http::Exchange& exchange, const http::RouteParams& params) {
                    return serve(exchange, params, kept);
                });
}

net::Task<void> ApiRoutes::serve(http::Exchange& exchange,
                                 const http::RouteParams& params,
                                 const Entry& entry) {
    const auto since = parts_.clock.now();
    Call call(exchange, params);
    auto admitted = co_await admit(entry.route, call);
    if (admitted) {
        co_await serveAdmitted(entry, call);
    } else {
        call.status_ = admitted.error().status;
        co_await sendProblem(exchange, std::move(admitted).error());
    }
    audit(entry.route, call, since);
}

void ApiRoutes::audit(const Route& route, const Call& call, SteadyTime since) const {
    if (parts_.audit == nullptr || (!call.who_ && !call.actsFor_)) return;
    auto event = changeOf(route.method, route.path, call.params(), call.body_, call.status_);
    if (!event) return;
    event->at = parts_.clock.wallNow();
    event->durationMs =
        std::chrono::duration_cast<std::chrono::milliseconds>(parts_.clock.now() - since).count();
    if (!call.who_) {
        event->actor = {ActorKind::User, call.actsFor_->second};
        parts_.audit->record(call.actsFor_->first, std::move(*event));
        return;
    }
    const auto& who = *call.who_;
    event->actor = {who.tokenId.empty() ? ActorKind::User : ActorKind::Token, who.username};
    if (!who.tokenId.empty()) event->detail += " by token " + who.tokenId;
    parts_.audit->record(call.scope().tenant(), std::move(*event));
}

net::Task<void> ApiRoutes::serveAdmitted(const Entry& entry, Call& call) {
    auto& exchange = call.exchange();
    if (entry.stream) {
        auto streamed = co_await entry.stream(call);
        if (streamed) co_return;
        if (!exchange.responded())
            co_return co_await sendProblem(exchange, std::move(streamed).error());
        exchange.abort(Error(http::kTimeout, streamed.error().detail));
        co_return;
    }
    const auto* key = call.request().headers.find("Idempotency-Key");
    if (key == nullptr || !entry.route.keepsAnswer || call.request().method != "POST")
        co_return co_await answer(entry, call);
    auto parsed = Idempotency::parse(*key);
    if (!parsed) {
        call.status_ = parsed.error().status;
        co_return co_await sendProblem(exchange, std::move(parsed).error());
    }
    co_await answerKeyed(entry, call, std::move(*parsed));
}

net::Task<Checked<>> ApiRoutes::admit(const Route& route, Call& call) {
    PCG_CO_CHECK(co_await identify(route, call));
    PCG_CO_CHECK(checkFlood(call));
    PCG_CO_CHECK(checkAllowed(route, call));
    PCG_CO_CHECK(co_await readBody(route, call));
    PCG_CO_TRY(call.ifMatch_, IfMatch::parse(call.request().headers));
    co_return Checked<>{};
}

net::Task<Checked<>> ApiRoutes::identify(const Route& route, Call& call) {
    if (route.who == Who::Public) {
        PCG_CO_CHECK(parts_.authenticator.sameSite(call.request()));
        co_return Checked<>{};
    }
    if (route.who == Who::PlatformOperator) {
        auto allowed = parts_.authenticator.platformOperator(call.request());
        call.platform_ = allowed.has_value();
        if (!allowed) call.stranger_ = std::move(allowed).error();
        co_return Checked<>{};
    }
    auto who = co_await parts_.authenticator.tenant(call.request());
    if (who) {
        call.who_ = std::move(*who);
    } else if (who.error().is(kUnauthenticated)) {
        call.stranger_ = std::move(who).error();
    } else {
        co_return tl::unexpected<Refusal>(std::move(who).error());
    }
    co_return Checked<>{};
}

// A stranger never uses up what a caller with valid credentials may do.
Checked<> ApiRoutes::checkFlood(const Call& call) {
    const auto now = parts_.clock.now();
    std::optional<std::chrono::milliseconds> wait;
    if (call.who_) {
        wait = callers_.take(call.scope().tenant().text() + "|" + call.who().username, now);
    } else if (call.stranger_ || !call.platform_) {
        wait = strangers_.take(call.source(), now);
    }
    if (wait) {
        return refuseFlood(
            "api.too_many_requests",
            "Too many requests: wait as long as \"Retry-After\" says, then go on more slowly.",
            *wait);
    }
    if (call.stranger_) return tl::unexpected<Refusal>(*call.stranger_);
    return {};
}

Checked<> ApiRoutes::checkAllowed(const Route& route, const Call& call) const {
    if (!call.who_) return {};
    const auto& who = *call.who_;
    if (!has(who.role, route.who)) {
        return refuse(403,
                      "api.forbidden",
                      "This takes the role " + std::string(neededRole(route.who)) +
                          "; you have the role " + std::string(roleName(who.role)) +
                          ". Ask an admin of your tenant.");
    }
    if (route.stepUp && !who.steppedUp(parts_.clock.wallNow())) return stepUpNeeded();
    return {};
}

net::Task<Checked<>> ApiRoutes::readBody(const Route& route, Call& call) {
    const auto& request = call.request();
    const bool empty =
        request.body.kind == http::BodyFraming::Kind::None ||
        (request.body.kind == http::BodyFraming::Kind::Length && request.body.length == 0);
    if (empty || !takesBody(request)) co_return Checked<>{};
    if (!isJson(request.headers)) {
        co_return refuse(415,
                         "api.content_type",
                         "The body must be JSON: send it with \"Content-Type: application/json\".");
    }
    PCG_CO_TRY(call.raw_, co_await http::readWholeBody(call.exchange(), route.maxBody));
    auto parsed = codec::json::parseObject(asText(call.raw_), route.maxBody);
    if (!parsed) co_return refuse(400, "api.json", parsed.error().message());
    call.body_ = std::move(*parsed);
    co_return Checked<>{};
}

net::Task<void> ApiRoutes::answer(const Entry& entry, Call& call) {
    auto reply = co_await entry.handler(call);
    call.status_ = reply ? reply->status : reply.error().status;
    if (!reply) co_return co_await sendProblem(call.exchange(), std::move(reply).error());
    co_await sendReply(call, std::move(*reply));
}

net::Task<void> ApiRoutes::answerKeyed(const Entry& entry, Call& call, std::string key) {
    Idempotency::Key owner{{}, "platform", std::move(key)};
    if (call.who_) {
        owner.tenant = call.scope().tenant().text();
        owner.principal = callerKey(call.who());
    }
    crypto::Sha256 hash;
    hash.update(call.request().method).update(" ").update(call.request().target).update("\n");
    const auto digest = hash.update(call.raw_).finish();
    auto kept = co_await parts_.idempotency.begin(owner, digest);
    if (!kept) {
        call.status_ = kept.error().status;
        co_return co_await sendProblem(call.exchange(), std::move(kept).error());
    }
    if (*kept) {
        http::ResponseHead head;
        head.status = (*kept)->status;
        if (head.status != 204) head.headers.add("Content-Type", "application/json");
        head.headers.add("Idempotency-Replayed", "true");
        co_return co_await send(call.exchange(), std::move(head), std::move((*kept)->body));
    }
    auto reply = co_await entry.handler(call);
    call.status_ = reply ? reply->status : reply.error().status;
    if (!reply) {
        if (reply.error().status == kOutcomeUnknown)
            parts_.idempotency.abandon(owner);
        else
            co_await parts_.idempotency.release(owner);
        co_return co_await sendProblem(call.exchange(), std::move(reply).error());
    }
    Idempotency::Kept answer{reply->status, {}};
    if (reply->status != 204) answer.body = codec::json::write(reply->body);
    const auto stored = co_await parts_.idempotency.keep(owner, std::move(answer));
    // The request has taken effect: its answer goes out, even if it cannot be repeated.
    if (!stored) kLog.failure(log::Level::Error, "idempotency.not_kept", stored.error());
    co_await sendReply(call, std::move(*reply));
}

}  // namespace pcg::controlplane::rest
