// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/phases/answer_failure.h"

#include "common/log/log.h"
#include "vcenter-proxy/endpoint/rest_text.h"
#include "vcenter-proxy/errc.h"

namespace pcg::proxy {
namespace {

constexpr log::Logger kLog("proxy");

constexpr std::string_view kHowToTrust =
    ". On the gateway: pcgctl endpoint add ... --pin-sha256 HEX, or --ca-file FILE";

Error explain(const Endpoint& endpoint, const Error& cause, http::Outcome outcome) {
    // Errors of this module are sentences already.
    if (cause.code().name().starts_with("proxy.")) return cause;
    const std::string name = endpoint.config.name + " (" + endpoint.config.authority + ")";
    if (outcome == http::Outcome::NotDispatched) {
        std::string text = "the gateway could not reach " + name + ": " + cause.message();
        if (cause.code().name().starts_with("net.tls_")) text += kHowToTrust;
        return {errc::kUpstreamUnreachable, std::move(text)};
    }
    return {errc::kOutcomeUnknown,
            "the connection to " + name +
                " broke before the answer came; the call may have run: " + cause.message()};
}

}  // namespace

net::Task<void> answerFailure(RequestContext& context,
                              Surface surface,
                              Error error,
                              http::Outcome outcome) {
    const Error why = explain(*context.endpoint, error, outcome);
    if (const auto left_out = context.endpoint->failure_lines.next()) {
        kLog.failure(log::Level::Error,
                     "proxy.failed",
                     why,
                     {{"request_id", context.audit.request_id},
                      {"endpoint", context.endpoint->config.name},
                      {"method", context.audit.method},
                      {"outcome", nameOf(outcome)},
                      {"left_out", *left_out}});
    }
    const int status = outcome == http::Outcome::NotDispatched ? 503 : 504;
    if (isSoap(surface)) {
        Fault fault;
        fault.text = why.message();
        co_await context.client.answerFault(status, std::move(fault), why, outcome);
        co_return;
    }
    if (isRest(surface)) {
        const auto door = surface == Surface::Api ? RestDoor::Api : RestDoor::Rest;
        auto body = restErrorBody(door, status, why.message());
        co_await context.client.answerJson(status, std::move(body), why, outcome);
        co_return;
    }
    if (surface == Surface::Maas) {
        co_await context.client.answerText(status, why.message(), why, outcome);
        co_return;
    }
    co_await context.client.answerProblem(status, why, outcome);
}

}  // namespace pcg::proxy
