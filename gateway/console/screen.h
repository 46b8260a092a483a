// SPDX-License-Identifier: Apache-2.0
// What the console says in each state, as text. Pure functions: the tests read like the screen.
//
// Plain lines, no cursor movement, no colour: it must be legible on a serial line, in a log and to
// a screen reader. Nothing that came from outside passes without sanitizeForConsole.
#pragma once

#include "gateway/console/pairing_status.h"
#include "gateway/state/remote_access.h"

#include <chrono>
#include <string>

namespace pcg::gateway {

struct ScreenFacts {
    std::string hostname;
    std::string gatewayId;  // empty until known
    std::string version;
    std::string controlplaneUrl;
    std::string socketPath;  // for the hint to pcgctl
    RemoteAccess remote{};   // what a tenant may administer if nobody says anything else
};

std::string banner(const ScreenFacts& facts);

// Everything a person needs in this state. `left` is what remains of status.expires.
std::string screen(const ScreenFacts& facts,
                   const PairingStatus& status,
                   std::chrono::seconds left);

// After the yes: what the tenant may administer from its side.
std::string rightsQuestion(const ScreenFacts& facts, const PairingStatus& status);

// "9 min 30 s", "45 s".
std::string countdown(std::chrono::seconds left);

// "7K3M Q9TD X4WS", spaced out to be read across a room.
std::string spacedCode(std::string_view code);

}  // namespace pcg::gateway
