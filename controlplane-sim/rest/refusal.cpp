// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/refusal.h"

#include "common/codec/json.h"
#include "common/http/problem.h"
#include "common/store/errc.h"
#include "controlplane-sim/tenancy/errc.h"

namespace pcg::controlplane::rest {
namespace {

constexpr std::chrono::seconds kStorageRetry{1};

int statusFor(const Error& error) {
    if (error.is(kUnauthenticated)) return 401;
    if (error.is(kCsrf)) return 403;
    if (error.is(kNotFound)) return 404;
    if (error.is(kNameTaken) || error.is(kGatewayBound) || error.is(kLastAdmin) ||
        error.is(kTooMany)) {
        return 409;
    }
    return http::statusOf(error);
}

}  // namespace

Refusal::Refusal(const Error& error)
    : status(statusFor(error)), code(error.code().name()), detail(error.message()) {
    if (error.is(store::kBusy)) retryAfter = kStorageRetry;
}

tl::unexpected<Refusal> refuseField(std::string_view field, std::string why) {
    return tl::unexpected<Refusal>(Refusal(400, "api.field", std::move(why), std::string(field)));
}

tl::unexpected<Refusal> refuseFlood(std::string_view code,
                                    std::string detail,
                                    std::chrono::milliseconds retryAfter) {
    Refusal refusal(429, code, std::move(detail));
    refusal.retryAfter = retryAfter;
    return tl::unexpected<Refusal>(std::move(refusal));
}

std::string problemText(const Refusal& refusal) {
    codec::json::Object problem;
    problem.set("type", "about:blank")
        .set("title", http::standardReason(refusal.status))
        .set("status", refusal.status)
        .set("code", refusal.code)
        .set("detail", refusal.detail);
    if (!refusal.field.empty()) problem.set("field", refusal.field);
    if (refusal.retryAfter) problem.set("retry_after_ms", refusal.retryAfter->count());
    return codec::json::write(problem);
}

}  // namespace pcg::controlplane::rest
