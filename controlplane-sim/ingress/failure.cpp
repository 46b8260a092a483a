// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/ingress/failure.h"

#include "common/base/text.h"
#include "common/http/problem.h"
#include "common/wire/errc.h"
#include "controlplane-sim/budget/budgets.h"

#include <utility>

namespace pcg::controlplane {
namespace {

constexpr auto kRetryAfter = std::chrono::seconds(5);

std::string escapeXml(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '<':
                escaped += "&lt;";
                break;
            case '>':
                escaped += "&gt;";
                break;
            case '&':
                escaped += "&amp;";
                break;
            default:
                escaped += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        }
    }
    return escaped;
}

std::string soapFault(std::string_view text) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<soapenv:Envelope "
           "xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Body>"
           "<soapenv:Fault><faultcode>soapenv:Server</faultcode><faultstring>" +
           escapeXml(text) + "</faultstring></soapenv:Fault></soapenv:Body></soapenv:Envelope>\n";
}

int statusFor(const Error& error, http::Outcome outcome) {
    if (error.is(wire::kTooLarge)) return 431;
    if (error.is(kOverBudget)) return 429;
    if (error.isInput() && outcome == http::Outcome::NotDispatched) return 400;
    return outcome == http::Outcome::NotDispatched ? 503 : 504;
}

std::string sentenceFor(const Error& error, http::Outcome outcome) {
    if (error.isInput()) return error.message();
    if (error.is(kOverBudget))
        return "The request was not executed: " + error.message() + " Ask again in a second.";
    if (outcome == http::Outcome::NotDispatched)
        return "The request did not reach the data center and was not executed: " +
               error.message() + " Ask again in a few seconds.";
    return "The connection to the data center broke while the request was under way, and it may "
           "have been "
           "executed: " +
           error.message() + " Look at the state of the object before you ask again.";
}

}  // namespace

bool isSoap(const http::RequestHead& request) {
    if (request.headers.find("SOAPAction") != nullptr) return true;
    const auto* type = request.headers.find("Content-Type");
    if (type == nullptr) return false;
    const auto lowered = toLowerAscii(*type);
    return lowered.starts_with("text/xml") || lowered.starts_with("application/soap+xml");
}

FailureAnswer answerOf(const http::RequestHead& request,
                       const Error& error,
                       http::Outcome outcome) {
    const auto status = statusFor(error, outcome);
    const auto sentence = sentenceFor(error, outcome);
    FailureAnswer answer;
    answer.head.headers.add(std::string(kOutcomeField), std::string(nameOf(outcome)));
    answer.head.headers.add("Cache-Control", "no-store");
    if (status == 429) answer.head.headers.add("Retry-After", "1");
    if (status == 503) answer.head.headers.add("Retry-After", std::to_string(kRetryAfter.count()));
    if (isSoap(request) && status != 429) {
        answer.head.status = 500;
        answer.head.headers.add("Content-Type", "text/xml; charset=utf-8");
        answer.body = soapFault(sentence);
    } else {
        answer.head.status = status;
        answer.head.headers.add("Content-Type", "application/problem+json");
        answer.body = http::problemBody({.status = status,
                                         .code = std::string(error.code().name()),
                                         .detail = sentence,
                                         .retryAfter = {}});
    }
    return answer;
}

net::Task<void> answerFailure(http::Exchange& exchange, Error error, http::Outcome outcome) {
    if (exchange.responded()) {
        exchange.abort(error);
        co_return;
    }
    auto answer = answerOf(exchange.request(), error, outcome);
    const auto sent =
        co_await http::respondWhole(exchange, std::move(answer.head), asBytes(answer.body));
    if (!sent) exchange.abort(error);
}

}  // namespace pcg::controlplane
