// SPDX-License-Identifier: Apache-2.0
// Where the gateway stands on its way to a tenant, as a person sees it. A plain value for the
// console, the control socket and pcgctl.
#pragma once

#include "common/base/clock.h"

#include <optional>
#include <string>
#include <string_view>

namespace pcg::gateway {

enum class PairingState {
    Starting,
    Contacting,  // the control plane does not hold an offer (yet): there is no code
    Offered,
    Confirm,
    Enrolling,
    Active,
    Cooldown,
    Stopped  // needs a person: see `message`
};

std::string_view pairingStateName(PairingState state);  // "offered"

struct PairingStatus {
    PairingState state = PairingState::Starting;
    std::string message{};  // what is going on or wrong, a sentence; may be empty

    // State::Offered
    std::string code{};                   // "7K3M-Q9TD-X4WS"
    std::optional<SteadyTime> expires{};  // of the code, or of the question

    // State::Confirm and later
    std::string sas{};         // six digits
    std::string tenantName{};  // printable; see sanitizeForConsole
    std::string tenantId{};
    std::string requestedBy{};

    // State::Contacting, Stopped: what `message` is about, "net.proxy_credentials"; may be empty
    std::string failure{};
};

// One printable line, whatever a stranger wrote: control, format and bidirectional characters and
// octets that are not UTF-8 become U+FFFD; at most `maxCharacters`.
std::string sanitizeForConsole(std::string_view text, std::size_t maxCharacters = 512);

}  // namespace pcg::gateway
