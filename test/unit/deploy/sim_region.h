// SPDX-License-Identifier: Apache-2.0
// A cloud whose machines are there already, seeded: replies get lost before or after the effect,
// requests are executed long after their answer was given up, installations fail, others take and
// give back machines meanwhile.
#pragma once

#include "sim_cloud.h"

namespace pcg::controlplane::deploy {

class SimRegion final : public Cloud, public CloudSource {
  public:
    enum class Status { Free, Taken, Installing, Installed, Failed, Releasing };

    struct Machine {
        std::string mark;  // empty while somebody else has it, or nobody
        Status status = Status::Free;
        bool annotated = false;
        WallTime due;
        int installs = 0;
    };

    SimRegion(SeededRandom& random, FakeClock& clock, int machines);

    std::map<std::string, Machine> machines;
    Life* life = nullptr;
    int trouble = 0;               // per mille of calls
    int broken = 0;                // per mille of installations
    std::size_t unknownTaken = 0;  // requests for a machine that nobody chose

    net::Task<Result<std::shared_ptr<Cloud>>> open(TenantScope scope,
                                                   wire::GatewayId gateway,
                                                   wire::EndpointId endpoint) override;
    net::Task<Result<std::string>> place(const Spec& spec) override;
    net::Task<Result<std::optional<Seen>>> find(Identity identity) override;
    net::Task<Result<std::optional<Seen>>> look(Identity identity, std::string vm) override;
    net::Task<Result<std::string>> choose(Identity identity,
                                          const Spec& spec,
                                          std::vector<std::string> unfit) override;
    net::Task<Result<std::string>> clone(Identity identity) override;
    net::Task<Result<std::string>> customise(Identity identity,
                                             std::string vm,
                                             const Spec& spec,
                                             Secret userData) override;
    net::Task<Result<std::string>> powerOn(Identity identity,
                                           std::string vm,
                                           const Spec& spec,
                                           Secret userData) override;
    net::Task<Result<std::string>> powerOff(std::string vm) override;
    net::Task<Result<std::string>> destroy(Identity identity, std::string vm) override;
    net::Task<Result<TaskEnd>> finish(std::string task) override;
    net::Task<Result<std::vector<std::string>>> addresses(std::string vm) override;

  private:
    struct Late {
        WallTime at;
        std::string vm;
        std::string mark;
    };

    bool unlucky() { return random_.below(1000) < static_cast<std::uint64_t>(trouble); }

    net::Task<Result<>> arrive();
    void pass();
    bool take(const std::string& vm, const std::string& mark);
    Machine* ours(const std::string& vm, const std::string& mark);

    template <class T>
    net::Task<Result<T>> answer(Result<T> value);

    SeededRandom& random_;
    FakeClock& clock_;
    std::vector<Late> late_;
};

}  // namespace pcg::controlplane::deploy
