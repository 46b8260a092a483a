// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/sim_config.h"

#include "common/base/text.h"
#include "common/net/connect.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

namespace pcg::controlplane {
namespace {

constexpr ErrorCode kUsage{ErrorClass::Input, "controlplane.usage"};
constexpr std::uint16_t kBrokerPort = 4222;
constexpr std::size_t kMaxBrokerUrls = 16;

tl::unexpected<Error> usage(std::string message) { return fail(kUsage, message + " See --help."); }

std::string inQuotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

struct AddressAndPort {
    std::string address;
    std::uint16_t port = 0;
};

Result<AddressAndPort> parseListen(std::string_view option, std::string_view text) {
    const auto colon = text.rfind(':');
    const auto port =
        colon == std::string_view::npos ? std::nullopt : parseUnsigned(text.substr(colon + 1));
    if (!port || *port > 65535 || colon == 0) {
        return usage(std::string(option) + " " + inQuotes(text) +
                     " is not ADDRESS:PORT, for example 127.0.0.1:8443.");
    }
    return AddressAndPort{std::string(text.substr(0, colon)), static_cast<std::uint16_t>(*port)};
}

std::vector<std::string> parseList(std::string_view text) {
    std::vector<std::string> items;
    for (const auto item : split(text, ',')) {
        if (!trimAscii(item).empty()) items.emplace_back(trimAscii(item));
    }
    return items;
}

// "90s", "24h", "30d".
std::optional<std::chrono::seconds> parseDuration(std::string_view text) {
    if (text.size() < 2) return std::nullopt;
    const auto number = parseUnsigned(text.substr(0, text.size() - 1));
    if (!number || *number > 1'000'000'000) return std::nullopt;
    const std::chrono::seconds count(static_cast<std::int64_t>(*number));
    switch (text.back()) {
        case 's':
            return count;
        case 'm':
            return count * 60;
        case 'h':
            return count * 3600;
        case 'd':
            return count * 86400;
        default:
            return std::nullopt;
    }
}

Result<std::chrono::seconds> parseLifetime(std::string_view option,
                                           std::string_view text,
                                           std::chrono::seconds most) {
    const auto life = parseDuration(text);
    if (!life || *life < kMinLifetime || *life > most) {
        return usage(std::string(option) + " " + inQuotes(text) + " is not a time from " +
                     std::to_string(kMinLifetime.count()) + "s to " +
                     std::to_string(std::chrono::duration_cast<std::chrono::days>(most).count()) +
                     "d, for example 24h.");
    }
    return *life;
}

Result<std::uint64_t> number(std::string_view option, std::string_view text, std::uint64_t most) {
    const auto parsed = parseUnsigned(text);
    if (parsed && *parsed >= 1 && *parsed <= most) return *parsed;
    return usage(std::string(option) + " takes a whole number from 1 to " + std::to_string(most) +
                 ", not " + inQuotes(text) + ".");
}

Result<> setListen(SimConfig& config, std::string_view text) {
    auto listen = PCG_TRY(parseListen("--listen", text));
    config.listenAddress = std::move(listen.address);
    config.listenPort = listen.port;
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
        return usage("--log-level takes debug, info or warn, not " + inQuotes(text) + ".");
    return {};
}

// What is said about brokers is collected first: the options come in any order.
struct BrokerWords {
    std::string mode = "child";
    ExternalBroker external;
    BrokerExportOrder order;
    bool onlyExternal = false;
    bool onlyExport = false;
};

struct Option {
    std::string_view name;
    Result<> (*take)(SimConfig&, BrokerWords&, std::string_view);
};

constexpr auto kIgnored = [](SimConfig&, BrokerWords&, std::string_view) -> Result<> { return {}; };

template <auto Member>
Result<> take(SimConfig& config, BrokerWords&, std::string_view text) {
    config.*Member = text;
    return {};
}

const std::vector<Option>& options() {
    using Words = BrokerWords;
    using Text = std::string_view;
    static const std::vector<Option> all = {
        {"--state-dir", take<&SimConfig::stateDir>},
        {"--listen", [](SimConfig& config, Words&, Text text) { return setListen(config, text); }},
        {"--public-host", take<&SimConfig::publicHost>},
        {"--nats-server", take<&SimConfig::natsServer>},
        {"--portal-dir", take<&SimConfig::portalDir>},
        {"--tls-certificate-file", take<&SimConfig::tlsCertificate>},
        {"--tls-key-file", take<&SimConfig::tlsKey>},
        {"--broker",
         [](SimConfig&, Words& words, Text text) -> Result<> {
             if (text != "child" && text != "external")
                 return usage("--broker takes child or external, not " + inQuotes(text) + ".");
             words.mode = text;
             return {};
         }},
        {"--broker-urls",
         [](SimConfig&, Words& words, Text text) -> Result<> {
             words.external.urls = parseList(text);
             words.onlyExternal = true;
             return {};
         }},
        {"--broker-ca-file",
         [](SimConfig&, Words& words, Text text) -> Result<> {
             words.external.caFile = text;
             words.onlyExternal = true;
             return {};
         }},
        {"--broker-monitor-url",
         [](SimConfig&, Words& words, Text text) -> Result<> {
             words.external.monitorUrl = text;
             words.onlyExternal = true;
             return {};
         }},
        {"--write-broker-config",
         [](SimConfig&, Words& words, Text text) -> Result<> {
             words.order.directory = text;
             return {};
         }},
        {"--broker-listen",
         [](SimConfig&, Words& words, Text text) -> Result<> {
             auto listen = PCG_TRY(parseListen("--broker-listen", text));
             words.order.address = std::move(listen.address);
             words.order.port = listen.port;
             words.onlyExport = true;
             return {};
         }},
        {"--broker-websocket",
         [](SimConfig&, Words& words, Text text) -> Result<> {
             auto listen = PCG_TRY(parseListen("--broker-websocket", text));
             words.order.webSocketAddress = std::move(listen.address);
             words.order.webSocketPort = listen.port;
             words.onlyExport = true;
             return {};
         }},
        {"--broker-monitor-port",
         [](SimConfig&, Words& words, Text text) -> Result<> {
             const auto port = parseUnsigned(text);
             if (!port || *port == 0 || *port > 65535)
                 return usage("--broker-monitor-port takes 1 to 65535, not " + inQuotes(text) +
                              ".");
             words.order.monitorPort = static_cast<std::uint16_t>(*port);
             words.onlyExport = true;
             return {};
         }},
        {"--broker-names",
         [](SimConfig&, Words& words, Text text) -> Result<> {
             words.order.names = parseList(text);
             words.onlyExport = true;
             return {};
         }},
        {"--broker-certificate",
         [](SimConfig&, Words& words, Text text) -> Result<> {
             words.order.certificate = text;
             words.onlyExport = true;
             return {};
         }},
        {"--broker-key",
         [](SimConfig&, Words& words, Text text) -> Result<> {
             words.order.key = text;
             words.onlyExport = true;
             return {};
         }},
        {"--token-lifetime",
         [](SimConfig& config, Words&, Text text) -> Result<> {
             config.lifetimes.token =
                 PCG_TRY(parseLifetime("--token-lifetime", text, kMaxTokenLifetime));
             return {};
         }},
        {"--certificate-lifetime",
         [](SimConfig& config, Words&, Text text) -> Result<> {
             config.lifetimes.certificate =
                 PCG_TRY(parseLifetime("--certificate-lifetime", text, kMaxCertificateLifetime));
             return {};
         }},
        {"--tenant-requests",
         [](SimConfig& config, Words&, Text text) -> Result<> {
             const auto requests = PCG_TRY(number("--tenant-requests", text, 1'000'000));
             config.budget.requestsPerSecond = static_cast<std::uint32_t>(requests);
             return {};
         }},
        {"--tenant-streams",
         [](SimConfig& config, Words&, Text text) -> Result<> {
             config.budget.streams = PCG_TRY(number("--tenant-streams", text, 16'384));
             return {};
         }},
        {"--tenant-mib",
         [](SimConfig& config, Words&, Text text) -> Result<> {
             config.budget.bytesPerSecond =
                 PCG_TRY(number("--tenant-mib", text, 1'000'000)) * 1_MiB;
             return {};
         }},
        {"--system-gateways",
         [](SimConfig& config, Words&, Text text) -> Result<> {
             config.systemGateways = PCG_TRY(number("--system-gateways", text, 64));
             return {};
         }},
        {"--system-gateway-networks",
         [](SimConfig& config, Words&, Text text) -> Result<> {
             auto networks = net::parseNetworks(text);
             if (!networks)
                 return usage("--system-gateway-networks: " + networks.error().message());
             config.systemGatewayNetworks = std::move(*networks);
             return {};
         }},
        {"--system-gateway-program", take<&SimConfig::systemGatewayProgram>},
        {"--audit-days",
         [](SimConfig& config, Words&, Text text) -> Result<> {
             const auto days = PCG_TRY(number("--audit-days", text, 36'500));
             config.audit.age = std::chrono::days(static_cast<std::int64_t>(days));
             return {};
         }},
        {"--audit-rows",
         [](SimConfig& config, Words&, Text text) -> Result<> {
             config.audit.rows = PCG_TRY(number("--audit-rows", text, 1'000'000'000));
             return {};
         }},
        {"--log-level",
         [](SimConfig& config, Words&, Text text) { return setLevel(config, text); }},
        {"--rotate-root-key", kIgnored},
        {"--check-config", kIgnored},
        {"--help", kIgnored},
    };
    return all;
}

Result<const Option*> findOption(std::string_view name) {
    std::vector<std::string> names;
    for (const auto& option : options()) {
        if (option.name == name) return &option;
        names.emplace_back(option.name);
    }
    const auto meant = didYouMean(name, names);
    return usage("There is no option " + inQuotes(name) + "." +
                 (meant ? " Did you mean " + *meant + "?" : std::string()));
}

Result<> checkUrls(const std::vector<std::string>& urls) {
    if (urls.empty() || urls.size() > kMaxBrokerUrls) {
        return usage(
            "--broker external needs --broker-urls with 1 to 16 addresses, for example "
            "tls://bus.example.com:4222.");
    }
    for (const auto& url : urls) {
        const auto begins = [&url](std::string_view scheme) { return url.starts_with(scheme); };
        if (!begins("tls://") && !begins("tls-first://") && !begins("wss://"))
            return usage("The broker's address " + inQuotes(url) +
                         " must begin with tls://, with tls-first:// where it does TLS before its "
                         "greeting, or with wss:// for WebSocket.");
        const auto target = net::targetOfUrl(url, kBrokerPort);
        if (!target) return usage("--broker-urls: " + target.error().message() + ".");
    }
    // The control plane itself goes by NATS: it stands beside the broker.
    if (std::ranges::none_of(urls, [](const auto& url) { return url.starts_with("tls://"); }))
        return usage(
            "--broker-urls needs a tls:// address beside the others: the control plane's own.");
    return {};
}

Result<> settleBroker(SimConfig& config, BrokerWords words) {
    if (words.mode == "external") {
        PCG_TRY(checkUrls(words.external.urls));
        if (!config.natsServer.empty())
            return usage("--nats-server is for --broker child: an external one runs already.");
        config.broker = std::move(words.external);
    } else if (words.onlyExternal) {
        return usage(
            "--broker-urls, --broker-ca-file and --broker-monitor-url are for "
            "--broker external.");
    }
    if (words.order.directory.empty()) {
        if (words.onlyExport) {
            return usage(
                "--broker-listen, --broker-websocket, --broker-monitor-port, --broker-names, "
                "--broker-certificate and --broker-key are for --write-broker-config DIR.");
        }
        return {};
    }
    if (words.order.certificate.empty() != words.order.key.empty())
        return usage("--broker-certificate and --broker-key go together.");
    if (words.order.names.empty())
        words.order.names = {config.publicHost, "localhost", "127.0.0.1"};
    config.exportBroker = std::move(words.order);
    return {};
}

}  // namespace

Result<SimConfig> SimConfig::parse(std::span<const char* const> arguments) {
    SimConfig config;
    BrokerWords words;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        const auto equals = argument.find('=');
        const auto* option = PCG_TRY(findOption(argument.substr(0, equals)));
        if (option->name == "--help") {
            config.help = true;
        } else if (option->name == "--check-config") {
            config.checkOnly = true;
        } else if (option->name == "--rotate-root-key") {
            config.rotateRootKey = true;
        } else if (equals != std::string_view::npos) {
            PCG_TRY(option->take(config, words, argument.substr(equals + 1)));
        } else if (i + 1 < arguments.size()) {
            PCG_TRY(option->take(config, words, arguments[++i]));
        } else {
            return usage("The option " + std::string(option->name) + " needs a value.");
        }
    }
    if (config.help) return config;
    if (config.stateDir.empty())
        return usage("--state-dir DIR is needed: everything that must survive is kept there.");
    if (config.tlsCertificate.empty() != config.tlsKey.empty())
        return usage("--tls-certificate-file and --tls-key-file are given together or not at all.");
    if (config.publicHost.empty()) return usage("--public-host must not be empty.");
    PCG_TRY(settleBroker(config, std::move(words)));
    return config;
}

}  // namespace pcg::controlplane
