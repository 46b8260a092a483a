// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/endpoints/gateway_calls.h"

#include "common/base/secret.h"
#include "common/net/deadline.h"

namespace pcg::controlplane {
namespace {

// Longer than a gateway may look at an endpoint: a handshake, a question and a login.
constexpr std::chrono::seconds kAnswerWithin{40};
constexpr ByteCount kMaxAnswer = 512_KiB;
constexpr std::size_t kBufferBytes = 16 * 1024;

Error silent() {
    return {kGatewaySilent,
            "The gateway did not answer. What was asked may have been done: look at the list "
            "before you ask again."};
}

net::Task<Result<GatewayAnswer>> converse(http::Call& call, std::string request) {
    const auto octets = asBytes(request);
    Result<> written;
    if (!request.empty()) written = co_await call.writeBody(octets);
    wipe(request);  // it may hold the secret of an access key
    PCG_CO_CHECK(written);
    PCG_CO_CHECK(co_await call.finishRequest());
    PCG_CO_TRY(const auto head, co_await call.readHead());
    std::string text;
    Bytes buffer(kBufferBytes);
    for (;;) {
        PCG_CO_TRY(const auto count, co_await call.readBody(buffer));
        if (count == 0) break;
        text += asText(BytesView(buffer).first(count));
        if (text.size() > kMaxAnswer) co_return fail(silent());
    }
    GatewayAnswer answer{head.status, {}};
    if (!text.empty()) {
        auto body = codec::json::parseObject(text, kMaxAnswer);
        wipe(MutableBytes(buffer));
        wipe(text);  // it may hold the password of a new access key
        if (!body) co_return fail(silent());
        answer.body = std::move(*body);
    }
    co_return answer;
}

}  // namespace

net::Task<Result<GatewayAnswer>> askGateway(net::Executor executor,
                                            std::shared_ptr<http::Caller> caller,
                                            GatewayRequest request) {
    auto body = request.body.size() > 0 ? codec::json::write(request.body) : std::string();
    http::RequestHead head{std::move(request.method), std::move(request.target), {}, {}};
    head.headers.add("Host", "gateway");
    head.headers.add("Pcg-Actor", std::move(request.actor));
    if (!body.empty()) {
        head.headers.add("Content-Type", "application/json");
        head.body = http::BodyFraming::ofLength(body.size());
    }
    auto started = co_await caller->start(std::move(head));
    if (!started) {
        co_return fail(kGatewayOffline,
                       "The gateway does not answer now (" + started.error().message() +
                           "), and nothing was done. Try again when it is online.");
    }
    auto& call = **started;
    const net::Deadline deadline(executor, kAnswerWithin, [&call] { call.cancel(); });
    auto answer = co_await converse(call, std::move(body));
    if (answer) co_return answer;
    if (call.outcome() == http::Outcome::NotDispatched) {
        co_return fail(kGatewayOffline,
                       "The gateway is not connected, and nothing was done. Try again when it is "
                       "online.");
    }
    co_return fail(silent());
}

}  // namespace pcg::controlplane
