// SPDX-License-Identifier: Apache-2.0
// deploy::Cloud on a MAAS, whose machines are there already: they are allocated, installed and
// released. Loop thread only.
//
// A machine is marked by the agent name that it is allocated under, "pcg/DEPLOYMENT/UUID": MAAS
// lists machines by it, and forgets it when a machine is released. Only what is listed under it is
// ours. Workload annotations say the same to people.
//
// An installation and a release have no task at MAAS; what stands for one here is a text with the
// machine's id and its mark, and its end is seen on the machine.
#pragma once

#include "controlplane-sim/deploy/cloud.h"
#include "controlplane-sim/maas/client.h"
#include "controlplane-sim/maas/machine_view.h"

namespace pcg::controlplane::maas {

inline constexpr std::chrono::seconds kPoll{5};

class MaasCloud final : public deploy::Cloud {
  public:
    // `poll`: how long a machine that is on its way is left alone.
    MaasCloud(Client client, Random& random, std::chrono::milliseconds poll = kPoll)
        : client_(std::move(client)), random_(random), poll_(poll) {}

    net::Task<Result<std::string>> place(const deploy::Spec& spec) override;
    net::Task<Result<std::optional<deploy::Seen>>> find(deploy::Identity identity) override;
    net::Task<Result<std::optional<deploy::Seen>>> look(deploy::Identity identity,
                                                        std::string vm) override;
    net::Task<Result<std::string>> choose(deploy::Identity identity,
                                          const deploy::Spec& spec,
                                          std::vector<std::string> unfit) override;
    net::Task<Result<std::string>> clone(deploy::Identity identity) override;
    net::Task<Result<std::string>> customise(deploy::Identity identity,
                                             std::string vm,
                                             const deploy::Spec& spec,
                                             Secret userData) override;
    net::Task<Result<std::string>> powerOn(deploy::Identity identity,
                                           std::string vm,
                                           const deploy::Spec& spec,
                                           Secret userData) override;
    net::Task<Result<std::string>> powerOff(std::string vm) override;
    net::Task<Result<std::string>> destroy(deploy::Identity identity, std::string vm) override;
    net::Task<Result<deploy::TaskEnd>> finish(std::string task) override;
    net::Task<Result<std::vector<std::string>>> addresses(std::string vm) override;

  private:
    using Views = std::vector<MachineView>;

    net::Task<Result<Views>> list(oauth::Parameters query);
    // What is allocated under the mark; of one machine, if one is named.
    net::Task<Result<Views>> marked(std::string mark, std::string vm);
    net::Task<Result<MachineView>> read(std::string vm);
    net::Task<Result<>> checkNamed(std::string field, std::string path, std::string name);
    net::Task<Result<std::string>> imageOf(std::string wanted);
    net::Task<Result<>> checkMarks();
    net::Task<Result<std::string>> another(const deploy::Spec& spec,
                                           std::vector<std::string> unfit,
                                           std::string first);
    net::Task<Result<>> install(deploy::Identity identity,
                                std::string vm,
                                std::string image,
                                Secret userData);
    net::Task<Result<deploy::TaskEnd>> finishInstall(std::string vm, std::string mark);
    net::Task<Result<deploy::TaskEnd>> finishRelease(std::string vm);
    net::Task<Result<>> release(std::string vm);

    Client client_;
    Random& random_;
    std::chrono::milliseconds poll_;
};

}  // namespace pcg::controlplane::maas
