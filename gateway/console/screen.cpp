// SPDX-License-Identifier: Apache-2.0
#include "gateway/console/screen.h"

namespace pcg::gateway {
namespace {

constexpr std::string_view kRule =
    "----------------------------------------------------------------\n";

std::string groupedSas(const std::string& sas) {
    return sas.size() == 6 ? sas.substr(0, 3) + " " + sas.substr(3) : sas;
}

std::string ctl(const ScreenFacts& facts, std::string_view verb) {
    return "pcgctl --socket " + facts.socketPath + " " + std::string(verb);
}

std::string offered(const PairingStatus& status, std::chrono::seconds left) {
    return "Pairing code:\n\n        " + spacedCode(status.code) +
           "\n\nThe tenant types it with `pcg pair`, or in the portal.\nIt is good for " +
           countdown(left) + ".\n";
}

std::string confirm(const ScreenFacts& facts,
                    const PairingStatus& status,
                    std::chrono::seconds left) {
    std::string text = "A tenant asks to own this gateway.\n\n    Tenant:        " +
                       sanitizeForConsole(status.tenantName, 64) +
                       "\n    Tenant id:     " + sanitizeForConsole(status.tenantId, 64) + "\n";
    if (!status.requestedBy.empty()) {
        text += "    Requested by:  " + sanitizeForConsole(status.requestedBy, 128) + "\n";
    }
    return text + "    Check number:  " + groupedSas(sanitizeForConsole(status.sas, 6)) +
           "\n\nAsk the tenant for the number on their screen. Is it the same, and is the tenant "
           "the right "
           "one?\nAccept: type y and Enter, or: " +
           ctl(facts, "pairing accept") + "\n        (then say what the tenant may administer; " +
           std::string(remoteWord(facts.remote)) + " unless you say more)" +
           "\nRefuse: type n and Enter, or: " + ctl(facts, "pairing reject") +
           "\nWithout an answer it is refused in " + countdown(left) + ".\n";
}

std::string withMessage(std::string text, const PairingStatus& status) {
    if (!status.message.empty()) text += sanitizeForConsole(status.message) + "\n";
    return text;
}

}  // namespace

std::string countdown(std::chrono::seconds left) {
    const auto total = std::max<std::int64_t>(left.count(), 0);
    const auto seconds = std::to_string(total % 60) + " s";
    return total < 60 ? seconds : std::to_string(total / 60) + " min " + seconds;
}

std::string spacedCode(std::string_view code) {
    std::string spaced;
    for (const char c : code) {
        if (c == '-') {
            spaced += "   ";
        } else {
            if (!spaced.empty() && spaced.back() != ' ') spaced += ' ';
            spaced += c;
        }
    }
    return spaced;
}

std::string rightsQuestion(const ScreenFacts& facts, const PairingStatus& status) {
    const auto fallback = std::string(remoteWord(facts.remote));
    return "What may " + sanitizeForConsole(status.tenantName, 64) +
           " administer here from the portal?\n"
           "    nothing    it only sees the endpoints\n"
           "    endpoints  add, change and remove them, approve certificates\n"
           "    keys       make and revoke access keys\n"
           "    all        both\n"
           "Type one of these words and Enter; Enter alone means " +
           fallback + ". pcgctl remote changes it at any time.\n";
}

std::string banner(const ScreenFacts& facts) {
    std::string text(kRule);
    text += "Private Cloud Gateway " + facts.version + " on " +
            sanitizeForConsole(facts.hostname, 253) + "\n";
    if (!facts.gatewayId.empty()) text += "Gateway id:     " + facts.gatewayId + "\n";
    return text + "Control plane:  " + sanitizeForConsole(facts.controlplaneUrl) + "\n" +
           std::string(kRule);
}

std::string screen(const ScreenFacts& facts,
                   const PairingStatus& status,
                   std::chrono::seconds left) {
    switch (status.state) {
        case PairingState::Starting:
            return withMessage("Starting.\n", status);
        case PairingState::Contacting:
            return withMessage(
                "Contacting the control plane. The pairing code appears when it answers.\n",
                status);
        case PairingState::Offered:
            return withMessage(offered(status, left), status);
        case PairingState::Confirm:
            return withMessage(confirm(facts, status, left), status);
        case PairingState::Enrolling:
            return withMessage(
                "Accepted. Getting this gateway's identity from the control plane.\n", status);
        case PairingState::Active:
            return withMessage("Paired with " + sanitizeForConsole(status.tenantName, 64) + " (" +
                                   sanitizeForConsole(status.tenantId, 64) + ").\n",
                               status);
        case PairingState::Cooldown:
            return withMessage(
                "Too many wrong pairing codes. The next code comes in " + countdown(left) + ".\n",
                status);
        case PairingState::Stopped:
            return withMessage("This gateway cannot pair.\n", status);
    }
    return {};
}

}  // namespace pcg::gateway
