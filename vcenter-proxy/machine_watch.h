// SPDX-License-Identifier: Apache-2.0
// OwnMachines on the loop thread: what is known, in memory; what is being made, looked at every few
// seconds with the session of the client that began it, and at once when that client asks for
// something that could depend on it.
//
// Bounded: kMostKnown machines (the oldest are forgotten), kMostWatched tasks, each for kLongest.
// stop() before the endpoints go.
#pragma once

#include "vcenter-proxy/own_machines.h"

#include <deque>
#include <functional>
#include <list>
#include <set>

namespace pcg::proxy {

struct OwnMachineRecord {
    std::string endpoint;   // id
    std::string authority;  // the address it was made at: another vCenter has other ids
    std::string key;
    std::string machine;

    friend auto operator<=>(const OwnMachineRecord&, const OwnMachineRecord&) = default;
};

class MachineWatch final : public OwnMachines {
  public:
    static constexpr std::size_t kMostKnown = 20'000;
    static constexpr std::size_t kMostWatched = 256;
    static constexpr std::chrono::seconds kEvery{3};
    static constexpr std::chrono::hours kLongest{4};

    // Keeps one for the next start. The machine is its client's from then on, so that what a client
    // was once let do it may still do after a restart. It must not block, and it may fail.
    using Remember = std::function<net::Task<void>(OwnMachineRecord)>;

    MachineWatch(net::Loop& loop, const Clock& clock, Remember remember);
    ~MachineWatch() override;
    MachineWatch(const MachineWatch&) = delete;
    MachineWatch& operator=(const MachineWatch&) = delete;

    // From the last run, the oldest first.
    void restore(std::vector<OwnMachineRecord> records);
    void stop();

    bool owns(const Endpoint& endpoint,
              const wire::AccessKeyId& key,
              std::string_view machine) const override;
    void began(std::shared_ptr<Endpoint> endpoint,
               std::shared_ptr<Session> session,
               policy::OwnTask task) override;
    net::Task<void> settle(std::shared_ptr<Endpoint> endpoint,
                           std::shared_ptr<Session> session) override;

    // The same by the endpoint's id, at whatever address.
    bool owns(std::string_view endpoint, std::string_view key, std::string_view machine) const;

    std::size_t watched() const;

  private:
    struct Core;
    std::shared_ptr<Core> core_;  // shared with the coroutine that looks
};

}  // namespace pcg::proxy
