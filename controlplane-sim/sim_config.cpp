// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/sim_config.h"

#include "common/base/text.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

namespace pcg::controlplane {
namespace {

constexpr ErrorCode kUsage{ErrorClass::Input, "controlplane.usage"};

const std::vector<std::string>& optionNames() {
    static const std::vector<std::string> names = {"--state-dir",
                                                   "--listen",
                                                   "--public-host",
                                                   "--nats-server",
                                                   "--portal-dir",
                                                   "--tls-certificate-file",
                                                   "--tls-key-file",
                                                   "--check-config",
                                                   "--log-level",
                                                   "--tenant-requests",
                                                   "--tenant-streams",
                                                   "--tenant-mib",
                                                   "--audit-days",
                                                   "--audit-rows",
                                                   "--rotate-root-key",
                                                   "--help"};
    return names;
}

tl::unexpected<Error> usage(std::string message) { return fail(kUsage, message + " See --help."); }

Result<> setListen(SimConfig& config, std::string_view text) {
    const auto colon = text.rfind(':');
    const auto port =
        colon == std::string_view::npos ? std::nullopt : parseUnsigned(text.substr(colon + 1));
    if (!port || *port > 65535 || colon == 0) {
        return usage("--listen \"" + std::string(text) +
                     "\" is not ADDRESS:PORT, for example 127.0.0.1:8443.");
    }
    config.listenAddress = text.substr(0, colon);
    config.listenPort = static_cast<std::uint16_t>(*port);
    return {};
}

Result<> setLevel(SimConfig& config, std::string_view text) {
    if (text == "debug")
        config.logLevel = log::Level::Debug;
    else if (text == "info")
        config.logLevel = log::Level::Info;
    else if (text == "warn")
        config.logLevel = log::Level::Warn;
    else
        return usage("--log-level takes debug, info or warn, not \"" + std::string(text) + "\".");
    return {};
}

Result<std::uint64_t> number(std::string_view name, std::string_view value, std::uint64_t most) {
    const auto parsed = parseUnsigned(value);
    if (parsed && *parsed >= 1 && *parsed <= most) return *parsed;
    return usage(std::string(name) + " takes a whole number from 1 to " + std::to_string(most) +
                 ", not \"" + std::string(value) + "\".");
}

// False when the option is another one.
Result<bool> setBound(SimConfig& config, std::string_view name, std::string_view value) {
    if (name == "--tenant-requests") {
        config.budget.requestsPerSecond =
            static_cast<std::uint32_t>(PCG_TRY(number(name, value, 1'000'000)));
    } else if (name == "--tenant-streams") {
        config.budget.streams = PCG_TRY(number(name, value, 16'384));
    } else if (name == "--tenant-mib") {
        config.budget.bytesPerSecond = PCG_TRY(number(name, value, 1'000'000)) * 1_MiB;
    } else if (name == "--audit-days") {
        config.audit.age =
            std::chrono::days(static_cast<std::int64_t>(PCG_TRY(number(name, value, 36'500))));
    } else if (name == "--audit-rows") {
        config.audit.rows = PCG_TRY(number(name, value, 1'000'000'000));
    } else {
        return false;
    }
    return true;
}

Result<> set(SimConfig& config, std::string_view name, std::string_view value) {
    if (PCG_TRY(setBound(config, name, value))) return {};
    if (name == "--state-dir")
        config.stateDir = value;
    else if (name == "--listen")
        return setListen(config, value);
    else if (name == "--public-host")
        config.publicHost = value;
    else if (name == "--nats-server")
        config.natsServer = value;
    else if (name == "--portal-dir")
        config.portalDir = value;
    else if (name == "--tls-certificate-file")
        config.tlsCertificate = value;
    else if (name == "--tls-key-file")
        config.tlsKey = value;
    else if (name == "--log-level")
        return setLevel(config, value);
    return {};
}

tl::unexpected<Error> unknown(std::string_view name) {
    const auto meant = didYouMean(name, optionNames());
    return usage("There is no option \"" + std::string(name) + "\"." +
                 (meant ? " Did you mean " + *meant + "?" : std::string()));
}

bool isOption(std::string_view name) {
    return std::find(optionNames().begin(), optionNames().end(), name) != optionNames().end();
}

}  // namespace

Result<SimConfig> SimConfig::parse(std::span<const char* const> arguments) {
    SimConfig config;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        const auto equals = argument.find('=');
        const auto name = argument.substr(0, equals);
        if (!isOption(name)) return unknown(name);
        if (name == "--help") {
            config.help = true;
        } else if (name == "--check-config") {
            config.checkOnly = true;
        } else if (name == "--rotate-root-key") {
            config.rotateRootKey = true;
        } else if (equals != std::string_view::npos) {
            PCG_TRY(set(config, name, argument.substr(equals + 1)));
        } else if (i + 1 < arguments.size()) {
            PCG_TRY(set(config, name, arguments[++i]));
        } else {
            return usage("The option " + std::string(name) + " needs a value.");
        }
    }
    if (config.help) return config;
    if (config.stateDir.empty())
        return usage("--state-dir DIR is needed: everything that must survive is kept there.");
    if (config.tlsCertificate.empty() != config.tlsKey.empty())
        return usage("--tls-certificate-file and --tls-key-file are given together or not at all.");
    if (config.publicHost.empty()) return usage("--public-host must not be empty.");
    return config;
}

std::string SimConfig::print() const {
    return "state-dir = " + stateDir.string() + "\nlisten = " + listenAddress + ":" +
           std::to_string(listenPort) + "\npublic-host = " + publicHost +
           "\nnats-server = " + (natsServer.empty() ? "(from PATH)" : natsServer.string()) +
           "\nportal-dir = " + (portalDir.empty() ? "(none)" : portalDir.string()) +
           "\ntls-certificate-file = " +
           (tlsCertificate.empty() ? "(made here)" : tlsCertificate.string()) +
           "\ntls-key-file = " + (tlsKey.empty() ? "(made here)" : tlsKey.string()) +
           "\ntenant-requests = " + std::to_string(budget.requestsPerSecond) +
           "\ntenant-streams = " + std::to_string(budget.streams) +
           "\ntenant-mib = " + std::to_string(budget.bytesPerSecond / 1_MiB) +
           "\naudit-days = " + std::to_string(audit.age.count()) +
           "\naudit-rows = " + std::to_string(audit.rows) + "\n";
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
                        too (default 400)
  --tenant-mib N        its MiB a second there, both directions together (default 64)
  --tenant-streams N    its calls that may be open at once (default 1024)
  --audit-days N        how long a tenant's audit is kept (default 365)
  --audit-rows N        how many rows of it are kept (default 2000000)
  --rotate-root-key     take another root key before serving; tenants notice nothing
  --log-level LEVEL     debug, info (default) or warn
  --check-config        print the effective values and stop
  --help                this text

When it is usable it writes DIR/ready.json. SIGTERM stops it. Exit code 2: wrong usage, 1: failure.
)";
}

}  // namespace pcg::controlplane
