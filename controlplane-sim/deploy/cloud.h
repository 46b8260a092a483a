// SPDX-License-Identifier: Apache-2.0
// What a deployment asks of a private cloud, and where it is remembered: the two seams of the
// orchestrator. Loop thread only.
#pragma once

#include "common/net/asio.h"
#include "controlplane-sim/deploy/deployment.h"

#include <memory>

namespace pcg::controlplane::deploy {

// Which machine is meant: its place and name, and the marks that it is made with.
struct Identity {
    std::string placement;
    std::string deployment;
    std::string name;
    std::string uuid;
    std::string choice{};  // of a pooled machine: the one that is asked for
};

// Errors are those of errc.h; any other one counts by its class.
class Cloud {
  public:
    virtual ~Cloud() = default;

    // Turns the names in the spec into the cloud's own ids, once: what is renamed later does not
    // move a deployment. An error of class Input says which member is wrong.
    virtual net::Task<Result<std::string>> place(const Spec& spec) = 0;

    // By the marks, and by the name in the place; of a pooled machine the choice, once it is
    // somebody else's: that is not `ours`.
    virtual net::Task<Result<std::optional<Seen>>> find(Identity identity) = 0;
    virtual net::Task<Result<std::optional<Seen>>> look(Identity identity, std::string vm) = 0;

    // Of clouds with pooled machines only: one that is free and fits, if there is one none of those
    // that are unfit. Nothing is changed.
    virtual net::Task<Result<std::string>> choose(Identity identity,
                                                  const Spec& spec,
                                                  std::vector<std::string> unfit) = 0;

    // Each yields the task that was started; empty: it was done at once. In a cloud with pooled
    // machines they are: take the choice, mark it, install it, (nothing), give it back.
    virtual net::Task<Result<std::string>> clone(Identity identity) = 0;
    virtual net::Task<Result<std::string>> customise(Identity identity,
                                                     std::string vm,
                                                     const Spec& spec,
                                                     Secret userData) = 0;
    virtual net::Task<Result<std::string>> powerOn(Identity identity,
                                                   std::string vm,
                                                   const Spec& spec,
                                                   Secret userData) = 0;
    virtual net::Task<Result<std::string>> powerOff(std::string vm) = 0;
    virtual net::Task<Result<std::string>> destroy(Identity identity, std::string vm) = 0;

    // Waits for a while. deploy.gone when the cloud has forgotten the task; deploy.install_failed
    // as the fault of an installation that came to nothing.
    virtual net::Task<Result<TaskEnd>> finish(std::string task) = 0;

    // Waits for a while; empty: none yet.
    virtual net::Task<Result<std::vector<std::string>>> addresses(std::string vm) = 0;
};

class CloudSource {
  public:
    virtual ~CloudSource() = default;
    virtual net::Task<Result<std::shared_ptr<Cloud>>> open(TenantScope scope,
                                                           wire::GatewayId gateway,
                                                           wire::EndpointId endpoint) = 0;
};

// What is on the disk when a method has returned without an error.
class Ledger {
  public:
    virtual ~Ledger() = default;

    // Everything that is not at rest.
    virtual net::Task<Result<std::vector<DeploymentKey>>> unfinished() = 0;

    virtual net::Task<Result<std::optional<Deployment>>> load(DeploymentKey key) = 0;
    virtual net::Task<Result<Secret>> userData(DeploymentKey key) = 0;
    virtual net::Task<Result<>> placed(DeploymentKey key, std::string placement) = 0;
    virtual net::Task<Result<>> notPlaced(DeploymentKey key, std::string why, bool forGood) = 0;
    virtual net::Task<Result<>> ready(DeploymentKey key) = 0;

    // Keeps all but `wished`, which it returns: that is set by the tenant meanwhile.
    // deploy.not_found when the machine's row is gone (with its tenant): it is nobody's to touch.
    virtual net::Task<Result<bool>> save(DeploymentKey key, Machine machine) = 0;
    virtual net::Task<Result<>> forget(DeploymentKey key, Machine machine) = 0;

    // Removes a deployment that is being deleted and has no machines.
    virtual net::Task<Result<>> erase(DeploymentKey key) = 0;
};

}  // namespace pcg::controlplane::deploy
