// SPDX-License-Identifier: Apache-2.0
// Role B, the gateway: one code from its offer to acceptance or to its end. Sans I/O: messages,
// ticks and the console's decision go in, actions come out, in the order in which they must be
// done.
//
//   Offered -claim-> Claimed -pake_a-> Counting -attemptPersisted()-> Pake -confirm_a-> Confirming
//   -yes-> Accepted
//
// A run is counted before it is answered: PersistAttempt must be durable before attemptPersisted()
// is called, and pake_b is sent only then, so killing the gateway never buys a guess. Three runs
// burn the code; a wrong cA, a malformed or out-of-order message and a time-out end the run; the
// console's "no", its silence (120 s), and an unexpected tenant burn the code at once. Lifetimes
// are of the steady clock: a code 600 s, which a running claim extends by no more than its own 300
// s. After Accepted or CodeBurnt the object is done. Not thread-safe.
#pragma once

#include "common/base/clock.h"
#include "pairing/gateway_actions.h"
#include "pairing/spake2.h"
#include "pairing/transcript.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace pcg::pairing {

class Responder {
  public:
    enum class State { Offered, Claimed, Counting, Pake, Confirming, Accepted, Burnt };

    // `offerRaw`: the bytes of M1's body. `w`: passwordScalar(code, sid).
    Responder(GatewayFacts facts,
              const Sid& sid,
              std::string_view offerRaw,
              crypto::Scalar w,
              const Clock& clock,
              Random& random);

    GatewayActions receive(const Envelope& envelope);
    // The answers to PersistAttempt: it is durable; or it is one too many within the hour, which
    // ends the code.
    GatewayActions attemptPersisted();
    GatewayActions attemptRefused();
    GatewayActions decide(bool accept);
    GatewayActions tick();

    State state() const { return state_; }

    int attemptsLeft() const { return kAttemptsPerCode - attempts_; }

    // When tick() has something to do next.
    SteadyTime deadline() const;

    SteadyTime codeExpiry() const { return codeExpiry_; }

  private:
    GatewayActions onClaim(const Envelope& envelope);
    GatewayActions onPakeA(const Envelope& envelope);
    GatewayActions onConfirmA(const Envelope& envelope);
    GatewayActions onPeerFailure(const Envelope& envelope);
    GatewayActions answerPakeA();
    Result<GatewayActions> openConfirmation(const ConfirmA& confirm, std::uint64_t seq);
    GatewayActions accept(std::string_view mode);
    GatewayActions endRun(const Error& why, std::string_view code, bool burn, bool tellPeer);
    action::Send message(std::string_view type, std::string raw);
    bool isExpected(const ClaimTerms& terms) const;

    GatewayFacts facts_;
    Sid sid_;
    Hash offerSha256_;
    crypto::Scalar w_;
    const Clock& clock_;
    Random& random_;
    State state_ = State::Offered;
    int attempts_ = 0;
    SteadyTime codeExpiry_;
    SteadyTime claimDeadline_;
    SteadyTime confirmDeadline_;
    std::vector<ClaimId> seenClaims_;

    // One run.
    ClaimTerms terms_;
    Hash claimSha256_{};
    std::int64_t received_ = 0;
    std::int64_t sent_ = 0;
    PointBytes peerShare_{};
    PointBytes ownShare_{};
    std::optional<crypto::Scalar> encPrivate_;
    PointBytes encPub_{};
    Spake2Keys keys_;
    SessionKeys session_;
    Bytes rootDer_;
};

}  // namespace pcg::pairing
