// SPDX-License-Identifier: Apache-2.0
// What a configuration says of itself: --check-config and --help.
#include "controlplane-sim/sim_config.h"

namespace pcg::controlplane {
namespace {

std::string joined(const std::vector<std::string>& items) {
    std::string text;
    for (const auto& item : items) text += (text.empty() ? "" : ",") + item;
    return text;
}

}  // namespace

std::string SimConfig::print() const {
    std::string text = "state-dir = " + stateDir.string() + "\nlisten = " + listenAddress + ":" +
                       std::to_string(listenPort) + "\npublic-host = " + publicHost + "\n";
    if (broker) {
        text += "broker = external\nbroker-urls = " + joined(broker->urls) + "\nbroker-ca-file = " +
                (broker->caFile.empty() ? "(our own authority)" : broker->caFile.string()) + "\n";
        if (!broker->monitorUrl.empty())
            text += "broker-monitor-url = " + broker->monitorUrl + "\n";
    } else {
        text += "broker = child\nnats-server = " +
                (natsServer.empty() ? "(from PATH)" : natsServer.string()) + "\n";
    }
    text +=
        "portal-dir = " + (portalDir.empty() ? "(none)" : portalDir.string()) +
        "\ntls-certificate-file = " +
        (tlsCertificate.empty() ? "(made here)" : tlsCertificate.string()) +
        "\ntls-key-file = " + (tlsKey.empty() ? "(made here)" : tlsKey.string()) +
        "\ntenant-requests = " + std::to_string(budget.requestsPerSecond) +
        "\ntenant-streams = " + std::to_string(budget.streams) +
        "\ntenant-mib = " + std::to_string(budget.bytesPerSecond / 1_MiB) +
        "\naudit-days = " + std::to_string(audit.age.count()) +
        "\naudit-rows = " + std::to_string(audit.rows) +
        "\nsystem-gateways = " + std::to_string(systemGateways) + "\nsystem-gateway-networks = " +
        (systemGatewayNetworks.empty() ? "(none: not offered)"
                                       : net::textOf(systemGatewayNetworks)) +
        "\nsystem-gateway-program = " +
        (systemGatewayProgram.empty() ? "(beside this program)" : systemGatewayProgram.string()) +
        "\n";
    return text + "token-lifetime = " + std::to_string(lifetimes.token.count()) +
           "s\ncertificate-lifetime = " + std::to_string(lifetimes.certificate.count()) + "s\n";
}

std::string simUsage() {
    return R"(usage: pcg-controlplane-sim --state-dir DIR [OPTIONS]

The SaaS side of the Private Cloud Gateway: pairing relay, authority, message bus, ingress and API.

  --state-dir DIR       where everything is kept (made if missing, mode 0700)
  --listen ADDR:PORT    API and pairing relay (default 127.0.0.1:0; a free port is kept over restarts)
  --public-host NAME    the name in certificates and ingress URLs (default localhost)
  --nats-server FILE    the broker to run (default: nats-server from PATH)
  --portal-dir DIR      the built portal; served at / (default: none)
  --tls-certificate-file FILE  PEM chain for the portal's name, leaf first, and
  --tls-key-file FILE          its key (default: the control plane's own authority issues one)
  --tenant-requests N   a tenant's calls a second through the ingress, while another tenant uses it
                        too (default 250)
  --tenant-mib N        its MiB a second there, both directions together (default 64)
  --tenant-streams N    its calls that may be open at once (default 1024)
  --audit-days N        how long a tenant's audit is kept (default 365)
  --audit-rows N        how many rows of it are kept (default 2000000)
  --system-gateway-networks NET[,NET]  where tenants may have endpoints behind a gateway that runs
                        here, for example 10.1.0.0/16; without it none is offered
  --system-gateways N   how many of these gateways run at most (default 8)
  --system-gateway-program FILE  pcg-gatewayd (default: beside this program, then PATH)
  --rotate-root-key     take another root key before serving; tenants notice nothing
  --token-lifetime T    how long a gateway's bus token is good: 20s to 24h (default 24h)
  --certificate-lifetime T   and its TLS certificate: 20s to 90d (default 30d)
  --log-level LEVEL     debug, info (default) or warn
  --check-config        print the effective values and stop
  --help                this text

A broker that somebody else runs (docs/operator/broker.md):
  --broker external          connect to it instead of running one
  --broker-urls URL[,URL]    tls://HOST:PORT, and for gateways that only HTTPS is let out for
                             tls-first://HOST[:PORT] (a broker that does TLS before it greets) or
                             wss://HOST[:PORT] (WebSocket); gateways get them too
  --broker-ca-file FILE      who signs its certificate (default: our own authority)
  --broker-monitor-url URL   only told in ready.json
  --write-broker-config DIR  write its configuration and stop; with:
    --broker-listen ADDR:PORT  where it listens (default 0.0.0.0:4222)
    --broker-websocket ADDR:PORT  where it takes WebSockets, 443 at best (default: nowhere)
    --broker-monitor-port N    where it is monitored, on loopback (default 8222)
    --broker-names N[,N]       names and addresses in its certificate
                               (default: the public host, localhost, 127.0.0.1)
    --broker-certificate FILE --broker-key FILE   its own certificate instead of one of ours

When it is usable it writes DIR/ready.json. SIGTERM stops it. Exit code 2: wrong usage, 1: failure.
)";
}

}  // namespace pcg::controlplane
