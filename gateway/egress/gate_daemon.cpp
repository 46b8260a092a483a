// SPDX-License-Identifier: Apache-2.0
#include "gateway/egress/gate_daemon.h"

#include "common/base/text.h"
#include "common/net/signals.h"
#include "common/process/hardening.h"
#include "common/process/watchdog.h"
#include "gateway/egress/gate.h"
#include "gateway/egress/gate_config.h"

#include <ostream>

namespace pcg::egress {
namespace {

constexpr int kOk = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;

constexpr std::string_view kHelp =
    "pcg-egress: makes the gateway's connections, to what was configured and nowhere else.\n"
    "\n"
    "Usage: pcg-egress --config FILE [--check-config]\n"
    "\n"
    "  --config FILE        JSON configuration; see docs/operator/network.md\n"
    "  --check-config       Check it, print the effective values and exit\n"
    "  --print-config-docs  Print the table of keys in Markdown and exit\n"
    "  --version            Print the version and exit\n"
    "  --help               This text\n"
    "\n"
    "Exit codes: 0 stopped by SIGTERM or SIGINT, 1 failed, 2 usage or configuration.\n";

int complain(std::ostream& err, int code, const std::string& sentence) {
    err << "pcg-egress: " << sentence << std::endl;
    return code;
}

int serve(GateConfig config, std::ostream& err) {
    if (const auto hardened = process::hardenProcess(); !hardened)
        return complain(err, kFailed, hardened.error().message());
    log::setLevel(config.logLevel);
    net::Loop loop{1};
    Gate::Options options{.socket = config.socket, .rules = std::move(config.rules)};
    if (!config.table.empty()) {
        auto opening = openingInTable(config.table);
        if (!opening) return complain(err, kFailed, opening.error().message());
        options.opening = std::move(*opening);
    }
    auto gate = Gate::open(loop, std::move(options));
    if (!gate) return complain(err, kFailed, gate.error().message());
    const auto manager = process::ServiceManager::fromEnvironment();
    const net::StopSignals signals(loop, [&](int) {
        manager.stopping();
        gate->stop();
        loop.stop();
    });
    net::asio::co_spawn(loop, process::feedWatchdog(loop, manager), net::asio::detached);
    manager.ready();
    loop.run();
    return kOk;
}

}  // namespace

int runGate(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
    const std::vector<std::string> known{
        "--config", "--check-config", "--print-config-docs", "--version", "--help"};
    std::string file;
    bool checkOnly = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const auto& word = arguments[i];
        if (word == "--help" || word == "-h") return out << kHelp, kOk;
        if (word == "--version") return out << "pcg-egress " << PCG_VERSION << "\n", kOk;
        if (word == "--print-config-docs") return out << gateSchema().markdown(), kOk;
        if (word == "--check-config") {
            checkOnly = true;
        } else if (word == "--config" && i + 1 < arguments.size()) {
            file = arguments[++i];
        } else if (word == "--config") {
            return complain(err, kUsage, "--config needs a value: FILE. See: pcg-egress --help.");
        } else {
            const auto meant = didYouMean(word, known);
            return complain(err,
                            kUsage,
                            "\"" + word + "\" is not an option." +
                                (meant ? " Did you mean " + *meant + "?" : "") +
                                " See: pcg-egress --help.");
        }
    }
    if (file.empty())
        return complain(err, kUsage, "--config FILE is missing. See: pcg-egress --help.");
    const auto settings = config::load(gateSchema(), file);
    if (!settings) return complain(err, kUsage, settings.error().message());
    auto config = gateConfigFrom(*settings, file);
    if (!config) return complain(err, kUsage, config.error().message());
    if (checkOnly) return out << settings->print(gateSchema()), kOk;
    return serve(std::move(*config), err);
}

}  // namespace pcg::egress
