// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/forward.h"

#include "common/base/assert.h"
#include "vcenter-proxy/endpoint/headers.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/phases/answer_failure.h"
#include "vcenter-proxy/phases/body_pump.h"

#include <algorithm>

namespace pcg::proxy {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

using CallPtr = std::unique_ptr<http::Call>;

// The services beside /sdk take the session from the SOAP header: ours becomes the endpoint's, in
// that element and nowhere else. A client may write its token into any other place, too; the
// endpoint's goes to none of them.
void mapSessionInBody(const AuthorizedRequest& request, ReadBody& body) {
    const auto& span = body.envelope->sessionCookieSpan();
    if (!span || !request.session()) return;
    PCG_ASSERT(span->end <= body.bytes.size());  // the header stands before the call
    const std::string real = escapeXml((*request.session())->upstream.value(kSessionCookieName));
    const auto begin = body.bytes.begin();
    const auto at = body.bytes.erase(begin + static_cast<std::ptrdiff_t>(span->begin),
                                     begin + static_cast<std::ptrdiff_t>(span->end));
    const auto text = asBytes(real);
    body.bytes.insert(at, text.begin(), text.end());
}

// Phase 3: the head as the endpoint will see it.
http::RequestHead injectCredential(RequestContext& context, Admitted& admitted) {
    const auto& from = context.client.request();
    const auto& request = admitted.request;
    const std::size_t before = admitted.body.bytes.size();
    if (admitted.body.envelope) mapSessionInBody(request, admitted.body);

    http::RequestHead head;
    head.method = from.method;
    head.target = request.target().target;
    head.headers = headersForEndpoint(
        request.target().surface,
        from.headers,
        context.endpoint->config.authority,
        request.session() ? (*request.session())->upstream.header() : std::string());
    // Short answers, which the gateway looks into (a task's id).
    if (request.call() && !context.client.isReading()) head.headers.remove("accept-encoding");
    head.body = from.body;
    if (head.body.kind == http::BodyFraming::Kind::Length) {
        head.body.length = head.body.length - before + admitted.body.bytes.size();
    }
    return head;
}

}  // namespace

// Once more if not a byte of it left: that is safe for every call.
net::Task<Result<CallPtr>> startCall(RequestContext& context, http::RequestHead head) {
    const auto caller = context.endpoint->caller;
    const auto began = context.services.clock.now();
    auto call = co_await caller->start(head);
    const bool quick = context.services.clock.now() - began < std::chrono::seconds(1);
    if (call || call.error().isInput() || !quick || context.client.gone()) co_return call;
    co_return co_await caller->start(std::move(head));
}

// Phase 5: everything but what is between the gateway and the endpoint only.
net::Task<Result<>> passAnswer(RequestContext& context, http::Call& call, http::ResponseHead head) {
    head.headers = headersForClient(
        std::move(head.headers), context.endpoint->config.authority, context.client.host());
    const auto framing = head.body;
    PCG_CO_CHECK(co_await context.client.respond(std::move(head)));
    const bool sized = framing.kind == http::BodyFraming::Kind::Length;
    Bytes buffer(
        sized ? static_cast<std::size_t>(std::clamp<ByteCount>(framing.length, 1, kBufferBytes))
              : kBufferBytes);
    while (true) {
        PCG_CO_TRY(const std::size_t count, co_await call.readBody(buffer));
        if (count == 0) break;
        const auto piece = BytesView(buffer).first(count);
        PCG_CO_CHECK(co_await context.client.writeBody(piece));
    }
    co_return co_await context.client.finish();
}

namespace {

class Forwarding {
  public:
    Forwarding(RequestContext& context, Admitted admitted)
        : context_(context), admitted_(std::move(admitted)) {}

    net::Task<void> run();

  private:
    net::Task<void> sendBody();
    net::Task<void> receive();
    net::Task<void> failed(Error error);

    Surface surface() const { return admitted_.request.target().surface; }

    RequestContext& context_;
    Admitted admitted_;
    CallPtr call_;
    std::shared_ptr<BodyPump> pump_;
    bool accepted_ = false;  // answered in full, with a success
};

net::Task<void> Forwarding::run() {
    auto head = injectCredential(context_, admitted_);
    auto call = co_await startCall(context_, std::move(head));
    if (!call) {
        co_await answerFailure(context_, surface(), call.error(), http::Outcome::NotDispatched);
        co_return;
    }
    call_ = std::move(*call);
    context_.client.watch(call_.get());
    co_await sendBody();
    co_await receive();
    if (pump_ && accepted_) co_await pump_->join();
    if (pump_ && !accepted_) co_await pump_->abandon();
    context_.client.watch(nullptr);
}

net::Task<void> Forwarding::sendBody() {
    if (!admitted_.body.whole) {
        const auto executor = co_await net::asio::this_coro::executor;
        BodyPump::Parts parts{executor,
                              context_.client,
                              *call_,
                              admitted_.body.envelope.get(),
                              std::move(admitted_.body.bytes),
                              context_.audit.bytes_in};
        pump_ = std::make_shared<BodyPump>(std::move(parts));
        pump_->start();
        co_return;
    }
    // A failed write is not the end: the endpoint may have answered and stopped reading.
    const Bytes bytes = std::exchange(admitted_.body.bytes, {});
    admitted_.body.envelope.reset();
    auto written = Result<>();
    if (!bytes.empty()) written = co_await call_->writeBody(bytes);
    if (written) co_await call_->finishRequest();
}

net::Task<void> Forwarding::receive() {
    auto head = co_await call_->readHead();
    if (!head) {
        co_await failed(head.error());
        co_return;
    }
    if (admitted_.request.session()) (*admitted_.request.session())->upstream.take(head->headers);
    const bool success = head->status < 300;
    const auto passed = co_await passAnswer(context_, *call_, std::move(*head));
    if (passed) {
        accepted_ = success;
        context_.audit.outcome = std::string(nameOf(http::Outcome::Complete));
        co_return;
    }
    // Cut off visibly, never ended cleanly: a part must not look like the whole.
    context_.audit.outcome =
        context_.client.gone() ? std::string("cancelled") : std::string(nameOf(call_->outcome()));
    context_.client.abort(passed.error());
}

net::Task<void> Forwarding::failed(Error error) {
    const auto outcome = call_->outcome() == http::Outcome::NotDispatched
                             ? http::Outcome::NotDispatched
                             : http::Outcome::Unknown;
    const auto client_error = pump_ ? pump_->clientError() : std::nullopt;
    if (context_.client.gone() ||
        (client_error && !client_error->code().name().starts_with("proxy."))) {
        context_.audit.outcome = "cancelled";
        context_.client.abort(client_error.value_or(error));
        co_return;
    }
    if (client_error &&
        (client_error->is(errc::kMethodDenied) || client_error->is(errc::kReadOnly))) {
        co_await deny(context_, *client_error, admitted_.request.call());
        co_return;
    }
    if (client_error) {
        const int status = client_error->is(errc::kEnvelopeTooLarge) ? 413 : 400;
        co_await context_.client.answerProblem(status, *client_error, http::Outcome::NotDispatched);
        co_return;
    }
    co_await answerFailure(context_, surface(), std::move(error), outcome);
}

}  // namespace

net::Task<void> forward(RequestContext& context, Admitted admitted) {
    Forwarding forwarding(context, std::move(admitted));
    co_await forwarding.run();
}

}  // namespace pcg::proxy
