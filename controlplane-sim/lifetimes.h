// SPDX-License-Identifier: Apache-2.0
// How long a gateway's papers are good. A gateway asks for the next token after a third of its
// life, and for the next certificate after two thirds, so both are renewed many times before one
// matters.
#pragma once

#include <chrono>
#include <cstdint>

namespace pcg::controlplane {

struct Lifetimes {
    std::chrono::seconds token = std::chrono::hours{24};
    std::chrono::seconds certificate = std::chrono::days{30};
};

// Shorter ones cannot be renewed in time, longer ones would outlive what they were given for.
inline constexpr std::chrono::seconds kMinLifetime{20};
inline constexpr std::chrono::seconds kMaxTokenLifetime = std::chrono::hours{24};
inline constexpr std::chrono::seconds kMaxCertificateLifetime = std::chrono::days{90};

// How many entries the log of what was issued keeps.
inline constexpr std::int64_t kIssuanceLogRows = 200'000;

}  // namespace pcg::controlplane
