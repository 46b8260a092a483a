// SPDX-License-Identifier: Apache-2.0
// The machines of a MAAS region and how they change: the state machine, without I/O and without a
// clock of its own.
//
// Time comes in with each call; what is due by then has happened before the call is looked at, so
// nothing needs a timer. Refusals carry MAAS's own status and words. One thread.
#pragma once

#include "test/peers/maas-sim/model.h"

#include <tl/expected.hpp>

#include <functional>
#include <list>

namespace pcg::maassim {

struct Refusal {
    int status = 409;
    std::string text;  // text/plain
};

using Done = tl::expected<void, Refusal>;
using Found = tl::expected<Machine*, Refusal>;

// How long things take, at scale 1; a scale of 0.01 makes a deployment take 2.4 s.
struct Timings {
    Millis deploy = 240'000;
    Millis release = 20'000;
    Millis erase = 60'000;
    Millis power = 8'000;
    Millis commission = 300'000;
    Millis test = 120'000;
    Millis rescue = 60'000;

    Timings scaled(double scale) const;
};

struct RegionOptions {
    int machines = 10;
    bool is38 = false;  // without VM hosts
    Timings timings{};
};

struct DeployArguments {
    std::string agent_name;
    std::string user_data;
    std::string osystem;
    std::string distro_series;
    std::string hwe_kernel;
    bool ephemeral = false;
    bool hw_sync = false;
};

struct ReleaseArguments {
    bool erase = false;
    bool force = false;
};

class Region {
  public:
    explicit Region(RegionOptions options);

    // Everything that is due by `now` happens, in order. `unix` is the wall time for events.
    void advance(Millis now, std::int64_t unix_seconds);

    Machine* find(const std::string& id);
    Found require(const std::string& id);

    Done acquire(Machine& machine, const User& user, const std::string& agent);
    Done deploy(Machine& machine, const User& user, const DeployArguments& arguments);
    Done release(Machine& machine, const User& user, const ReleaseArguments& arguments);
    Done lock(Machine& machine, const User& user);
    Done unlock(Machine& machine, const User& user);
    Done powerOn(Machine& machine, const User& user);
    // False: there was nothing to do.
    tl::expected<bool, Refusal> powerOff(Machine& machine, const User& user);
    Done commission(Machine& machine, const User& user);
    Done test(Machine& machine, const User& user);
    Done abort(Machine& machine, const User& user);
    Done markBroken(Machine& machine, const User& user, const std::string& why);
    Done markFixed(Machine& machine, const User& user);
    Done rescue(Machine& machine, const User& user);
    Done exitRescue(Machine& machine, const User& user);

    // 403 with an empty text: locked, or somebody else's.
    Done mayEdit(const Machine& machine, const User& user) const;
    Done releasable(const Machine& machine) const;

    Machine& add(Machine machine);
    void erase(const std::string& id);

    // Makes the next `count` deployments fail.
    void failInstalls(int count) { failing_installs_ = count; }

    void note(const Machine& machine,
              const User& user,
              const std::string& type,
              const std::string& description,
              const std::string& level = "INFO");

    std::list<Machine> machines;  // stable addresses, in the order of their making
    std::vector<Place> zones;
    std::vector<Place> pools;
    std::map<std::string, std::string> tags;  // name -> comment
    std::vector<DnsResource> dns;
    std::vector<Event> events;  // the newest last; at most kMostEvents
    std::map<int, BootResource> resources;
    std::map<int, BootFile> files;
    std::vector<VmHost> hosts;
    std::vector<std::string> reserved_addresses;
    std::map<std::string, std::string> stored_files;
    std::map<std::string, std::vector<std::string>> ssh_keys;  // by user
    std::vector<User> users;
    int next_id = 100;  // of everything but machines

    const RegionOptions& options() const { return options_; }

    static constexpr std::size_t kMostEvents = 20'000;

  private:
    void change(Machine& machine, Status to, const std::string& by = {});
    void later(Machine& machine, Status to, Millis after);
    void forget(Machine& machine);
    void reach(Machine& machine);
    void settlePower(Machine& machine, const std::string& state, Millis after);
    void arrived(Machine& machine, Status from);

    RegionOptions options_;
    std::map<std::string, Machine*> by_id_;
    std::multimap<Millis, std::string> due_;

    std::multimap<Millis, std::string> power_due_;
    Millis now_ = 0;
    std::int64_t unix_ = 0;
    int failing_installs_ = 0;
    int next_event_ = 1;
};

}  // namespace pcg::maassim
