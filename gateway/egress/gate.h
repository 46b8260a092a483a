// SPDX-License-Identifier: Apache-2.0
// Makes connections for whoever may open its socket, if the rules allow them, and hands them over.
//
// Whoever asks gets a connected socket (SCM_RIGHTS) or the reason why not; it needs no right of its
// own to go out. Whoever holds a socket can connect it anew: what a filter lets the gate's user do
// is theirs, which is why it is to be narrow (opening.h). Connections that were handed over outlive
// the gate. At most `mostAtOnce` are being made at a time, each within its own limit. Loop thread.
#pragma once

#include "common/net/asio.h"
#include "gateway/egress/egress_rules.h"
#include "gateway/egress/opening.h"

#include <filesystem>
#include <memory>

namespace pcg::egress {

class Gate {
  public:
    struct Options {
        std::filesystem::path socket;  // its folder says who may ask; made anew
        EgressRules rules;
        std::shared_ptr<Opening> opening = {};  // for names; none: nothing has to be opened
        std::size_t mostAtOnce = 512;
    };

    // egress.unavailable: the socket cannot be made, or another gate has it.
    static Result<Gate> open(net::Loop& loop, Options options);
    ~Gate();
    Gate(Gate&&) noexcept;
    Gate& operator=(Gate&&) noexcept;
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;

    // Takes no more questions; what is being made is given up.
    void stop();

  private:
    class Core;
    explicit Gate(std::shared_ptr<Core> core);

    std::shared_ptr<Core> core_;
};

}  // namespace pcg::egress
