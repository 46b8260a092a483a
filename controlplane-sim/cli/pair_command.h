// SPDX-License-Identifier: Apache-2.0
// `pcg pair`: role A of PCG-PAIR-1 at a terminal. The code lives in this object until the password
// is stretched; of it only the nameplate is sent. Loop thread; the console behind it may live
// elsewhere.
#pragma once

#include "common/base/clock.h"
#include "common/base/random.h"
#include "controlplane-sim/cli/tenant_api.h"
#include "pairing/commissioner.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>

namespace pcg::controlplane::cli {

// Where the command speaks to a person or a program.
class PairOutput {
  public:
    virtual ~PairOutput() = default;
    virtual void progress(std::string_view sentence, std::string_view state) = 0;
    virtual void ask(
        const pairing::Comparison& comparison) = 0;  // answered through PairCommand::answer
    virtual void paired(const std::string& gatewayId) = 0;
    virtual void failed(const Error& error) = 0;
};

class PairCommand {
  public:
    struct Facts {
        pairing::PairingCode code;
        std::string label;
        std::string enrollUrl;
        std::vector<pairing::Hash> trustedRoots;  // SHA-256 of the keys in the CA file
    };

    PairCommand(TenantApi& api, PairOutput& output, const Clock& clock, Random& random, Facts facts)
        : api_(api), output_(output), clock_(clock), random_(random), facts_(std::move(facts)) {}

    // True when paired. Every end was reported to `output`.
    net::Task<bool> run();

    // The person's answer to ask().
    void answer(bool same);

  private:
    struct Session {
        explicit Session(net::Executor executor) : wake(executor) {}

        net::Timer wake;
        std::deque<pairing::CommissionerStep> steps;
        bool over = false;
    };

    net::Task<Result<>> begin();
    net::Task<Result<bool>> converse();
    net::Task<Result<std::optional<bool>>> perform(pairing::CommissionerStep& item);
    net::Task<void> poll(std::shared_ptr<Session> session);
    void enqueue(pairing::CommissionerSteps steps);
    Result<> prepare(const pairing::ClaimReply& reply, const std::string& tenantId);

    TenantApi& api_;
    PairOutput& output_;
    const Clock& clock_;
    Random& random_;
    Facts facts_;
    pairing::ClaimId claimId_{};
    std::optional<pairing::Commissioner> role_;
    std::shared_ptr<Session> session_;
};

}  // namespace pcg::controlplane::cli
