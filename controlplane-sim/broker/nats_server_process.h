// SPDX-License-Identifier: Apache-2.0
// The nats-server that the control plane runs: started, watched, started again when it dies,
// stopped.
//
// One thread ("broker-supervisor") owns the child process, its log and its files; it ends in stop()
// or the destructor, within stopLimit. It never gives up: a broker that dies comes back after a
// back-off with full jitter of at most `backoffCap`. Ports are chosen by the system once and
// remembered in the directory.
#pragma once

#include "common/base/random.h"
#include "common/base/result.h"
#include "controlplane-sim/broker/broker_config.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pcg::controlplane::broker {

struct RunningBroker {
    Ports ports;
    int pid = 0;
};

class NatsServerProcess {
  public:
    struct Options {
        std::filesystem::path executable;
        std::filesystem::path
            directory;            // made if missing; 0700; holds configuration, log and ports
        BrokerSettings settings;  // its ports are used when none are remembered
        std::chrono::milliseconds startLimit{15'000};
        std::chrono::milliseconds stopLimit{5'000};
        std::chrono::milliseconds backoffBase{200};
        std::chrono::milliseconds backoffCap{10'000};
    };

    // Called on the supervisor's thread: post to the loop and return.
    struct Observer {
        std::function<void(const RunningBroker&)> onReady;
        std::function<void(const std::string& why)> onDown;
    };

    // `random` must be thread-safe or used by nobody else, and outlive this object. Fails at once
    // on settings and files; everything later is reported and retried.
    static Result<std::unique_ptr<NatsServerProcess>> start(Options options,
                                                            Observer observer,
                                                            Random& random);

    ~NatsServerProcess();
    NatsServerProcess(const NatsServerProcess&) = delete;
    NatsServerProcess& operator=(const NatsServerProcess&) = delete;

    // Blocks; for the start of the program, before its loop runs. broker.start with the broker's
    // own words when it did not come up in time.
    Result<RunningBroker> waitReady(std::chrono::milliseconds limit);

    std::optional<RunningBroker> running() const;  // any thread

    void stop();  // any thread; may be repeated

  private:
    class Supervisor;

    explicit NatsServerProcess(std::unique_ptr<Supervisor> supervisor);

    std::unique_ptr<Supervisor> supervisor_;
};

}  // namespace pcg::controlplane::broker
