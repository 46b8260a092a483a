// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/maas_forward.h"

#include "common/base/text.h"
#include "common/log/log.h"
#include "common/oauth/signature.h"
#include "vcenter-proxy/endpoint/headers.h"
#include "vcenter-proxy/endpoint/maas/api_key.h"
#include "vcenter-proxy/endpoint/own_call.h"
#include "vcenter-proxy/errc.h"
#include "vcenter-proxy/phases/answer_failure.h"
#include "vcenter-proxy/phases/body_pump.h"
#include "vcenter-proxy/phases/forward.h"

#include <algorithm>
#include <array>

namespace pcg::proxy::maas {
namespace {

constexpr log::Logger kLog("proxy");
constexpr std::size_t kErrorLimit = 64 * 1024;
constexpr std::size_t kDescriptionLimit = 4 * 1024 * 1024;

// Not Accept-Encoding: the gateway looks for secrets in what MAAS says.
constexpr std::array<std::string_view, 6> kFields{
    "accept", "accept-language", "content-type", "user-agent", "maas-trace-id", "x-request-id"};

bool isPassed(std::string_view name) {
    return std::any_of(kFields.begin(), kFields.end(), [&](std::string_view field) {
        return equalsIgnoreCaseAscii(field, name);
    });
}

// Nothing if the body is longer than `limit`.
net::Task<Result<std::optional<Bytes>>> readWhole(http::Call& call, std::size_t limit) {
    Bytes whole;
    Bytes buffer(16 * 1024);
    while (true) {
        PCG_CO_TRY(const std::size_t count, co_await call.readBody(buffer));
        if (count == 0) break;
        if (whole.size() + count > limit) co_return std::optional<Bytes>();
        append(whole, BytesView(buffer).first(count));
    }
    co_return std::optional<Bytes>(std::move(whole));
}

class Forwarding {
  public:
    Forwarding(RequestContext& context, std::shared_ptr<const AuthorizedCall> call)
        : context_(context), authorized_(std::move(call)) {}

    net::Task<void> run();

  private:
    Result<> fetchKey(Result<Credential> credential);
    http::RequestHead headForMaas();
    net::Task<void> sendBody();
    net::Task<void> receive();
    net::Task<Result<>> pass(http::ResponseHead head);
    net::Task<Result<>> passError(http::ResponseHead head);
    net::Task<Result<>> passDescription(http::ResponseHead head);
    net::Task<Result<>> passWhole(http::ResponseHead head, BytesView body);
    net::Task<void> rejected();
    net::Task<void> failed(Error error);

