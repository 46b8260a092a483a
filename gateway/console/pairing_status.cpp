// SPDX-License-Identifier: Apache-2.0
#include "gateway/console/pairing_status.h"

#include "common/codec/utf8.h"

namespace pcg::gateway {
namespace {

// Unicode categories Cc, Cf, Zl, Zp, Co as far as they change what a terminal shows.
bool isHarmful(char32_t c) {
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0xad || c == 0x34f || c == 0x61c ||
           c == 0x180e || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff0 && c <= 0xfffb) ||
           (c >= 0xe000 && c <= 0xf8ff) || c >= 0xe0000;
}

}  // namespace

std::string_view pairingStateName(PairingState state) {
    switch (state) {
        case PairingState::Starting:
            return "starting";
        case PairingState::Contacting:
            return "contacting";
        case PairingState::Offered:
            return "offered";
        case PairingState::Confirm:
            return "confirm";
        case PairingState::Enrolling:
            return "enrolling";
        case PairingState::Active:
            return "active";
        case PairingState::Cooldown:
            return "cooldown";
        case PairingState::Stopped:
            return "stopped";
    }
    return "stopped";
}

std::string sanitizeForConsole(std::string_view text, std::size_t maxCharacters) {
    constexpr char32_t kReplacement = 0xfffd;
    const auto repaired = codec::repairUtf8(text);
    std::string_view left = repaired;
    std::string clean;
    for (std::size_t n = 0; n < maxCharacters; ++n) {
        const auto c = codec::takeCodePoint(left);
        if (!c) break;
        codec::appendCodePoint(clean, isHarmful(*c) ? kReplacement : *c);
    }
    return clean;
}

}  // namespace pcg::gateway
