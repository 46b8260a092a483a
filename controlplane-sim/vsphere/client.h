// SPDX-License-Identifier: Apache-2.0
// The vSphere calls that the orchestrator and the inventory browser make, over a Session. Each is
// one round trip or a bounded series of them. Loop thread only.
#pragma once

#include "controlplane-sim/vsphere/session.h"

#include <chrono>

namespace pcg::controlplane::vsphere {

inline constexpr std::size_t kMaxListed = 20'000;

class Client {
  public:
    explicit Client(std::shared_ptr<Session> session) : session_(std::move(session)) {}

    // All objects of these types, page by page. vsphere.too_much beyond kMaxListed.
    net::Task<Result<std::vector<ObjectContent>>> list(std::vector<PropertyQuery::Set> sets);

    // vsphere.not_found when the object is not there.
    net::Task<Result<ObjectContent>> read(Ref object, std::vector<std::string> paths);

    net::Task<Result<std::optional<Ref>>> findByPath(std::string path);
    net::Task<Result<std::optional<Ref>>> findMachine(std::string instanceUuid);
    net::Task<Result<std::optional<Ref>>> findChild(Ref folder, std::string name);

    // Each yields the task that was started.
    net::Task<Result<Ref>> clone(CloneOrder order);
    net::Task<Result<Ref>> reconfigure(Ref machine, ReconfigureOrder order);
    net::Task<Result<Ref>> powerOn(Ref machine);
    net::Task<Result<Ref>> powerOff(Ref machine);
    net::Task<Result<Ref>> destroy(Ref machine);

    // The task's end, or "running" when `within` is over.
    net::Task<Result<TaskInfo>> awaitTask(Ref task, std::chrono::seconds within);

    // Returns when the properties are settled, or have changed, or when `within` is over.
    using Settled = bool (*)(const std::vector<PropertyChange>&);
    net::Task<Result<>> awaitChange(Ref object,
                                    std::vector<std::string> paths,
                                    Settled settled,
                                    std::chrono::seconds within);

  private:
    net::Task<Result<Ref>> startTask(std::string envelope);
    net::Task<Result<std::optional<Ref>>> find(std::string envelope);
    net::Task<Result<std::vector<ObjectContent>>> pages(ServiceContent content, std::string first);
    net::Task<Result<TaskInfo>> readTask(Ref task);
    net::Task<Result<>> awaitUpdate(Ref collector,
                                    PropertyQuery query,
                                    Settled settled,
                                    std::chrono::seconds within);

    std::shared_ptr<Session> session_;
};

}  // namespace pcg::controlplane::vsphere
