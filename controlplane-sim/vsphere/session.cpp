// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/vsphere/session.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "controlplane-sim/vsphere/errc.h"
#include "controlplane-sim/vsphere/requests.h"
#include "controlplane-sim/vsphere/responses.h"

namespace pcg::controlplane::vsphere {
namespace {

constexpr std::string_view kCookie = "vmware_soap_session=";
constexpr std::string_view kOutcomeField = "Pcg-Outcome";

// A fault with a type is somebody's decision about the call, and an answer; without one (or
// without a fault) no vCenter answered, and the way says what became of the call.
bool isAnswer(const http::WholeResponse& response) {
    if (response.head.status == 200) return true;
    const auto fault = responses::body(response.body);
    return !fault && !fault.error().is(kUnknown) && !fault.error().is(kBadAnswer);
}

Error ofTheWay(const http::WholeResponse& response) {
    const auto* outcome = response.head.headers.find(kOutcomeField);
    const bool sent = outcome == nullptr || *outcome != "not-dispatched";
    const auto fault = responses::body(response.body);
    auto words = !fault && fault.error().is(kUnknown) ? fault.error().message()
                                                      : "the endpoint answered with HTTP status " +
                                                            std::to_string(response.head.status);
    return {sent ? kUnknown : kNotSent, std::move(words)};
}

}  // namespace

Session::Session(net::Executor executor,
                 std::shared_ptr<http::Caller> caller,
                 std::string username,
                 Secret password)
    : caller_(std::move(caller)),
      username_(std::move(username)),
      password_(std::move(password)),
      loginOver_(executor, SteadyTime::max()) {}

net::Task<Result<ServiceContent>> Session::open() {
    if (generation_ == 0) {
        PCG_CO_CHECK(co_await login(0));
    }
    co_return content_;
}

net::Task<Result<Bytes>> Session::call(std::string envelope) {
    for (int attempt = 0;; ++attempt) {
        if (generation_ == 0) {
            PCG_CO_CHECK(co_await login(0));
        }
        const auto used = generation_;
        auto answer = co_await post(asBytes(envelope));
        if (!answer) co_return answer;
        // Only the fault decides here; what else is in the answer is read by the caller.
        const auto text = asText(*answer);
        if (attempt > 0 || text.find("NotAuthenticated") == std::string_view::npos)
            co_return answer;
        const auto body = responses::body(*answer);
        if (body || !body.error().is(kNotAuthenticated)) co_return answer;
        PCG_CO_CHECK(co_await login(used));
    }
}

net::Task<Result<Bytes>> Session::post(BytesView envelope) {
    http::RequestHead head;
    head.method = "POST";
    head.target = "/sdk";
    head.headers.add("Content-Type", "text/xml; charset=utf-8");
    head.headers.add("SOAPAction", "urn:vim25/6.7");
    head.headers.add("User-Agent", "pcg-orchestrator");
    if (!cookie_.empty()) head.headers.add("Cookie", cookie_);
    head.body = http::BodyFraming::ofLength(envelope.size());
    auto started = co_await caller_->start(std::move(head));
    if (!started) co_return fail(Error{kNotSent, started.error().message()});
    auto& call = **started;
    const auto broke = [&call](const Error& error) {
        const bool sent = call.outcome() != http::Outcome::NotDispatched;
        return fail(Error{sent ? kUnknown : kNotSent, error.message()});
    };
    const auto written = co_await call.writeBody(envelope);
    if (!written) co_return broke(written.error());
    const auto finished = co_await call.finishRequest();
    if (!finished) co_return broke(finished.error());
    http::WholeResponse response;
    auto answered = co_await call.readHead();
    if (!answered) co_return broke(answered.error());
    response.head = std::move(*answered);
    Bytes piece(64_KiB);
    while (true) {
        const auto count = co_await call.readBody(piece);
        if (!count) co_return broke(count.error());
        if (*count == 0) break;
        if (response.body.size() + *count > responses::kAnswerLimits.bytes)
            co_return fail(kBadAnswer, "the endpoint's answer is larger than 8 MiB");
        append(response.body, BytesView(piece).first(*count));
    }
    if (!isAnswer(response)) co_return fail(ofTheWay(response));
    keepCookie(response.head);
    co_return std::move(response.body);
}

void Session::keepCookie(const http::ResponseHead& head) {
    for (const auto& header : head.headers) {
        if (!equalsIgnoreCaseAscii(header.name, "Set-Cookie")) continue;
        const auto value = std::string_view(header.value).substr(0, header.value.find(';'));
        if (value.starts_with(kCookie) && value.size() <= 512) cookie_ = value;
    }
}

// Whoever comes while a login is under way waits for it and takes its session.
net::Task<Result<>> Session::login(unsigned stale) {
    while (loggingIn_) {
        co_await loginOver_.async_wait(net::kAwaitTuple);
    }
    if (generation_ != stale) co_return Result<>{};
    loggingIn_ = true;
    auto done = co_await loginNow();
    loggingIn_ = false;
    loginOver_.cancel();
    co_return done;
}

net::Task<Result<>> Session::loginNow() {
    if (refused_)
        co_return fail(kInvalidLogin, "The endpoint does not accept the access key any more.");
    cookie_.clear();
    const auto question = requests::retrieveServiceContent();
    PCG_CO_TRY(const auto described, co_await post(asBytes(question)));
    PCG_CO_TRY(auto content, responses::serviceContent(described));
    const auto credentials = requests::login(content.sessionManager, username_, password_);
    PCG_CO_TRY(const auto answer, co_await post(credentials.reveal()));
    const auto accepted = responses::body(answer);
    if (!accepted) {
        refused_ = accepted.error().is(kInvalidLogin);
        co_return fail(accepted.error());
    }
    content_ = std::move(content);
    ++generation_;
    co_return Result<>{};
}

net::Task<void> Session::close() {
    if (generation_ == 0) co_return;
    const auto envelope = requests::logout(content_.sessionManager);
    generation_ = 0;
    [[maybe_unused]] const auto ended = co_await post(asBytes(envelope));
    cookie_.clear();
}

}  // namespace pcg::controlplane::vsphere
