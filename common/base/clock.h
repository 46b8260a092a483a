// SPDX-License-Identifier: Apache-2.0
// Time, injected. Waiting and lifetimes use the steady clock; the wall clock is for people and
// certificates.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace pcg {

using SteadyTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

class Clock {
  public:
    virtual ~Clock() = default;
    virtual SteadyTime now() const = 0;
    virtual WallTime wallNow() const = 0;
};

class SystemClock final : public Clock {
  public:
    SteadyTime now() const override { return std::chrono::steady_clock::now(); }

    WallTime wallNow() const override { return std::chrono::system_clock::now(); }
};

std::int64_t toUnixMilliseconds(WallTime time);
WallTime fromUnixMilliseconds(std::int64_t milliseconds);
std::string toRfc3339(WallTime time);  // UTC with milliseconds: 2026-11-21T21:26:33.042Z

}  // namespace pcg
