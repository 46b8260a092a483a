// SPDX-License-Identifier: Apache-2.0
// The composition root of the control plane: the only place that makes the parts and joins them.
//
// open() prepares what blocks (state directory, database, keys, broker) before there is a loop;
// run() serves until a stop signal. Everything that must survive is in the state directory; kill -9
// at any moment is a normal way to stop.
#pragma once

#include "common/base/result.h"
#include "controlplane-sim/sim_config.h"

#include <memory>

namespace pcg::controlplane {

class App {
  public:
    static Result<std::unique_ptr<App>> open(const SimConfig& config);

    // --write-broker-config: what a broker that somebody else runs needs. The path of its
    // configuration. Not while the control plane runs on the same state directory.
    static Result<std::filesystem::path> exportBrokerConfig(const SimConfig& config);

    ~App();
    App(const App&) = delete;
    App& operator=(const App&) = delete;

    // Blocks until SIGTERM or SIGINT. An error is something that cannot be served around, such as a
    // port in use.
    Result<> run();

  private:
    struct Parts;

    explicit App(std::unique_ptr<Parts> parts);

    std::unique_ptr<Parts> parts_;
};

}  // namespace pcg::controlplane
