// SPDX-License-Identifier: Apache-2.0
#include "common/http/problem.h"

#include "common/base/json_text.h"
#include "common/http/errc.h"

#include <array>
#include <utility>

namespace pcg::http {

namespace {

using StatusName = std::pair<int, std::string_view>;

constexpr std::array<StatusName, 40> kReasons{{
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {407, "Proxy Authentication Required"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
}};

constexpr std::array<std::pair<ErrorCode, int>, 8> kStatuses{{
    {kBadVersion, 505},
    {kTargetTooLong, 414},
    {kHeadTooLarge, 431},
    {kForeignHost, 421},
    {kBadExpect, 417},
    {kBodyTooLarge, 413},
    {kTimeout, 504},
    {kHeadTimeout, 408},
}};

}  // namespace

std::string_view standardReason(int status) {
    for (const auto& [code, reason] : kReasons) {
        if (code == status) return reason;
    }
    return "Unknown";
}

int statusOf(const Error& error) {
    for (const auto& [code, status] : kStatuses) {
        if (error.is(code)) return status;
    }
    return error.isInput() ? 400 : 503;
}

Problem problemOf(const Error& error) {
    return Problem{
        statusOf(error), std::string(error.code().name()), error.message(), std::nullopt};
}

std::string jsonQuote(std::string_view text) {
    std::string out = "\"";
    appendJsonEscaped(out, text);
    return out += '"';
}

std::string problemBody(const Problem& problem) {
    std::string body =
        "{\"type\":\"about:blank\",\"title\":" + jsonQuote(standardReason(problem.status)) +
        ",\"status\":" + std::to_string(problem.status) + ",\"code\":" + jsonQuote(problem.code) +
        ",\"detail\":" + jsonQuote(problem.detail);
    if (problem.retryAfter)
        body += ",\"retry_after_ms\":" + std::to_string(problem.retryAfter->count());
    return body += "}";
}

net::Task<Result<>> respondProblem(Exchange& exchange, Problem problem) {
    ResponseHead head;
    head.status = problem.status;
    head.headers.add("Content-Type", "application/problem+json");
    head.headers.add("Cache-Control", "no-store");
    if (problem.retryAfter) {
        const auto seconds = std::chrono::ceil<std::chrono::seconds>(*problem.retryAfter).count();
        head.headers.add("Retry-After", std::to_string(seconds));
    }
    const std::string body = problemBody(problem);
    const BytesView octets = asBytes(body);
    co_return co_await respondWhole(exchange, std::move(head), octets);
}

}  // namespace pcg::http
