// SPDX-License-Identifier: Apache-2.0
// Where the broker is and whom to trust there, be it our child or somebody else's. Values.
#pragma once

#include "common/net/connect.h"
#include "controlplane-sim/broker/nats_server_process.h"
#include "controlplane-sim/sim_config.h"

#include <string>
#include <vector>

namespace pcg::controlplane::broker {

struct BrokerAddress {
    std::vector<net::Target> targets;  // at least one
    std::vector<std::string> urls;     // the same, as gateways get them, and their other ways
    std::vector<std::string> serverNames;
    std::string caPem;
    std::string monitorUrl;  // empty: not known
};

Result<BrokerAddress> addressOf(const ExternalBroker& broker, const std::string& ownCaPem);
BrokerAddress addressOf(const RunningBroker& child, const std::string& ownCaPem);

}  // namespace pcg::controlplane::broker
