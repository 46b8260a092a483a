// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/forward.h"

#include "common/base/assert.h"
#include "vcenter-proxy/endpoint/headers.h"
#include "vcenter-proxy/endpoint/rest_text.h"
#include "vcenter-proxy/endpoint/session_fault.h"
#include "vcenter-proxy/endpoint/soap_text.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/phases/answer_failure.h"
#include "vcenter-proxy/phases/body_pump.h"
#include "vcenter-proxy/phases/guest_answer.h"
#include "vcenter-proxy/phases/lease_answer.h"
#include "vcenter-proxy/session_broker.h"

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
    const std::string real = escapeXml((*request.session())->upstreamId());
    const auto begin = body.bytes.begin();
    const auto at = body.bytes.erase(begin + static_cast<std::ptrdiff_t>(span->begin),
                                     begin + static_cast<std::ptrdiff_t>(span->end));
    const auto text = asBytes(real);
    body.bytes.insert(at, text.begin(), text.end());
}

std::string cookiesFor(const AuthorizedRequest& request) {
    if (!request.session()) return {};
    const Session& session = **request.session();
    return isSoap(request.target().surface) ? session.soapCookies() : session.upstream.header();
}

bool needsRestId(const AuthorizedRequest& request) {
    const auto surface = request.target().surface;
    return request.session() && (isRest(surface) || surface == Surface::LibraryData);
}

// Inlined into a coroutine, GCC 12 takes its move for an overlapping copy (-Wrestrict).
[[gnu::noinline]] Error leftBefore() {
    return {errc::kOutcomeUnknown, "the client went away, or was cut, before it was forwarded"};
}

