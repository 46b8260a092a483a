// SPDX-License-Identifier: Apache-2.0
// What the gateway and the egress process say to each other, a line of JSON each:
//   {"host":"pair.example.com","port":443,"limit_ms":10000}
//   {"connected":true}, and with its first octet the socket itself (SCM_RIGHTS, unix(7))
//   {"code":"net.refused","message":"..."}
// One question and one answer a connection. No I/O.
#pragma once

#include "common/base/result.h"
#include "common/net/connect.h"

#include <chrono>
#include <string>
#include <string_view>

namespace pcg::egress {

inline constexpr std::size_t kMaxQuestion = 1024;
inline constexpr std::size_t kMaxAnswer = 4096;
inline constexpr std::chrono::milliseconds kLongest{60'000};

struct Question {
    net::Target target;
    std::chrono::milliseconds limit{0};  // 1 ms to kLongest

    friend bool operator==(const Question&, const Question&) = default;
};

// With the line's end.
std::string write(const Question& question);
std::string writeConnected();
std::string writeRefused(const Error& why);

// Without it. egress.bad_request.
Result<Question> parseQuestion(std::string_view line);

// Nothing: connected. The error that the other side met; egress.unavailable for what is no answer.
Result<> parseAnswer(std::string_view line);

}  // namespace pcg::egress
