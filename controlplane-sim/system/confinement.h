// SPDX-License-Identifier: Apache-2.0
// What a gateway of the platform's own may do to files, beyond what its user may: Landlock
// (landlock(7)), so that a process that was taken over reaches neither the control plane's state
// nor another tenant's instance, though all of them run as one user.
//
// It may write in its own directory only, read nothing else of the control plane's state directory
// but the CA, and read elsewhere what its user may. It cannot trace other processes, nor signal
// them where the kernel knows how (ABI 6). Made before each start; blocking.
#pragma once

#include "common/base/result.h"

#include <filesystem>

namespace pcg::controlplane {

class Confinement {
  public:
    struct Files {
        std::filesystem::path own;       // everything below it
        std::filesystem::path hidden;    // nothing below it, but for `own` and
        std::filesystem::path readable;  // this file
    };

    // A kernel without Landlock confines nothing: isInForce() is false then.
    // system_gateways.confinement when one that has it does not take the rules.
    static Result<Confinement> around(const Files& files);

    Confinement(Confinement&& other) noexcept;
    Confinement& operator=(Confinement&&) = delete;
    ~Confinement();

    bool isInForce() const { return ruleset_ >= 0; }

    // For a child, between fork and exec.
    int ruleset() const { return ruleset_; }

  private:
    explicit Confinement(int ruleset) : ruleset_(ruleset) {}

    int ruleset_;
};

}  // namespace pcg::controlplane
