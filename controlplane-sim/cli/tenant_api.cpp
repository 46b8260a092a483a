// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/cli/tenant_api.h"

#include "controlplane-sim/cli/command_line.h"

namespace pcg::controlplane::cli {
namespace {

using pairing::toText;

std::string claimPath(const pairing::ClaimId& claim, std::string_view rest) {
    return std::string(pairing::kClaimsPath) + "/" + toText(claim) + std::string(rest);
}

}  // namespace

Error refusalOf(const http::WholeResponse& response) {
    const auto refusal = pairing::Refusal::parse(response.head.status, asText(response.body));
    if (response.head.status == 401) {
        return {kToken, "the control plane does not accept the token; look at --token-file"};
    }
    auto sentence = refusal.detail.empty() ? "the control plane refused (" + refusal.code + ")"
                                           : refusal.detail;
    if (refusal.retryAfterMilliseconds) {
        sentence += "; try again in " +
                    std::to_string((*refusal.retryAfterMilliseconds + 999) / 1000) + " s";
    }
    const auto status = response.head.status;
    if (status == 403) return {kNotAllowed, std::move(sentence)};
    if (status == 404) return {kNoSuchThing, std::move(sentence)};
    if (status == 409 || status == 412) return {kConflict, std::move(sentence)};
    if (status == 408 || status == 429 || status >= 500) return {kTryLater, std::move(sentence)};
    return {kRefused, std::move(sentence)};
}

int exitCodeOf(const Error& error) {
    if (error.is(kUsage)) return 2;
    if (error.is(kToken) || error.is(kNotAllowed)) return 3;
    if (error.is(kNoSuchThing)) return 4;
    if (error.is(kConflict)) return 5;
    return 1;
}

net::Task<Result<http::WholeResponse>> TenantApi::call(Request request) {
    http::RequestHead head;
    head.method = std::move(request.method);
    head.target = std::move(request.path);
    head.headers.add("Authorization", "Bearer " + std::string(token_.revealText()));
    head.headers.add("Accept", "application/json");
    if (!request.body.empty()) {
        head.headers.add("Content-Type", "application/json");
        head.body = http::BodyFraming::ofLength(request.body.size());
    }
    if (!request.idempotencyKey.empty())
        head.headers.add("Idempotency-Key", request.idempotencyKey);
    auto response =
        co_await http::callWhole(*caller_, std::move(head), asBytes(request.body), request.limit);
    if (!response) co_return fail(std::move(response).error());
    if (request.claims && response->head.status == 404) {
        co_return fail(
            kNoSuchCode,
            "no gateway can be paired with this code now: it expired, it was used, or somebody "
            "is using it. Read the gateway's console again");
    }
    if (response->head.status < 200 || response->head.status > 299)
        co_return fail(refusalOf(*response));
    co_return std::move(*response);
}

net::Task<Result<TenantApi::Me>> TenantApi::me() {
    Request request{"GET", "/api/v1/me", {}, {}};
    PCG_CO_TRY(const auto response, co_await call(std::move(request)));
    PCG_CO_TRY(const auto object, codec::json::parseObject(asText(response.body)));
    PCG_CO_TRY(const auto* tenant, object.object("tenant"));
    Me me;
    PCG_CO_TRY(me.tenantId, tenant->string("id", 64));
    PCG_CO_TRY(me.tenantName, tenant->string("name", 1024));
    co_return me;
}

net::Task<Result<pairing::ClaimReply>> TenantApi::claim(pairing::ClaimRequest claimRequest,
                                                        std::string idempotencyKey) {
    Request request{
        "POST", std::string(pairing::kClaimsPath), claimRequest.write(), std::move(idempotencyKey)};
    request.claims = true;
    PCG_CO_TRY(const auto response, co_await call(std::move(request)));
    co_return pairing::ClaimReply::parse(asText(response.body));
}

net::Task<Result<pairing::EventList>> TenantApi::events(pairing::ClaimId claim,
                                                        std::int64_t after) {
    const auto query = "/events?after=" + std::to_string(after) +
                       "&wait=" + std::to_string(pairing::kLongPoll.count());
    Request request{"GET", claimPath(claim, query), {}, {}, pairing::kMaxEventListBytes};
    PCG_CO_TRY(const auto response, co_await call(std::move(request)));
    if (response.head.status == 204) co_return pairing::EventList{};
    co_return pairing::EventList::parse(asText(response.body));
}

net::Task<Result<>> TenantApi::send(pairing::ClaimId claim, pairing::Envelope envelope) {
    return deliver(claimPath(claim, "/messages"), envelope.write());
}

net::Task<Result<>> TenantApi::approve(pairing::ClaimId claim, pairing::Approval approval) {
    return deliver(claimPath(claim, "/approve"), approval.write());
}

net::Task<Result<>> TenantApi::deliver(std::string path, std::string body) {
    for (int attempt = 1;; ++attempt) {
        Request request{"POST", path, body, {}};
        const auto response = co_await call(std::move(request));
        if (response) co_return Result<>();
        if (response.error().isInput() || attempt == patience_.tries)
            co_return fail(response.error());
        net::Timer pause(co_await net::asio::this_coro::executor, patience_.pause);
        co_await pause.async_wait(net::kAwaitTuple);
    }
}

net::Task<Result<>> TenantApi::withdraw(pairing::ClaimId claim) {
    Request request{"DELETE", claimPath(claim, ""), {}, {}};
    const auto response = co_await call(std::move(request));
    if (!response) co_return fail(response.error());
    co_return Result<>();
}

}  // namespace pcg::controlplane::cli
