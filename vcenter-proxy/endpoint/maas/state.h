// SPDX-License-Identifier: Apache-2.0
// What the gateway remembers of one MAAS while it runs: nonces that were used, and who waits for a
// turn. Loop thread only.
#pragma once

#include "common/base/bytes.h"
#include "vcenter-proxy/endpoint/turnstile.h"

#include <cstdint>
#include <map>
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

// MAAS has few workers: so many requests are there at once, others wait in line.
inline constexpr std::size_t kRequestsAtOnce = 16;

struct State {
    Nonces nonces;
    Turnstile turnstile{kRequestsAtOnce};
    ByteCount form_bytes = 0;  // held by forms that are being read or sent
};

}  // namespace pcg::proxy::maas
