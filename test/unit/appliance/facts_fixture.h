// SPDX-License-Identifier: Apache-2.0
// What the console knows on a machine where everything is as it should be.
#pragma once

#include "appliance/console/facts.h"

namespace pcg::appliance {

// A code is offered.
inline Facts offeredFacts() {
    Facts facts;
    facts.version = "1.2.3";
    facts.hostname = "gw1";
    facts.controlplane = "https://pair.example.com";
    facts.source = "ISO";
    facts.machine = {
        true, {"ens192"}, {"192.0.2.10"}, "192.0.2.1", "pair.example.com", true, {true}};
    facts.gateway.answers = true;
    facts.gateway.state = "offered";
    facts.gateway.code = "7K3M-Q9TD-X4WS";
    facts.gateway.expiresInSeconds = 500;
    facts.gateway.target = "pair.example.com:443";
    facts.gateway.way = "direct";
    return facts;
}

// It was paired.
inline Facts pairedFacts() {
    auto facts = offeredFacts();
    facts.gateway.state = "active";
    facts.gateway.code.clear();
    facts.gateway.tenantName = "tenant-a";
    facts.gateway.link = "up";
    facts.gateway.busWay = "direct";
    facts.gateway.controlplaneNow = LateAnswer{true};
    facts.gateway.warnings = {{"root_key_in_file", "note", "The root key is a file on this disk"}};
    return facts;
}

}  // namespace pcg::appliance