bool namesTransfers(const AuthorizedRequest& request) {
    return request.target().rest && request.target().rest->namesTransfers();
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
    head.headers = headersForEndpoint(request.target().surface,
                                      from.headers,
                                      context.endpoint->config.authority,
                                      cookiesFor(request));
    if (needsRestId(request)) {
        head.headers.add(std::string(kRestSessionName), (*request.session())->upstreamId());
    }
    // What the gateway reads must not be compressed: short answers, which it looks into for a
    // task's id, transfers and leases.
    const bool looked_into = request.call() && !context.client.isReading();
    if (looked_into || namesTransfers(request) || namesPlace(request) ||
        concernsLeases(*context.endpoint, request)) {
        head.headers.remove("accept-encoding");
    }
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
net::Task<Result<>> passAnswer(RequestContext& context,
                               http::Call& call,
                               http::ResponseHead head,
                               Bytes begun) {
    head.headers = headersForClient(
        std::move(head.headers), context.endpoint->config.authority, context.client.host());
    const auto framing = head.body;
    PCG_CO_CHECK(co_await context.client.respond(std::move(head)));
    const bool sized = framing.kind == http::BodyFraming::Kind::Length;
    if (!begun.empty()) PCG_CO_CHECK(co_await context.client.writeBody(begun));
    begun = {};
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
    // True: the session was opened anew, and the call is made again.
    net::Task<bool> receive();
    void keepForAgain();
    void takeCookies(const http::ResponseHead& head);
    net::Task<Result<Bytes>> readRefusal(const http::ResponseHead& head);
    net::Task<bool> renewed(const http::ResponseHead& head, BytesView refusal);
    net::Task<Result<>> pass(http::ResponseHead head, Bytes begun);
    net::Task<Result<>> passTransferPlaces(http::ResponseHead head);
    net::Task<void> failed(Error error);

    Surface surface() const { return admitted_.request.target().surface; }

    RequestContext& context_;
    Admitted admitted_;
    CallPtr call_;
    std::shared_ptr<BodyPump> pump_;
    bool accepted_ = false;         // answered in full, with a success
    std::string machine_;           // that a guest's file is of
    bool lease_aware_ = false;      // the answer was asked for uncompressed
    std::optional<Bytes> again_;    // the body as the client sent it, if it may be sent again
    std::uint64_t generation_ = 0;  // of the session
};

net::Task<void> Forwarding::run() {
    keepForAgain();
    if (admitted_.body.envelope) {
        machine_ = machineOf(admitted_.request, admitted_.body.envelope->arguments());
    }
    bool again = true;
    while (again) {
        again = false;
        if (context_.client.gone()) {
            context_.audit.outcome = "cancelled";
            context_.client.abort(leftBefore());
            co_return;
        }
        if (admitted_.request.session()) generation_ = (*admitted_.request.session())->generation;
        lease_aware_ = concernsLeases(*context_.endpoint, admitted_.request);
        auto head = injectCredential(context_, admitted_);
        auto call = co_await startCall(context_, std::move(head));
        if (!call) {
            co_await answerFailure(context_, surface(), call.error(), http::Outcome::NotDispatched);
            co_return;
        }
        call_ = std::move(*call);
        context_.client.watch(call_.get());
        co_await sendBody();
        again = co_await receive();
        if (again) context_.client.watch(nullptr);
    }
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
    if (!again_) admitted_.body.envelope.reset();
    auto written = Result<>();
    if (!bytes.empty()) written = co_await call_->writeBody(bytes);
    if (written) co_await call_->finishRequest();
}

// A call of which the endpoint says that it did not run it, because it does not know the session,
// is made once more in a new one: if it is here as a whole, means the same there, and came through
// the door at which the session can be opened.
void Forwarding::keepForAgain() {
    const auto& request = admitted_.request;
    if (!request.session() || !admitted_.body.whole || request.isLogout()) return;
    const bool by_rest = isRest(surface());
    if (by_rest != (*request.session())->isRest() || (!by_rest && !isSoap(surface()))) return;
    if (request.call() && isBoundToSession(*request.call())) return;
    again_ = admitted_.body.bytes;
}

// The beginning of an answer that may say that the session is not known; nothing of any other.
net::Task<Result<Bytes>> Forwarding::readRefusal(const http::ResponseHead& head) {
    Bytes refusal;
    if (!again_ || head.status != (isRest(surface()) ? 401 : 500)) co_return refusal;
    refusal.resize(kSessionFaultLimit);
    std::size_t size = 0;
    while (size < refusal.size()) {
        const MutableBytes rest = MutableBytes(refusal).subspan(size);
        PCG_CO_TRY(const std::size_t count, co_await call_->readBody(rest));
        if (count == 0) break;
        size += count;
    }
    refusal.resize(size);
    co_return refusal;
}

net::Task<bool> Forwarding::renewed(const http::ResponseHead& head, BytesView refusal) {
    const int expected = isRest(surface()) ? 401 : 500;
    if (!again_ || head.status != expected || context_.client.gone()) co_return false;
    if (isSoap(surface()) && !saysNotAuthenticated(head.headers, refusal)) co_return false;
    const auto renewal = co_await renewSession(
        context_.services, context_.endpoint, (*admitted_.request.session()).shared(), generation_);
    if (!renewal) co_return false;
    admitted_.body.bytes = std::move(*again_);
    again_.reset();
    co_return true;
}

net::Task<Result<>> Forwarding::pass(http::ResponseHead head, Bytes begun) {
    const bool success = head.status < 300;
    if (success && namesTransfers(admitted_.request)) {
        co_return co_await passTransferPlaces(std::move(head));
    }
    if (success && namesPlace(admitted_.request)) {
        co_return co_await passPlaceAnswer(
            context_, admitted_.request, *call_, std::move(head), machine_);
    }
    // Another call of the session may have opened its first lease meanwhile: then this answer may
    // be compressed, and is none that was asked for with the lease in mind.
    const bool readable = head.headers.find("content-encoding") == nullptr || lease_aware_;
    if (success && readable && concernsLeases(*context_.endpoint, admitted_.request)) {
        co_return co_await passLeaseAnswer(context_, admitted_.request, *call_, std::move(head));
    }
    co_return co_await passAnswer(context_, *call_, std::move(head), std::move(begun));
}

// An answer from before the session was opened anew has nothing to say about the new one.
void Forwarding::takeCookies(const http::ResponseHead& head) {
    const auto& session = admitted_.request.session();
    if (session && (*session)->generation == generation_) (*session)->upstream.take(head.headers);
}

net::Task<bool> Forwarding::receive() {
    auto head = co_await call_->readHead();
    if (!head) {
        co_await failed(head.error());
        co_return false;
    }
    auto refusal = co_await readRefusal(*head);
    if (!refusal) {
        co_await failed(refusal.error());
        co_return false;
    }
    const bool whole = refusal->size() < kSessionFaultLimit;
    if (whole) {
        const bool again = co_await renewed(*head, *refusal);
        if (again) co_return true;
    }
    again_.reset();
    takeCookies(*head);
    const bool success = head->status < 300;
    if (success) noteLeaseCall(*context_.endpoint, admitted_.request);
    const auto passed = co_await pass(std::move(*head), std::move(*refusal));
    if (passed) {
        accepted_ = success;
        context_.audit.outcome = std::string(nameOf(http::Outcome::Complete));
        co_return false;
    }
    // Cut off visibly, never ended cleanly: a part must not look like the whole.
    context_.audit.outcome =
        context_.client.gone() ? std::string("cancelled") : std::string(nameOf(call_->outcome()));
    context_.client.abort(passed.error());
    co_return false;
}

// Where a file of the content library goes is said with the vCenter's own name, where the client
// cannot go.
net::Task<Result<>> Forwarding::passTransferPlaces(http::ResponseHead head) {
    Bytes body;
    Bytes buffer(16 * 1024);
    while (true) {
        PCG_CO_TRY(const std::size_t count, co_await call_->readBody(buffer));
        if (count == 0) break;
        if (body.size() + count > kTransferAnswerLimit) {
            co_return fail(errc::kNotAVcenter, "the answer is longer than 1 MiB");
        }
        append(body, BytesView(buffer).first(count));
    }
    const auto own = withOwnTransferUris(body, context_.client.host());
    const BytesView shown = own ? asBytes(*own) : BytesView(body);
    head.headers = headersForClient(
        std::move(head.headers), context_.endpoint->config.authority, context_.client.host());
    head.body = http::BodyFraming::ofLength(shown.size());
    PCG_CO_CHECK(co_await context_.client.respond(std::move(head)));
    if (!shown.empty()) PCG_CO_CHECK(co_await context_.client.writeBody(shown));
    co_return co_await context_.client.finish();
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
