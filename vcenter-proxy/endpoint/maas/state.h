// SPDX-License-Identifier: Apache-2.0
// What the gateway remembers of one MAAS while it runs: nonces that were used, and who waits for a
// turn. Loop thread only.
#pragma once

#include "common/base/bytes.h"
#include "common/net/asio.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string_view>

namespace pcg::proxy::maas {

// A request may come once. A nonce is remembered for as long as its timestamp would be accepted;
// what is full refuses instead of forgetting.
class Nonces {
  public:
    static constexpr std::size_t kMost = 100'000;

    enum class Taken { Fresh, Used, Full };

    // `expires` and `now` in Unix seconds.
    Taken take(std::string_view key,
               std::string_view nonce,
               std::int64_t expires,
               std::int64_t now);

    std::size_t size() const { return known_.size(); }

  private:
    using Mark = ByteArray<16>;

    std::set<Mark> known_;
    std::multimap<std::int64_t, Mark> by_expiry_;
};

// At most so many requests at MAAS at once: it has few workers. Others wait in line.
class Turnstile {
  public:
    static constexpr std::size_t kAtOnce = 16;
    static constexpr std::size_t kMostWaiting = 512;

    // False: nobody left in time, or the line is too long. Who got true calls leave().
    net::Task<bool> enter(std::chrono::milliseconds patience);
    void leave();

    std::size_t inside() const { return inside_; }

  private:
    struct Waiter;

    std::size_t inside_ = 0;
    std::deque<std::shared_ptr<Waiter>> line_;
};

struct State {
    Nonces nonces;
    Turnstile turnstile;
    ByteCount form_bytes = 0;  // held by forms that are being read or sent
};

}  // namespace pcg::proxy::maas
