// SPDX-License-Identifier: Apache-2.0
// Keeps the papers fresh: asks for a new token after a third of its life (8 of 24 hours), give or
// take a tenth so that a fleet does not ask in the same second, and for a new certificate when that
// is due; retries with back-off when it fails. Owns one timer; stop() ends it. Loop thread.
#pragma once

#include "gateway/enrollment/enrollment.h"

#include <functional>

namespace pcg::gateway {

// How long after `now` to ask for the successor of a token.
std::chrono::milliseconds renewIn(WallTime issued, WallTime expires, WallTime now, Random& random);

class Renewal {
  public:
    // `onRenewed`: there are new papers. `onOver`: there will be none; run() has ended.
    Renewal(Enrollment& enrollment,
            const Clock& clock,
            Random& random,
            std::function<void()> onRenewed,
            std::function<void(const Error&)> onOver)
        : enrollment_(enrollment),
          clock_(clock),
          random_(random),
          onRenewed_(std::move(onRenewed)),
          onOver_(std::move(onOver)) {}

    net::Task<void> run();
    void soon();  // ctl.renew-now
    void stop();

  private:
    std::chrono::milliseconds wait() const;

    Enrollment& enrollment_;
    const Clock& clock_;
    Random& random_;
    std::function<void()> onRenewed_;
    std::function<void(const Error&)> onOver_;
    std::optional<net::Timer> timer_;
    bool stopped_ = false;
};

}  // namespace pcg::gateway
