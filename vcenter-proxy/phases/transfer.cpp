// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/transfer.h"

#include "vcenter-proxy/endpoint/headers.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/phases/answer_failure.h"
#include "vcenter-proxy/phases/body_pump.h"
#include "vcenter-proxy/phases/forward.h"
#include "vcenter-proxy/stream_pump.h"

namespace pcg::proxy {
namespace {

// A lease does not end by silence while one of its devices is on its way.
class Running {
  public:
    Running(std::shared_ptr<Transfer> transfer, const Clock& clock)
        : transfer_(std::move(transfer)), clock_(clock) {
        transfer_->used = true;
        ++transfer_->lease->running;
    }

    ~Running() {
        transfer_->call = nullptr;
        --transfer_->lease->running;
        transfer_->lease->heard = clock_.now();
    }

    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

  private:
    std::shared_ptr<Transfer> transfer_;
    const Clock& clock_;
};

class Transferring {
  public:
    Transferring(RequestContext& context, Admitted admitted)
        : context_(context), admitted_(std::move(admitted)), transfer_(admitted_.transfer) {}

    net::Task<void> run();

  private:
    net::Task<Result<std::shared_ptr<http::Caller>>> callerTo();
    http::RequestHead headForHost() const;
    net::Task<void> notBegun(Error error);
    net::Task<void> notAnswered(Error error);
    net::Task<void> carryConsole(http::ResponseHead answered);
    net::Task<void> receive();

    Surface surface() const { return admitted_.request.target().surface; }

    RequestContext& context_;
    Admitted admitted_;
    std::shared_ptr<Transfer> transfer_;
    std::unique_ptr<http::Call> call_;
    std::shared_ptr<BodyPump> pump_;
    bool accepted_ = false;
};

net::Task<Result<std::shared_ptr<http::Caller>>> Transferring::callerTo() {
    if (!transfer_->place.host) co_return context_.endpoint->caller;
    auto* hosts = context_.services.hosts;
    if (hosts == nullptr) {
        co_return fail(errc::kBadLease, "this gateway does not go to hosts that leases name");
    }
    auto host = *transfer_->place.host;
    co_return co_await hosts->callerTo(std::move(host));
}

http::RequestHead Transferring::headForHost() const {
    const auto& from = context_.client.request();
    const auto& place = transfer_->place;
    http::RequestHead head;
    head.method = from.method;
    head.target = place.target;
    head.headers = headersForEndpoint(
        surface(),
        from.headers,
        place.authority.empty() ? context_.endpoint->config.authority : place.authority,
        {});
    head.body = from.body;
    if (surface() == Surface::Console) head.headers.add("Upgrade", "websocket");
    return head;
}

// What the host agreed to, and nothing else of its head: the two halves belong to client and host.
net::Task<void> Transferring::carryConsole(http::ResponseHead answered) {
    http::ResponseHead head;
    head.status = 101;
    head.headers.add("Upgrade", "websocket");
    for (const auto* name :
         {"Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"}) {
        if (answered.headers.count(name) != 1) continue;
        const auto& value = *answered.headers.find(name);
        if (!value.empty()) head.headers.add(name, value);
    }
    head.body = http::BodyFraming::chunked();
    const auto told = co_await context_.client.respond(std::move(head));
    if (!told) {
        context_.audit.outcome = "cancelled";
        co_return;
    }
    const auto bounds = StreamPump::limitsOf(context_.endpoint->config.limits,
                                             (*admitted_.request.session())->principal,
                                             context_.services.clock);
    const auto executor = co_await net::asio::this_coro::executor;
    const auto pump = std::make_shared<StreamPump>(executor, context_.client, *call_, bounds);
    const auto broken = co_await pump->run();
    context_.audit.outcome = !broken                  ? std::string(nameOf(http::Outcome::Complete))
                             : context_.client.gone() ? std::string("cancelled")
                                                      : std::string(nameOf(call_->outcome()));
}

// Nothing was sent: the token is as good as before.
net::Task<void> Transferring::notBegun(Error error) {
    transfer_->used = false;
    co_await answerFailure(context_, surface(), std::move(error), http::Outcome::NotDispatched);
}

net::Task<void> Transferring::run() {
    const Running running(transfer_, context_.services.clock);
    const auto caller = co_await callerTo();
    if (!caller) {
        co_await notBegun(caller.error());
        co_return;
    }
    auto head = headForHost();
    auto call = co_await (*caller)->start(std::move(head));
    if (!call) {
        co_await notBegun(call.error());
        co_return;
    }
    call_ = std::move(*call);
    transfer_->call = call_.get();
    context_.client.watch(call_.get());
    if (transfer_->lease->over) call_->cancel();
    if (context_.client.request().body.kind == http::BodyFraming::Kind::None) {
        co_await call_->finishRequest();
    } else if (surface() != Surface::Console) {
        const auto executor = co_await net::asio::this_coro::executor;
        BodyPump::Parts parts{
            executor, context_.client, *call_, nullptr, {}, context_.audit.bytes_in};
        pump_ = std::make_shared<BodyPump>(std::move(parts));
        pump_->start();
    }
    co_await receive();
    if (pump_ && accepted_) co_await pump_->join();
    if (pump_ && !accepted_) co_await pump_->abandon();
    transfer_->call = nullptr;
    context_.client.watch(nullptr);
    if (transfer_->used) context_.endpoint->leases.done(transfer_);
}

net::Task<void> Transferring::notAnswered(Error error) {
    const auto client_error = pump_ ? pump_->clientError() : std::nullopt;
    if (context_.client.gone() || client_error) {
        context_.audit.outcome = "cancelled";
        context_.client.abort(client_error.value_or(error));
        co_return;
    }
    const auto outcome = call_->outcome() == http::Outcome::NotDispatched
                             ? http::Outcome::NotDispatched
                             : http::Outcome::Unknown;
    if (outcome == http::Outcome::NotDispatched) transfer_->used = false;
    co_await answerFailure(context_, surface(), error, outcome);
    co_return;
}

net::Task<void> Transferring::receive() {
    auto head = co_await call_->readHead();
    if (!head) {
        co_await notAnswered(head.error());
        co_return;
    }
    if (surface() == Surface::Console && head->status == 101) {
        co_await carryConsole(std::move(*head));
        co_return;
    }
    const bool success = head->status < 300;
    const auto passed = co_await passAnswer(context_, *call_, std::move(*head));
    if (passed) {
        accepted_ = success;
        context_.audit.outcome = std::string(nameOf(http::Outcome::Complete));
        co_return;
    }
    context_.audit.outcome =
        context_.client.gone() ? std::string("cancelled") : std::string(nameOf(call_->outcome()));
    context_.client.abort(passed.error());
}

}  // namespace

net::Task<void> transfer(RequestContext& context, Admitted admitted) {
    Transferring transferring(context, std::move(admitted));
    co_await transferring.run();
}

}  // namespace pcg::proxy
