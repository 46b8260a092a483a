// SPDX-License-Identifier: Apache-2.0
// What pcg-controlplane-sim is told on its command line. Everything else it decides and keeps in
// its state directory. Values only.
#pragma once

#include "common/base/result.h"
#include "common/log/log.h"
#include "common/net/network.h"
#include "controlplane-sim/audit/audit_store.h"
#include "controlplane-sim/budget/budgets.h"
#include "controlplane-sim/lifetimes.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pcg::controlplane {

// A nats-server that somebody else runs (docs/operator/broker.md).
struct ExternalBroker {
    std::vector<std::string> urls;  // tls://, tls-first:// and wss://HOST:PORT
    std::filesystem::path caFile;   // empty: its certificate is from our own authority
    std::string monitorUrl;         // for ready.json; empty: not known
};

// What --write-broker-config writes, and for whom.
struct BrokerExportOrder {
    std::filesystem::path directory;
    std::string address = "0.0.0.0";  // where it listens
    std::uint16_t port = 4222;
    std::uint16_t monitorPort = 8222;  // on loopback
    std::string webSocketAddress;      // where it listens for WebSockets; empty: not at all
    std::uint16_t webSocketPort = 443;
    std::vector<std::string> names;     // in its certificate, names and addresses
    std::filesystem::path certificate;  // its own, with the key; empty: one of ours
    std::filesystem::path key;
};

struct SimConfig {
    std::filesystem::path stateDir;
    std::string listenAddress = "127.0.0.1";
    std::uint16_t listenPort = 0;          // 0: a free one at the first start, kept afterwards
    std::string publicHost = "localhost";  // the name in certificates and ingress URLs
    std::filesystem::path natsServer;      // empty: looked for in PATH
    std::filesystem::path portalDir;       // empty: no portal is served
    std::filesystem::path tlsCertificate;  // with tlsKey: for the portal's name, from elsewhere
    std::filesystem::path tlsKey;
    BudgetLimits budget;
    AuditRetention audit;
    bool rotateRootKey = false;
    std::filesystem::path systemGatewayProgram;       // empty: pcg-gatewayd beside us
    std::vector<net::Network> systemGatewayNetworks;  // none: no gateway is offered
    std::size_t systemGateways = 8;
    std::optional<ExternalBroker> broker;  // none: a child of ours
    std::optional<BrokerExportOrder> exportBroker;
    Lifetimes lifetimes;
    log::Level logLevel = log::Level::Info;
    bool checkOnly = false;
    bool help = false;

    // api.usage: which option, why, and a did-you-mean.
    static Result<SimConfig> parse(std::span<const char* const> arguments);

    // One "key = value" a line.
    std::string print() const;
};

std::string simUsage();

}  // namespace pcg::controlplane
