// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/rest/sign_in_throttle.h"

#include <algorithm>

namespace pcg::controlplane::rest {
namespace {

constexpr int kFreeTries = 5;
constexpr std::chrono::seconds kFirstWait{1};
constexpr std::chrono::seconds kLongestWait{60};
constexpr std::chrono::minutes kForgetAfter{15};
constexpr std::size_t kMaxPairs = 10'000;
constexpr RateLimit::Rate kNetworkRate{0.5, 60};
constexpr RateLimit::Rate kAccountRate{1.0 / 6.0, 60};

std::chrono::seconds waitAfter(int failed) {
    const int doublings = std::min(failed - kFreeTries, 6);
    return std::min<std::chrono::seconds>(kLongestWait, kFirstWait * (1 << doublings));
}

}  // namespace

SignInThrottle::SignInThrottle() : networks_(kNetworkRate), accounts_(kAccountRate) {}

SignInThrottle::Tries& SignInThrottle::triesOf(const std::string& pair, SteadyTime now) {
    if (pairs_.size() >= kMaxPairs && !pairs_.contains(pair)) makeRoom();
    auto& tries = pairs_[pair];
    if (now - tries.last >= kForgetAfter) tries.failed = 0;
    return tries;
}

// Who failed the longest ago goes first; networks that an account knows stay as long as they can.
void SignInThrottle::makeRoom() {
    const auto oldest =
        std::min_element(pairs_.begin(), pairs_.end(), [](const auto& a, const auto& b) {
            if (a.second.signedInBefore != b.second.signedInBefore) return b.second.signedInBefore;
            return a.second.last < b.second.last;
        });
    pairs_.erase(oldest);
}

std::optional<std::chrono::milliseconds> SignInThrottle::admit(const std::string& account,
                                                               const std::string& network,
                                                               SteadyTime now) {
    auto& tries = triesOf(account + '\n' + network, now);
    if (now < tries.blockedUntil)
        return std::chrono::ceil<std::chrono::milliseconds>(tries.blockedUntil - now);
    if (const auto wait = networks_.wait(network, now)) return wait;
    if (!tries.signedInBefore) {
        if (const auto wait = accounts_.take(account, now)) return wait;
    }
    static_cast<void>(networks_.take(network, now));
    tries.last = now;
    if (++tries.failed >= kFreeTries) tries.blockedUntil = now + waitAfter(tries.failed);
    return std::nullopt;
}

void SignInThrottle::succeeded(const std::string& account,
                               const std::string& network,
                               SteadyTime now) {
    auto& tries = triesOf(account + '\n' + network, now);
    tries = {0, {}, now, true};
    networks_.giveBack(network);
    accounts_.giveBack(account);
}

}  // namespace pcg::controlplane::rest
