// SPDX-License-Identifier: Apache-2.0
// Role A, the tenant's side (command line, later the browser): one claim from the relay's answer to
// the gateway's last word. Sans I/O: messages, ticks and the person's decision go in, actions come
// out.
//
//   start() -> pake_a; pake_b -> confirm_a; confirm_b -> the person compares -> approve -> status
//   active
//
// checkClaim() comes first and costs no attempt; then passwordScalar() (slow); then the object. The
// code itself never reaches this class, only w. Lifetimes are of the steady clock. Not thread-safe.
#pragma once

#include "common/base/clock.h"
#include "pairing/messages.h"
#include "pairing/spake2.h"
#include "pairing/transcript.h"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace pcg::pairing {

// A claim whose parts fit each other and what this side knows itself.
struct CheckedClaim {
    ClaimTerms terms;
    Offer offer;
    Hash offerSha256{};
    Hash claimSha256{};
    Bytes controlPlaneRootDer;
};

struct ClaimExpectation {
    std::string nameplate;
    std::string tenantId;
    std::optional<Hash> trustedRootSpkiSha256;  // of the file that the tenant trusts
};

// pairing.binding or pairing.root, naming what does not fit.
Result<CheckedClaim> checkClaim(const ClaimReply& reply, const ClaimExpectation& expectation);

struct Comparison {
    std::string sas;
    std::string tenantName;
    std::string tenantId;
    std::string gatewayId;
    std::string hostname;         // as received: displayName() before it meets a terminal
    std::string softwareVersion;  // likewise
    bool automatic = false;       // the gateway expects this tenant and asks nobody
};

namespace step {
struct Send {
    Envelope envelope;
};

struct Compare {
    Comparison comparison;
};

struct Approve {
    Approval approval;
};

struct Progress {
    std::string state;  // gateway_accepted | issued
};

struct Paired {
    std::string gatewayId;
};

struct Failed {  // DELETE the claim if `withdraw`
    Error why;
    bool withdraw;
};
}  // namespace step

using CommissionerStep = std::
    variant<step::Send, step::Compare, step::Approve, step::Progress, step::Paired, step::Failed>;
using CommissionerSteps = std::vector<CommissionerStep>;

class Commissioner {
  public:
    enum class State { Fresh, Pake, Confirm, Comparing, Waiting, Paired, Failed };

    Commissioner(CheckedClaim claim,
                 std::string enrollUrl,
                 const crypto::Scalar& w,
                 const Clock& clock,
                 Random& random);

    CommissionerSteps start();
    CommissionerSteps receive(const Envelope& envelope);
    CommissionerSteps decide(bool same);
    CommissionerSteps tick();

    State state() const { return state_; }

    SteadyTime deadline() const { return deadline_; }

  private:
    CommissionerSteps onPakeB(const Envelope& envelope);
    CommissionerSteps onConfirmB(const Envelope& envelope);
    CommissionerSteps onStatus(const Envelope& envelope);
    CommissionerSteps onGatewayFailure(const Envelope& envelope);
    CommissionerSteps failed(Error why, std::string_view code, bool tellPeer, bool withdraw);
    step::Send message(std::string_view type, std::string raw);
    RunContext contextOf(const PakeB& pake) const;

    CheckedClaim claim_;
    std::string enrollUrl_;
    const Clock& clock_;
    Spake2 run_;
    PointBytes ownShare_;
    State state_ = State::Fresh;
    SteadyTime deadline_;
    std::int64_t received_ = 0;
    std::int64_t sent_ = 0;
    PakeB pakeB_;
    Spake2Keys keys_;
    SessionKeys session_;
};

}  // namespace pcg::pairing
