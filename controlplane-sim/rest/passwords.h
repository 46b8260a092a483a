// SPDX-License-Identifier: Apache-2.0
// Passwords: how they are kept (scrypt, RFC 7914) and what may be one.
//
// Hashing takes a tenth of a second and 32 MiB on purpose, so it has a thread of its own,
// `pcg-passwords`: neither the loop nor the storage waits for it. At most kQueued wait, more are
// refused with api.sign_in_busy. hash() and matches() on the loop.
#pragma once

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/secret.h"
#include "common/net/asio.h"
#include "controlplane-sim/rest/refusal.h"

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace pcg::controlplane::rest {

inline constexpr std::size_t kMinPasswordBytes = 12;
inline constexpr std::size_t kMaxPasswordBytes = 256;

// A new password: long enough, not absurdly long, and not the name it belongs to. `field` is named
// in the refusal.
Checked<> checkNewPassword(std::string_view field,
                           std::string_view password,
                           std::string_view username);

// 256 random bits as text, for passwords and tokens that are shown once.
std::string randomSecret(Random& random);

class Passwords {
  public:
    static constexpr std::size_t kQueued = 16;

    explicit Passwords(Random& random);
    ~Passwords();  // finishes what is running
    Passwords(const Passwords&) = delete;
    Passwords& operator=(const Passwords&) = delete;

    // "scrypt$N$r$p$salt$hash", so that the cost can be raised later.
    net::Task<Checked<std::string>> hash(Secret password);

    // An empty `stored` belongs to nobody: it takes the same time, and never matches.
    net::Task<Checked<bool>> matches(Secret password, std::string stored);

  private:
    net::Task<Checked<>> run(std::function<void()> work);

    Random& random_;
    std::atomic<std::size_t> waiting_{0};
    net::Loop jobs_{1};
    net::asio::executor_work_guard<net::Executor> busy_;
    std::jthread thread_;
};

}  // namespace pcg::controlplane::rest
