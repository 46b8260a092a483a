// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/relay/pairing_http.h"

#include "common/http/problem.h"
#include "controlplane-sim/tenancy/errc.h"

namespace pcg::controlplane {

namespace {

net::Task<void> send(http::Exchange& exchange, int status, std::string type, std::string body) {
    http::ResponseHead head;
    head.status = status;
    if (!type.empty()) head.headers.add("Content-Type", std::move(type));
    head.headers.add("Cache-Control", "no-store");
    const BytesView octets = asBytes(body);
    // The client may be gone; there is nobody else to tell.
    co_await http::respondWhole(exchange, std::move(head), octets);
}

}  // namespace

net::Task<void> sendJson(http::Exchange& exchange, int status, std::string body) {
    return send(exchange, status, "application/json", std::move(body));
}

net::Task<void> sendNothing(http::Exchange& exchange, int status) {
    return send(exchange, status, {}, {});
}

net::Task<void> sendRefusal(http::Exchange& exchange, pairing::Refusal refusal) {
    return send(exchange, refusal.status, "application/problem+json", refusal.write());
}

net::Task<Answer<std::string>> readMessage(http::Exchange& exchange) {
    auto body = co_await http::readWholeBody(exchange, pairing::kMaxMessageBytes);
    if (!body) co_return tl::unexpected(refusalOf(body.error()));
    co_return std::string(asText(*body));
}

pairing::Refusal refusalOf(const Error& error) {
    pairing::Refusal refusal;
    refusal.status =
        error.is(kUnauthenticated)                                                       ? 401
        : error.is(kCsrf)                                                                ? 403
        : error.is(kNotFound)                                                            ? 404
        : error.is(kGatewayBound) || error.is(kEnrollmentMismatch) || error.is(kTooMany) ? 409
        : error.is(kEnrollmentOver)                                                      ? 410
                                    : http::statusOf(error);
    refusal.code = error.is(kGatewayBound)         ? pairing::refusal::kGatewayBound
                   : error.is(kEnrollmentMismatch) ? pairing::refusal::kMismatch
                   : error.is(kEnrollmentOver)     ? pairing::refusal::kGone
                                                   : error.code().name();
    refusal.detail = error.message();
    return refusal;
}

}  // namespace pcg::controlplane
