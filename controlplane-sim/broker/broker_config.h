// SPDX-License-Identifier: Apache-2.0
// The configuration of the nats-server that we run, or that somebody else runs for us: a pure
// function from settings to text.
//
// Operator mode with a full account resolver, TLS with client certificates of our CA, monitoring on
// loopback. What is not written is off: MQTT, leaf nodes, clustering, JetStream, no_auth_user and
// mappings have each been the way into a broker (docs/adr/0004). So has WebSocket: it asks for the
// client's certificate before it reads a request (docs/adr/0016). Works with nats-server 2.9.10 and
// later.
#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace pcg::controlplane::broker {

struct Ports {
    // 0: the system chooses.
    std::uint16_t client = 0;
    std::uint16_t monitor = 0;
    std::uint16_t webSocket = 0;

    friend bool operator==(const Ports&, const Ports&) = default;
};

struct BrokerSettings {
    std::string note = "Written by pcg-controlplane-sim at each start; changes are lost.";
    std::string host = "127.0.0.1";  // where clients connect; an IP address
    Ports ports;
    std::string webSocketHost = {};  // where clients connect by WebSocket; empty: they cannot
    std::string operatorJwt;
    std::string systemAccount;     // "A..."
    std::string systemAccountJwt;  // the server must know it before it can be told of others
    std::filesystem::path certificateChain;
    std::filesystem::path privateKey;
    std::filesystem::path clientAuthorities;
    std::filesystem::path
        accountsDirectory;  // the server's own: it keeps the tenants' tokens there
};

// broker.settings when a value could break out of its place in the text (a quote, a control
// character) or a token or key has another form than it must have.
Result<std::string> makeBrokerConfig(const BrokerSettings& settings);

}  // namespace pcg::controlplane::broker
