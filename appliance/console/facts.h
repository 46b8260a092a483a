// SPDX-License-Identifier: Apache-2.0
// What the console knows at one moment. Values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "appliance/properties/settings.h"

namespace pcg::appliance {

struct MachineFacts {
    bool carrier = false;
    std::vector<std::string> interfaces;  // "ens192"
    std::vector<std::string> addresses;   // "10.0.0.5", global ones
    std::string router;                   // the default route's; empty: there is none
    bool namesResolve = false;            // the control plane's name, or it is an address
    bool clockIsSet = false;              // by NTP
};

struct EndpointFacts {
    std::string name;
    std::string state;  // "ok"...
    std::string why{};
};

// What the gateway says on its control socket.
struct GatewayFacts {
    bool answers = false;
    std::string state;  // of the pairing: "offered"...
    std::string message;
    std::string code;
    std::int64_t expiresInSeconds = 0;
    std::string sas;
    std::string tenantName;
    std::string tenantId;
    std::string requestedBy;
    std::string link;  // "up"...
    std::string linkWhy;
    bool paused = false;  // by the red button
    std::vector<EndpointFacts> endpoints;
};

struct Facts {
    std::string version;
    std::string hostname;
    std::string controlplane;  // empty: not given
    std::string source;        // of the properties
    std::vector<Problem> problems;
    MachineFacts machine;
    GatewayFacts gateway;
    std::string notice;  // an answer to what was typed
};

}  // namespace pcg::appliance
