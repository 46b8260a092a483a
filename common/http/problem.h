// SPDX-License-Identifier: Apache-2.0
// Errors of an HTTP API as application/problem+json (RFC 9457), with the stable error name as
// "code".
#pragma once

#include "common/http/exchange.h"

#include <chrono>
#include <optional>
#include <string>

namespace pcg::http {

struct Problem {
    int status = 500;
    std::string code;    // "pairing.code_length"
    std::string detail;  // a sentence for a person
    std::optional<std::chrono::milliseconds> retryAfter;
};

// 4xx for input, 5xx for weather; errors of this module have their own status.
int statusOf(const Error& error);
Problem problemOf(const Error& error);

std::string problemBody(const Problem& problem);
net::Task<Result<>> respondProblem(Exchange& exchange, Problem problem);

std::string_view standardReason(int status);

// JSON string with its quotes.
std::string jsonQuote(std::string_view text);

}  // namespace pcg::http
