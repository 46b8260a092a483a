// SPDX-License-Identifier: Apache-2.0
// Slows down whoever guesses passwords, without giving them a way to lock somebody out.
//
// Three bounds, counted before a password is compared, so that guesses at once do not slip through:
// one account from one network (five tries, then twice as long each time, up to a minute), one
// network over all accounts, and one account over all networks. The last one does not count for a
// network from which the account has signed in before, so its owner gets in while others guess.
// Accounts that do not exist are treated like those that do. Memory is bounded; a restart forgets.
// Loop thread.
#pragma once

#include "controlplane-sim/rest/rate_limit.h"

#include <string>
#include <unordered_map>

namespace pcg::controlplane::rest {

class SignInThrottle {
  public:
    SignInThrottle();

    // Nothing: go on and compare. Otherwise when to try again.
    std::optional<std::chrono::milliseconds> admit(const std::string& account,
                                                   const std::string& network,
                                                   SteadyTime now);

    // The password was right: the try that admit() counted was none.
    void succeeded(const std::string& account, const std::string& network, SteadyTime now);

  private:
    struct Tries {
        int failed = 0;
        SteadyTime blockedUntil{};
        SteadyTime last{};
        bool signedInBefore = false;
    };

    Tries& triesOf(const std::string& pair, SteadyTime now);
    void makeRoom();

    std::unordered_map<std::string, Tries> pairs_;
    RateLimit networks_;
    RateLimit accounts_;
};

}  // namespace pcg::controlplane::rest
