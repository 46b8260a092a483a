// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/maas.h"

#include "common/crypto/digest.h"
#include "common/log/log.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/phases/answer_failure.h"
#include "vcenter-proxy/phases/judge_again.h"
#include "vcenter-proxy/phases/maas_forward.h"
#include "vcenter-proxy/phases/maas_identity.h"

#include <algorithm>
#include <array>
#include <memory>

namespace pcg::proxy::maas {
namespace {

constexpr log::Logger kLog("proxy");
constexpr std::size_t kFormLimit = 4 * 1024 * 1024;
constexpr ByteCount kFormsLimit = 64_MiB;  // of one endpoint, together
constexpr std::chrono::seconds kPatience{30};

constexpr std::array<std::string_view, 3> kOnce{"host", "content-type", "content-encoding"};

struct Refusal {
    int status = 400;
    std::string body;
    http::HeaderList headers = {};
};

// What MAAS would answer, where it would answer something.
Refusal refusalFor(const Error& error) {
    if (error.is(errc::kNotAuthenticated)) return {401, "Forbidden"};
    if (error.is(errc::kInvalidLogin) || error.is(errc::kStaleRequest)) {
        const bool key = error.is(errc::kInvalidLogin);
        return {401,
                "Authorization Error: " + (key ? std::string("Invalid API key.") : error.message()),
                {{"WWW-Authenticate", "OAuth realm=\"OAuth\""}}};
    }
    if (error.is(errc::kRetired)) return {410, error.message()};
    if (error.is(errc::kUnknownPath)) return {404, error.message()};
    if (error.is(errc::kUnknownOperation)) return {400, error.message()};
    if (error.is(errc::kUnknownMethod)) return {405, "", {{"Allow", error.message()}}};
    if (error.is(errc::kPathDenied) || error.is(errc::kMethodDenied) || error.is(errc::kReadOnly)) {
        return {403, error.message()};
    }
    if (error.is(errc::kFormTooLarge)) return {413, error.message()};
    if (error.is(errc::kBusy)) return {429, error.message(), {{"Retry-After", "5"}}};
    return {400, error.message()};
}

bool isRefusal(const Error& error) {
    return error.is(errc::kBusy) || (error.isInput() && error.code().name().starts_with("proxy."));
}

Result<> checkHead(const http::RequestHead& head) {
    for (const auto name : kOnce) {
        if (head.headers.count(name) > 1) {
            return fail(errc::kBadHeader,
                        "the field '" + std::string(name) + "' may come only once");
        }
    }
    if (head.headers.find("content-encoding") != nullptr) {
        return fail(errc::kBadHeader,
                    "a body must not be compressed, because the gateway reads it");
    }
    PCG_TRY(checkContentType(head.headers.find("content-type")));
    const bool has_body =
        head.body.kind == http::BodyFraming::Kind::Chunked ||
        (head.body.kind == http::BodyFraming::Kind::Length && head.body.length > 0);
    if (has_body && (head.method == "GET" || head.method == "HEAD")) {
        return fail(errc::kBadHeader, head.method + " must not have a body");
    }
    return {};
}

// Inlined into a coroutine, GCC 12 takes its move for an overlapping copy (-Wrestrict).
[[gnu::noinline]] Error noTurn() {
    return {errc::kBusy,
            "MAAS has as many requests of this gateway as it may at once; try again later"};
}

[[gnu::noinline]] Error leftWaiting() {
    return {errc::kBusy, "the client went away while it waited"};
}

// Memory for a form, given back when the request is over.
class FormRoom {
  public:
    FormRoom(State& state, ByteCount wanted) : state_(state), taken_(wanted) {
        state_.form_bytes += taken_;
    }

    ~FormRoom() { state_.form_bytes -= taken_; }

    FormRoom(const FormRoom&) = delete;
    FormRoom& operator=(const FormRoom&) = delete;

    bool fits() const { return state_.form_bytes <= kFormsLimit; }

