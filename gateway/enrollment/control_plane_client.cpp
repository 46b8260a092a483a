// SPDX-License-Identifier: Apache-2.0
#include "gateway/enrollment/control_plane_client.h"

#include "common/codec/json.h"
#include "gateway/enrollment/errc.h"

namespace pcg::gateway {
namespace {

using pairing::Refusal;
using pairing::toText;

constexpr std::chrono::milliseconds kAskAgain{1000};

bool succeeded(const http::WholeResponse& response) {
    return response.head.status >= 200 && response.head.status < 300;
}

Refusal refusalOf(const http::WholeResponse& response) {
    return Refusal::parse(response.head.status, asText(response.body));
}

// 5xx and 429 are weather: asking again may help.
bool isWeather(int status) { return status >= 500 || status == 429 || status == 408; }

http::HeaderList offerHeaders(const std::string& token) {
    http::HeaderList headers;
    headers.add("Authorization", std::string(pairing::kOfferAuthorization) + token);
    return headers;
}

std::string offerPath(const pairing::Sid& sid, std::string_view rest) {
    std::string path(pairing::kOffersPath);
    return path.append("/").append(toText(sid)).append(rest);
}

// The same octets, the same key: a repeat is recognised.
std::string idempotencyKey(std::string_view body) { return toText(crypto::sha256(body)); }

Result<Reply<Done>> doneOrRefused(const Result<http::WholeResponse>& response) {
    if (!response) return fail(response.error());
    if (succeeded(*response)) return Reply<Done>(Done{});
    return Reply<Done>(refusalOf(*response));
}

}  // namespace

net::Task<Result<http::WholeResponse>> ControlPlaneClient::call(Request request) {
    http::RequestHead head;
    head.method = request.method;
    head.target = request.path;
    head.headers = request.headers;
    head.headers.add("Accept", "application/json");
    if (!request.body.empty()) {
        head.headers.add("Content-Type", "application/json");
        head.headers.add("Idempotency-Key", idempotencyKey(request.body));
        head.body = http::BodyFraming::ofLength(request.body.size());
    }
    auto response =
        co_await http::callWhole(*caller_, std::move(head), asBytes(request.body), request.limit);
    if (!response) co_return fail(std::move(response).error());
    if (isWeather(response->head.status)) {
        const auto refusal = refusalOf(*response);
        co_return fail(kControlPlane,
                       "the control plane cannot answer now (" + refusal.code +
                           (refusal.detail.empty() ? "" : ": " + refusal.detail) + ")");
    }
    co_return std::move(*response);
}

net::Task<Result<Reply<pairing::OfferReply>>> ControlPlaneClient::offer(std::string raw,
                                                                        std::string signature) {
    Request request{"POST", std::string(pairing::kOffersPath), std::move(raw), {}};
    request.headers.add(std::string(pairing::kOfferSignatureHeader), std::move(signature));
    PCG_CO_TRY(const auto response, co_await call(std::move(request)));
    if (!succeeded(response)) co_return Reply<pairing::OfferReply>(refusalOf(response));
    PCG_CO_TRY(auto reply, pairing::OfferReply::parse(asText(response.body)));
    co_return Reply<pairing::OfferReply>(std::move(reply));
}

net::Task<Result<Reply<Done>>> ControlPlaneClient::withdraw(pairing::Sid sid,
                                                            std::string offerToken) {
    Request request{"DELETE", offerPath(sid, ""), {}, offerHeaders(offerToken)};
    const auto response = co_await call(std::move(request));
    co_return doneOrRefused(response);
}

net::Task<Result<Reply<pairing::EventList>>> ControlPlaneClient::events(pairing::Sid sid,
                                                                        std::string offerToken,
                                                                        std::int64_t after) {
    const auto query = "/events?after=" + std::to_string(after) +
                       "&wait=" + std::to_string(pairing::kLongPoll.count());
    Request request{
        "GET", offerPath(sid, query), {}, offerHeaders(offerToken), pairing::kMaxEventListBytes};
    PCG_CO_TRY(const auto response, co_await call(std::move(request)));
    if (response.head.status == 204) co_return Reply<pairing::EventList>(pairing::EventList{});
    if (!succeeded(response)) co_return Reply<pairing::EventList>(refusalOf(response));
    PCG_CO_TRY(auto list, pairing::EventList::parse(asText(response.body)));
    co_return Reply<pairing::EventList>(std::move(list));
}

net::Task<Result<Reply<Done>>> ControlPlaneClient::send(pairing::Sid sid,
                                                        std::string offerToken,
                                                        pairing::Envelope envelope) {
    Request request{
        "POST", offerPath(sid, "/messages"), envelope.write(), offerHeaders(offerToken)};
    const auto response = co_await call(std::move(request));
    co_return doneOrRefused(response);
}

net::Task<Result<std::variant<pairing::SealedBundle, NotYet, Refusal>>> ControlPlaneClient::enroll(
    pairing::ClaimId claim, std::string body) {
    using Outcome = std::variant<pairing::SealedBundle, NotYet, Refusal>;
    Request request{"PUT",
                    std::string(pairing::kEnrollmentsPath) + "/" + toText(claim),
                    std::move(body),
                    {},
                    pairing::kMaxBundleBytes};
    PCG_CO_TRY(const auto response, co_await call(std::move(request)));
    if (!succeeded(response)) co_return Outcome(refusalOf(response));
    if (response.head.status != 200) {
        const auto later = refusalOf(response).retryAfterMilliseconds.value_or(kAskAgain.count());
        const auto bounded = std::clamp<std::int64_t>(later, 100, 10'000);
        co_return Outcome(NotYet{std::chrono::milliseconds(bounded)});
    }
    PCG_CO_TRY(auto sealed, pairing::SealedBundle::parse(asText(response.body)));
    co_return Outcome(std::move(sealed));
}

net::Task<Result<Reply<Done>>> ControlPlaneClient::acknowledge(pairing::ClaimId claim,
                                                               pairing::Ack ack) {
    Request request{"POST",
                    std::string(pairing::kEnrollmentsPath) + "/" + toText(claim) + "/ack",
                    ack.write(),
                    {}};
    const auto response = co_await call(std::move(request));
    co_return doneOrRefused(response);
}

net::Task<Result<Reply<Done>>> ControlPlaneClient::release(std::string raw, std::string signature) {
    Request request{"POST", std::string(pairing::kReleasePath), std::move(raw), {}};
    request.headers.add(std::string(pairing::kOfferSignatureHeader), std::move(signature));
    const auto response = co_await call(std::move(request));
    co_return doneOrRefused(response);
}

net::Task<Result<Reply<pairing::RenewReply>>> ControlPlaneClient::renew(std::string path,
                                                                        std::string raw,
                                                                        std::string signature) {
    Request request{"POST", std::move(path), std::move(raw), {}};
    request.headers.add(std::string(pairing::kOfferSignatureHeader), std::move(signature));
    PCG_CO_TRY(const auto response, co_await call(std::move(request)));
    if (!succeeded(response)) co_return Reply<pairing::RenewReply>(refusalOf(response));
    PCG_CO_TRY(auto reply, pairing::RenewReply::parse(asText(response.body)));
    co_return Reply<pairing::RenewReply>(std::move(reply));
}

}  // namespace pcg::gateway
