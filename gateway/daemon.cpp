// SPDX-License-Identifier: Apache-2.0
#include "gateway/daemon.h"

#include "common/base/text.h"
#include "common/crypto/random.h"
#include "common/net/signals.h"
#include "common/process/hardening.h"
#include "common/process/watchdog.h"
#include "gateway/app.h"

#include <algorithm>
#include <ostream>

namespace pcg::gateway {
namespace {

constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;

constexpr std::string_view kHelp =
    "pcg-gatewayd: the Private Cloud Gateway.\n"
    "\n"
    "Usage: pcg-gatewayd --config FILE [--check-config]\n"
    "\n"
    "  --config FILE        JSON configuration; see docs/operator/configuration.md\n"
    "  --check-config       Check it, print the effective values and exit\n"
    "  --print-config-docs  Print the table of keys in Markdown and exit\n"
    "  --version            Print the version and exit\n"
    "  --help               This text\n"
    "\n"
    "Exit codes: 0 stopped by SIGTERM or SIGINT, 1 failed, 2 usage or configuration.\n";

struct Options {
    std::string config;
    bool checkConfig = false;
    bool printDocs = false;
    bool version = false;
    bool help = false;
};

// The first thing that is wrong with the arguments; empty if nothing is.
std::string readArguments(const std::vector<std::string>& arguments, Options& options) {
    const std::vector<std::string> known{
        "--config", "--check-config", "--print-config-docs", "--version", "--help"};
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto& word = arguments[i];
        if (word == "--config") {
            if (i + 1 >= arguments.size()) return "--config needs a value: FILE.";
            options.config = arguments[++i];
        } else if (word == "--check-config") {
            options.checkConfig = true;
        } else if (word == "--print-config-docs") {
            options.printDocs = true;
        } else if (word == "--version") {
            options.version = true;
        } else if (word == "--help" || word == "-h") {
            options.help = true;
        } else {
            const auto meant = didYouMean(word, known);
            return "\"" + word + "\" is not an option." +
                   (meant ? " Did you mean " + *meant + "?" : "");
        }
    }
    return {};
}

int complain(std::ostream& err, int code, const std::string& sentence) {
    err << "pcg-gatewayd: " << sentence << std::endl;
    return code;
}

net::Task<void> live(App& app, std::optional<Result<>>& result) {
    auto ended = co_await app.run();
    result.emplace(std::move(ended));
}

int serve(const GatewayConfig& config, std::ostream& err) {
    if (const auto hardened = process::hardenProcess(); !hardened)
        return complain(err, kFailed, hardened.error().message());
    log::setLevel(config.logLevel);
    const SystemClock clock;
    crypto::SystemRandom random;
    net::Loop loop{1};
    auto app = App::create(loop, config, random, clock);
    if (!app) return complain(err, kFailed, app.error().message());
    std::optional<Result<>> result;
    const auto manager = process::ServiceManager::fromEnvironment();
    (*app)->whenReady([&manager] { manager.ready(); });
    net::asio::co_spawn(loop, process::feedWatchdog(loop, manager), net::asio::detached);
    const net::StopSignals signals(loop, [&app, &manager](int) {
        manager.stopping();
        (*app)->stop();
    });
    net::asio::co_spawn(loop, live(**app, result), net::asio::detached);
    while (!result && loop.run_one() > 0) {
    }
    if (!result || *result) return kOk;
    return complain(err, kFailed, result->error().message());
}

}  // namespace

int runDaemon(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
    Options options;
    if (const auto wrong = readArguments(arguments, options); !wrong.empty()) {
        return complain(err, kUsage, wrong + " See: pcg-gatewayd --help.");
    }
    if (options.help) out << kHelp;
    if (options.version) out << "pcg-gatewayd " << gatewayVersion() << "\n";
    if (options.printDocs) out << gatewaySchema().markdown();
    if (options.help || options.version || options.printDocs) return kOk;
    if (options.config.empty())
        return complain(err, kUsage, "--config FILE is missing. See: pcg-gatewayd --help.");
    const auto settings = config::load(gatewaySchema(), options.config);
    if (!settings) return complain(err, kUsage, settings.error().message());
    const auto config = gatewayConfigFrom(*settings, options.config);
    if (!config) return complain(err, kUsage, config.error().message());
    if (options.checkConfig) {
        out << settings->print(gatewaySchema());
        return kOk;
    }
    return serve(*config, err);
}

}  // namespace pcg::gateway