  private:
    State& state_;
    ByteCount taken_;
};

// A turn at MAAS.
class Turn {
  public:
    explicit Turn(Turnstile& turnstile) : turnstile_(turnstile) {}

    ~Turn() { turnstile_.leave(); }

    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

  private:
    Turnstile& turnstile_;
};

class Request {
  public:
    explicit Request(RequestContext& context) : context_(context) {}

    net::Task<void> run();

  private:
    net::Task<Result<AuthorizedCall>> admit();
    net::Task<Result<AuthorizedCall>> admitKnown(Target target);
    Result<AuthorizedCall> authorizeAs(const EndpointPolicy& policy,
                                       const Principal& principal,
                                       Target target,
                                       Form form);
    net::Task<Result<Form>> readForm();
    net::Task<void> refuse(Error error);
    void describe(const Target& target, const Form& form);
    void judgeAgain(std::shared_ptr<const AuthorizedCall> admitted);

    const http::RequestHead& head() const { return context_.client.request(); }

    RequestContext& context_;
    std::optional<FormRoom> room_;
    std::optional<Principal> principal_;  // none: open to all
};

// What was asked, in words that mean something, and without its secrets.
void Request::describe(const Target& target, const Form& form) {
    const auto op = operationOf(target, form);
    context_.audit.method = head().method + (op && !op->empty() ? " " + op->substr(0, 64) : "");
    context_.audit.object = target.below.substr(0, 256);
    if (const auto* data = oauth::lastOf(form.parameters, "user_data")) {
        context_.audit.detail = "user_data sha256 " + toHex(crypto::sha256(*data)) + ", " +
                                std::to_string(data->size()) + " octets";
    }
}

net::Task<Result<Form>> Request::readForm() {
    const auto& framing = head().body;
    const bool sized = framing.kind == http::BodyFraming::Kind::Length;
    if (framing.kind == http::BodyFraming::Kind::None) co_return Form();
    if (sized && framing.length > kFormLimit) {
        co_return fail(errc::kFormTooLarge, "a form may have 4 MiB at most");
    }
    // The body, what is read from it, and what is sent on.
    room_.emplace(context_.endpoint->maas, 3 * (sized ? framing.length : kFormLimit));
    if (!room_->fits()) {
        co_return fail(errc::kBusy, "the gateway holds too many large forms; try again later");
    }
    Bytes body(sized ? static_cast<std::size_t>(framing.length) : kFormLimit);
    std::size_t size = 0;
    while (true) {
        Bytes more(1);
        const bool full = size == body.size();
        const MutableBytes rest = full ? MutableBytes(more) : MutableBytes(body).subspan(size);
        PCG_CO_TRY(const std::size_t count, co_await context_.client.readBody(rest));
        if (count == 0) break;
        if (full) co_return fail(errc::kFormTooLarge, "a form may have 4 MiB at most");
        size += count;
    }
    body.resize(size);
    co_return Form::parse(head().headers.find("content-type"), asText(body));
}

net::Task<Result<AuthorizedCall>> Request::admitKnown(Target target) {
    PCG_CO_TRY(const auto shown, readAuthorization(context_));
    context_.audit.access_key = shown.token;
    Form form;
    const bool upload = target.door == Door::Upload;
    // Whoever is not known gets no memory, where the body is not needed to tell.
    if (shown.knownMethod() == oauth::Method::Plaintext || upload) {
        PCG_CO_TRY(principal_, co_await identify(context_, shown, target, nullptr));
        context_.client.setKey(*principal_);
    }
    if (!upload) {
        PCG_CO_TRY(form, co_await readForm());
        describe(target, form);
    }
    if (!principal_) {
        PCG_CO_TRY(principal_, co_await identify(context_, shown, target, &form));
        context_.client.setKey(*principal_);
    }
    context_.audit.key_proven = true;
    const auto policy = context_.services.policy.policyFor(context_.endpoint->config.id);
    co_return authorizeAs(*policy, *principal_, std::move(target), std::move(form));
}

Result<AuthorizedCall> Request::authorizeAs(const EndpointPolicy& policy,
                                            const Principal& principal,
                                            Target target,
                                            Form form) {
    const auto& name = context_.endpoint->config.name;
    const Circumstances circumstances{
        name, context_.services.clock.wallNow(), nullptr, &context_.client.timeLimit()};
    auto authorized = PCG_TRY(authorize(
        policy, principal, head().method, std::move(target), std::move(form), circumstances));
    const auto op = operationOf(authorized.target(), authorized.form());
    const auto fields = fieldsOf(head().method, authorized.target(), authorized.form());
    const auto ask = askOf(head().method,
                           authorized.target(),
                           op ? std::string_view(*op) : std::string_view(),
                           fields);
    context_.client.setReading(builtinHas(Role::Inventory, ask));
    context_.services.policy.observe(askerOf(name, principal), ask);
    return authorized;
}

net::Task<Result<AuthorizedCall>> Request::admit() {
    context_.audit.method = head().method;
    context_.audit.object = std::string(head().path().substr(0, 256));
    PCG_CO_TRY(auto target, Target::parse(head()));
    context_.audit.surface = std::string(surfaceName(Surface::Maas));
    PCG_CO_CHECK(checkHead(head()));
    if (target.door == Door::Retired) {
        co_return fail(errc::kRetired,
                       "The 1.0 API is no longer available. Please use API version 2.0.");
    }
    if (target.door == Door::Open) co_return authorizeOpen(head().method, std::move(target));
    describe(target, Form());
    co_return co_await admitKnown(std::move(target));
}

net::Task<void> Request::refuse(Error error) {
    kLog.warn("proxy.denied",
              {{"request_id", context_.audit.request_id},
               {"endpoint", context_.endpoint->config.name},
               {"code", error.code().name()},
               {"method", context_.audit.method},
               {"object", context_.audit.object}});
    if (!isRefusal(error)) {
        co_await answerFailure(
            context_, Surface::Maas, std::move(error), http::Outcome::NotDispatched);
        co_return;
    }
    auto refusal = refusalFor(error);
    co_await context_.client.answerText(refusal.status,
                                        std::move(refusal.body),
                                        std::move(error),
                                        http::Outcome::NotDispatched,
                                        std::move(refusal.headers));
}

// Of a form its parameters decide; what is sent on is not copied.
void Request::judgeAgain(std::shared_ptr<const AuthorizedCall> admitted) {
    judgeAgainBy(context_,
                 [admitted = std::move(admitted), principal = *principal_, method = head().method](
                     const JudgedNow& now) -> Result<> {
                     const auto policy = now.source.policyFor(principal.endpoint);
                     PCG_TRY(authorize(*policy,
                                       principal,
                                       method,
                                       admitted->target(),
                                       Form{admitted->form().parameters, {}},
                                       now.circumstances));
                     return {};
                 });
}

net::Task<void> Request::run() {
    auto admitted = co_await admit();
    if (!admitted) {
        co_await refuse(admitted.error());
        co_return;
    }
    const auto call = std::make_shared<const AuthorizedCall>(std::move(*admitted));
    if (principal_) judgeAgain(call);
    auto& turnstile = context_.endpoint->maas.turnstile;
    const bool entered = co_await turnstile.enter(kPatience);
    if (!entered) {
        auto error = noTurn();
        co_await refuse(std::move(error));
        co_return;
    }
    const Turn turn(turnstile);
    if (context_.client.gone()) {
        context_.audit.outcome = "cancelled";
        context_.client.abort(leftWaiting());
        co_return;
    }
    co_await forward(context_, call);
}

}  // namespace

net::Task<void> serve(RequestContext& context) {
    Request request(context);
    co_await request.run();
}

}  // namespace pcg::proxy::maas
