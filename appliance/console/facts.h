// SPDX-License-Identifier: Apache-2.0
// What the console knows at one moment. Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "appliance/properties/settings.h"

namespace pcg::appliance {

struct ClockFacts {
    bool isSet = false;                      // by NTP
    std::string server{};                    // who set it, or was asked last
    std::optional<std::int64_t> offsetMs{};  // how far off it was when it was asked last
    std::string says{};                      // "2026-11-22 13:44 UTC"
    std::int64_t uptimeSeconds = 0;
};

// To what takes long to be answered: by a name server, by the control plane.
struct LateAnswer {
    bool okay = false;
    std::string code{};  // else: "net.timeout"
    std::string text{};  // likewise, a sentence
};

struct MachineFacts {
    bool carrier = false;
    std::vector<std::string> interfaces;  // "ens192"
    std::vector<std::string> addresses;   // "10.0.0.5", global ones
    std::string router;                   // the default route's; empty: there is none
    std::string nameLookedUp{};           // the proxy's or the control plane's
    bool namesResolve = false;            // that one, or it is an address
    ClockFacts clock{};
    bool namesPending = false;  // nobody has answered yet whether they do
    bool routerSilent = false;  // the kernel asked the link for it in vain
};

struct EndpointFacts {
    std::string name;
    std::string state;  // "ok"...
    std::string why{};
};

// A box that inspects TLS.
struct InspectionFacts {
    std::string allow;  // "pair.example.com:443": what is to be let through without it
    std::string issuer;
    std::string issuerSha256{};  // hex; empty if it was not shown
    std::string shownSha256{};
};

// What the gateway says a person should act on.
struct GatewayWarning {
    std::string code;      // "state_degraded"
    std::string severity;  // "note", "warning", "critical"
    std::string title;
    std::string subject{};
    std::string detail{};
    std::string nextStep{};
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

    std::string failure{};  // of pairing or link: "net.proxy_forbidden"
    std::string target{};   // the control plane's "pair.example.com:443"
    std::string proxy{};    // "http://proxy.example.com:3128"; empty: none
    std::string way{};      // to the control plane: "direct", "through the proxy ..."
    std::string busWay{};   // likewise; "WebSocket, direct"
    std::vector<InspectionFacts> inspections{};
    std::string wayWhy{};     // why that way
    std::string busWayWhy{};  // likewise
    bool readOnly = false;
    std::vector<GatewayWarning> warnings{};       // the gravest first
    std::optional<LateAnswer> controlplaneNow{};  // asked while paired: the bus says nothing of it
    std::string lastWords{};                      // why it does not answer, if that is known
};

struct Facts {
    bool isAppliance = true;  // else a machine of somebody's own, with the gateway on it
    std::string version;
    std::string hostname;
    std::string controlplane;  // empty: not given
    std::string proxy{};       // as it was given; empty: none
    std::string source;        // of the properties
    std::vector<Problem> problems;
    MachineFacts machine;
    GatewayFacts gateway;
    std::string notice;  // an answer to what was typed
};

}  // namespace pcg::appliance
