// SPDX-License-Identifier: Apache-2.0
// Keeps the bus token fresh: asks for a new one after a third of its life (8 of 24 hours), give or
// take a tenth so that a fleet does not ask in the same second, and retries with back-off when it
// fails. Owns one timer; stop() ends it. Loop thread.
#pragma once

#include "gateway/enrollment/enrollment.h"

#include <functional>

namespace pcg::gateway {

// How long after `now` to ask for the successor of a token.
std::chrono::milliseconds renewIn(WallTime issued, WallTime expires, WallTime now, Random& random);

class Renewal {
  public:
    // `onRenewed`: the link takes the new token at its next connection.
    Renewal(Enrollment& enrollment,
            const Clock& clock,
            Random& random,
            std::function<void()> onRenewed)
        : enrollment_(enrollment),
          clock_(clock),
          random_(random),
          onRenewed_(std::move(onRenewed)) {}

    net::Task<void> run();
    void soon();  // ctl.renew-now
    void stop();

  private:
    std::chrono::milliseconds wait() const;

    Enrollment& enrollment_;
    const Clock& clock_;
    Random& random_;
    std::function<void()> onRenewed_;
    std::optional<net::Timer> timer_;
    bool stopped_ = false;
};

}  // namespace pcg::gateway