    RequestContext& context_;
    std::shared_ptr<const AuthorizedCall> authorized_;
    std::optional<oauth::ApiKey> key_;
    std::unique_ptr<http::Call> call_;
    std::shared_ptr<BodyPump> pump_;
    bool accepted_ = false;
};

Result<> Forwarding::fetchKey(Result<Credential> credential) {
    if (!credential) return fail(credential.error());
    key_ = PCG_TRY(apiKeyOf(*credential));
    return {};
}

http::RequestHead Forwarding::headForMaas() {
    const auto& from = context_.client.request();
    auto fields = from.headers;
    http::removeHopByHop(fields);
    http::RequestHead head;
    head.method = from.method;
    head.target = authorized_->target().forwarded();
    head.headers.add("Host", context_.endpoint->config.authority);
    for (const auto& field : fields) {
        if (isPassed(field.name)) head.headers.add(field.name, field.value);
    }
    if (key_) {
        head.headers.add("Authorization",
                         oauth::plaintextAuthorization(
                             *key_, context_.services.clock.wallNow(), context_.services.random));
    }
    const auto& body = authorized_->form().forwarded;
    head.body = authorized_->target().door == Door::Upload ? from.body
                : from.body.kind == http::BodyFraming::Kind::None
                    ? http::BodyFraming::none()
                    : http::BodyFraming::ofLength(body.size());
    return head;
}

net::Task<void> Forwarding::run() {
    if (authorized_->needsCredential()) {
        auto credential = co_await storedCredential(context_.services.vault, context_.endpoint);
        const auto fetched = fetchKey(std::move(credential));
        if (!fetched) {
            co_await answerFailure(
                context_, Surface::Maas, fetched.error(), http::Outcome::NotDispatched);
            co_return;
        }
    }
    auto head = headForMaas();
    auto call = co_await startCall(context_, std::move(head));
    if (!call) {
        co_await answerFailure(context_, Surface::Maas, call.error(), http::Outcome::NotDispatched);
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
    if (authorized_->target().door == Door::Upload) {
        const auto executor = co_await net::asio::this_coro::executor;
        BodyPump::Parts parts{executor, context_.client, *call_, nullptr, {}, 0};
        pump_ = std::make_shared<BodyPump>(std::move(parts));
        pump_->start();
        co_return;
    }
    // A failed write is not the end: MAAS may have answered and stopped reading.
    const auto body = asBytes(authorized_->form().forwarded);
    auto written = Result<>();
    if (!body.empty()) written = co_await call_->writeBody(body);
    if (written) co_await call_->finishRequest();
}

net::Task<void> Forwarding::receive() {
    auto head = co_await call_->readHead();
    if (!head) {
        co_await failed(head.error());
        co_return;
    }
    if (head->status == 401 && key_) {
        co_await rejected();
        co_return;
    }
    const bool success = head->status < 300;
    const auto passed = co_await pass(std::move(*head));
    if (passed) {
        accepted_ = success;
        context_.audit.outcome = std::string(nameOf(http::Outcome::Complete));
        co_return;
    }
    context_.audit.outcome =
        context_.client.gone() ? std::string("cancelled") : std::string(nameOf(call_->outcome()));
    context_.client.abort(passed.error());
}

net::Task<Result<>> Forwarding::pass(http::ResponseHead head) {
    if (head.status >= 400) co_return co_await passError(std::move(head));
    if (head.status == 200 && authorized_->target().isDescription()) {
        co_return co_await passDescription(std::move(head));
    }
    co_return co_await passAnswer(context_, *call_, std::move(head));
}

net::Task<Result<>> Forwarding::passWhole(http::ResponseHead head, BytesView body) {
    head.headers = headersForClient(
        std::move(head.headers), context_.endpoint->config.authority, context_.client.host());
    const bool head_only = context_.client.request().method == "HEAD";
    head.body = http::BodyFraming::ofLength(body.size());
    PCG_CO_CHECK(co_await context_.client.respond(std::move(head)));
    if (!body.empty() && !head_only) PCG_CO_CHECK(co_await context_.client.writeBody(body));
    co_return co_await context_.client.finish();
}

// Clients compare these texts, so they stay as they are, unless the gateway's secret is in them.
net::Task<Result<>> Forwarding::passError(http::ResponseHead head) {
    PCG_CO_TRY(auto body, co_await readWhole(*call_, kErrorLimit));
    const auto* coding = head.headers.find("content-encoding");
    const bool readable = coding == nullptr || equalsIgnoreCaseAscii(*coding, "identity");
    const bool clean =
        body && readable &&
        (!key_ || asText(*body).find(key_->secret.revealText()) == std::string_view::npos);
    if (clean) co_return co_await passWhole(std::move(head), *body);
    kLog.warn("proxy.error_text_withheld",
              {{"request_id", context_.audit.request_id}, {"status", head.status}});
    head.headers.remove("content-encoding");
    head.headers.set("Content-Type", "text/plain; charset=utf-8");
    constexpr std::string_view kWithheld =
        "The gateway does not pass on what MAAS said to this: it is too long, or holds a secret.";
    const auto text = asBytes(kWithheld);
    co_return co_await passWhole(std::move(head), text);
}

net::Task<Result<>> Forwarding::passDescription(http::ResponseHead head) {
    PCG_CO_TRY(const auto body, co_await readWhole(*call_, kDescriptionLimit));
    if (!body) co_return fail(errc::kNotAMaas, "the description of the API is longer than 4 MiB");
    const auto text = describedFor(asText(*body), context_.client.host());
    const auto bytes = asBytes(text);
    co_return co_await passWhole(std::move(head), bytes);
}

// What MAAS said may hold the secret that it expected: not a byte of it is read.
net::Task<void> Forwarding::rejected() {
    call_->cancel();
    context_.endpoint->credentials_proven.reset();
    const Error error(errc::kCredentialsRejected,
                      context_.endpoint->config.name +
                          " rejected the API key stored in the gateway (your access key is right). "
                          "The data-center admin must set it again with pcgctl endpoint "
                          "credentials, or the gateway's clock is slow");
    co_await answerFailure(context_, Surface::Maas, error, http::Outcome::NotDispatched);
}

net::Task<void> Forwarding::failed(Error error) {
    const auto outcome = call_->outcome() == http::Outcome::NotDispatched
                             ? http::Outcome::NotDispatched
                             : http::Outcome::Unknown;
    const auto client_error = pump_ ? pump_->clientError() : std::nullopt;
    if (context_.client.gone() || client_error) {
        context_.audit.outcome = "cancelled";
        context_.client.abort(client_error.value_or(error));
        co_return;
    }
    co_await answerFailure(context_, Surface::Maas, std::move(error), outcome);
}

}  // namespace

net::Task<void> forward(RequestContext& context, std::shared_ptr<const AuthorizedCall> call) {
    Forwarding forwarding(context, std::move(call));
    co_await forwarding.run();
}

}  // namespace pcg::proxy::maas
