// SPDX-License-Identifier: Apache-2.0
// What the data-center admin decided, while the gateway runs: the policy file, read-only, pause,
// learning. The proxy asks it once per request.
//
// A switch that takes something away counts at once, in memory, running requests included; then it
// is written, and an error says that a restart would forget it. A switch that gives something is
// written first, and gives nothing if it was turned back meanwhile. A stored policy that cannot be
// read any more keeps everything closed. Loop thread; load() before the first request.
#pragma once

#include "gateway/health/warnings.h"
#include "gateway/policy/stored_policy.h"
#include "gateway/state/audit_trail.h"
#include "vcenter-proxy/endpoint_service.h"
#include "vcenter-proxy/judge.h"
#include "vcenter-proxy/policy/learner.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pcg::gateway {

class PolicyKeeper final : public proxy::PolicySource {
  public:
    static constexpr std::chrono::minutes kStoreLearnedEvery{1};

    struct Parts {
        net::Loop& loop;
        StateStore& state;
        AuditTrail& audit;
        Warnings& warnings;
        const Clock& clock;
        // Breaks off what runs (proxy::EndpointService::cutRunning).
        std::function<void(proxy::EndpointService::Cut, const Error&)> cut;
        // Another file counts: judges what runs (proxy::EndpointService::judgeRunning).
        std::function<void()> judgeRunning = [] {};
    };

    explicit PolicyKeeper(Parts parts);

    net::Task<Result<>> load();

    // Whatever was learned is on the disk.
    net::Task<void> flush();

    // proxy::PolicySource
    std::shared_ptr<const proxy::EndpointPolicy> policyFor(const wire::EndpointId&) override {
        return snapshot_;
    }

    void observe(const policy::Asker& asker, const policy::Ask& ask) override;

    // What is stored, as it counts now.
    const StoredPolicy& stored() const { return stored_; }

    const std::vector<policy::Problem>& problems() const { return problems_; }

    const std::shared_ptr<const policy::Policy>& document() const { return document_; }

    // The stored policy cannot be read: everything is refused until another one is set.
    bool isUnreadable() const { return unreadable_; }

    bool isPaused() const { return stored_.paused || unreadable_; }

    const policy::Learner& learner() const { return learner_; }

    // Reads a file, beside the loop; nothing is changed.
    net::Task<Result<policy::Reading>> read(std::string text);

    // What runs and is refused by it is broken off. gateway.bad_policy with the problems, a line
    // each, or gateway.changed_meanwhile: nothing was changed then.
    net::Task<Result<>> set(std::string text);

    // Back to the built-in roles, for what runs, too.
    net::Task<Result<>> remove();

    // Off: gateway.changed_meanwhile if it was switched on while it was written.
    net::Task<Result<>> setReadOnly(bool on);
    net::Task<Result<>> pause(std::string why);

    // gateway.changed_meanwhile: somebody paused while it was written.
    net::Task<Result<>> resume();

    // On: begins anew. Off: what was learned stays until the next time.
    net::Task<Result<>> setLearning(bool on);

  private:
    void publish();
    using Store = Result<> (*)(Storage, const StoredPolicy&);
    net::Task<Result<>> keep(Store store, StoredPolicy wanted);
    static net::Task<void> storeSoon(PolicyKeeper& self);

    std::string now() const { return toRfc3339(parts_.clock.wallNow()); }

    Parts parts_;
    StoredPolicy stored_;
    std::vector<policy::Problem> problems_;
    std::shared_ptr<const policy::Policy> document_;
    bool unreadable_ = false;
    // How often each was asked for: what was waited for may be out of date.
    std::uint64_t pauses_ = 0;
    std::uint64_t read_onlies_ = 0;
    std::uint64_t files_ = 0;
    std::shared_ptr<const proxy::EndpointPolicy> snapshot_;
    policy::Learner learner_;
    bool learned_more_ = false;
    net::Timer store_timer_;
};

// "3:5: error: ..." a line each.
std::string toText(const std::vector<policy::Problem>& problems);

}  // namespace pcg::gateway
