// SPDX-License-Identifier: Apache-2.0
// Slows down whoever guesses: after a few failures in a row a name must wait, twice as long each
// time.
//
// Used per access key (a guess at the gateway's door) and per endpoint (credentials that the
// vCenter refuses: trying on would lock the account in the directory). Remembers the kMostNames
// names that failed last; a name that is forgotten starts anew. Loop thread only.
#pragma once

#include "common/base/clock.h"

#include <chrono>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace pcg::proxy {

class LoginThrottle {
  public:
    static constexpr std::size_t kMostNames = 1024;

    struct Limits {
        unsigned free_failures = 5;
        std::chrono::milliseconds first_wait{1'000};
        std::chrono::milliseconds longest_wait{60'000};
    };

    LoginThrottle(const Clock& clock, Limits limits) : clock_(clock), limits_(limits) {}

    // Zero: may try now.
    std::chrono::milliseconds waitFor(std::string_view name) const;

    // In a row; 0 for a name that is not known.
    unsigned failures(std::string_view name) const;

    void failed(std::string_view name);
    void succeeded(std::string_view name);

    std::size_t size() const { return by_age_.size(); }

  private:
    struct Entry {
        std::string name;
        unsigned failures = 0;
        SteadyTime until{};
    };

    const Clock& clock_;
    Limits limits_;
    std::list<Entry> by_age_;  // the latest failure first
    std::unordered_map<std::string_view, std::list<Entry>::iterator> by_name_;
};

}  // namespace pcg::proxy
