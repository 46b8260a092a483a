// SPDX-License-Identifier: Apache-2.0
// maas-sim: a MAAS region on loopback. `maas-sim --help` says what it takes.
#include "common/base/text.h"
#include "common/crypto/random.h"
#include "common/http/problem.h"
#include "common/http/server.h"
#include "common/net/signals.h"
#include "test/peers/maas-sim/front.h"
#include "test/support/https/server_tls.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace pcg::maassim {
namespace {

const ErrorCode kUsage{ErrorClass::Input, "maas_sim.usage"};

constexpr auto kHelp =
    "Usage: maas-sim --dir DIR [OPTIONS]\n\n"
    "A simulated MAAS region (API 2.0) on loopback, for tests.\n\n"
    "  --dir DIR            ready.json, ca.pem and requests.log are written there\n"
    "  --port N             plain HTTP; 0, the default, takes a free port\n"
    "  --tls-port N         HTTPS with a certificate of its own (ca.pem); default 0\n"
    "  --machines N         1 to 5000, default 10\n"
    "  --version V          3.7 (the default) or 3.8, which has no VM hosts\n"
    "  --time-scale X       1 is real time (a deployment takes 4 minutes); default 0.01\n"
    "  --api-key C:T:S      the administrator's key; made up if not given\n"
    "  --user-key C:T:S     a second user's, who is no administrator\n"
    "  --request-log FILE   one JSON line for each request, without secrets\n";

struct Options {
    std::string dir;
    std::uint16_t port = 0;
    std::uint16_t tls_port = 0;
    RegionOptions region;
    double scale = 0.01;
    std::string api_key;
    std::string user_key;
    std::string request_log;
};

Result<std::uint64_t> numberIn(const std::string& name,
                               const std::string& text,
                               std::uint64_t low,
                               std::uint64_t high) {
    const auto number = parseUnsigned(text);
    if (number && *number >= low && *number <= high) return *number;
    return fail(
        kUsage,
        name + ": must be a number from " + std::to_string(low) + " to " + std::to_string(high));
}

Result<> takeOption(Options& options, const std::string& name, const std::string& value) {
    if (name == "--dir") {
        options.dir = value;
    } else if (name == "--port") {
        options.port = static_cast<std::uint16_t>(PCG_TRY(numberIn(name, value, 0, 65535)));
    } else if (name == "--tls-port") {
        options.tls_port = static_cast<std::uint16_t>(PCG_TRY(numberIn(name, value, 0, 65535)));
    } else if (name == "--machines") {
        options.region.machines = static_cast<int>(PCG_TRY(numberIn(name, value, 1, 5000)));
    } else if (name == "--version" && (value == "3.7" || value == "3.8")) {
        options.region.is38 = value == "3.8";
    } else if (name == "--time-scale" && std::strtod(value.c_str(), nullptr) > 0) {
        options.scale = std::strtod(value.c_str(), nullptr);
    } else if (name == "--api-key") {
        options.api_key = value;
    } else if (name == "--user-key") {
        options.user_key = value;
    } else if (name == "--request-log") {
        options.request_log = value;
    } else {
        return fail(kUsage, name + " " + value + ": not understood. See maas-sim --help.");
    }
    return {};
}

Result<Options> parseOptions(const std::vector<std::string>& arguments) {
    Options options;
    for (std::size_t i = 0; i < arguments.size(); i += 2) {
        if (i + 1 == arguments.size()) return fail(kUsage, arguments[i] + " needs a value.");
        PCG_TRY(takeOption(options, arguments[i], arguments[i + 1]));
    }
    if (options.dir.empty()) return fail(kUsage, "--dir DIR is needed.");
    options.region.timings = Timings{}.scaled(options.scale);
    return options;
}

// Keys look like MAAS's own: 18, 18 and 32 letters and digits.
std::string newKey(Random& random) {
    const auto text = [&](std::size_t size) { return toHex(random.array<16>()).substr(0, size); };
    return text(18) + ":" + text(18) + ":" + text(32);
}

net::Task<void> stopBoth(http::Server& plain, http::Server& secure, net::Loop& loop) {
    co_await plain.stop(std::chrono::milliseconds(100));
    co_await secure.stop(std::chrono::milliseconds(100));
    loop.stop();
}

void writeReady(const Options& options, std::uint16_t port, std::uint16_t tls_port) {
    codec::json::Object ready;
    ready.set("url", "http://127.0.0.1:" + std::to_string(port))
        .set("tls_url", "https://127.0.0.1:" + std::to_string(tls_port))
        .set("ca", options.dir + "/ca.pem")
        .set("api_key", options.api_key)
        .set("user_key", options.user_key)
        .set("pid", static_cast<int>(::getpid()));
    const auto fresh = options.dir + "/ready.new";
    std::ofstream(fresh) << codec::json::write(ready) << "\n";
    std::filesystem::rename(fresh, options.dir + "/ready.json");
}

Result<> run(Options options) {
    net::Loop loop;
    SystemClock clock;
    crypto::SystemRandom random;
    if (options.api_key.empty()) options.api_key = newKey(random);
    if (options.user_key.empty()) options.user_key = newKey(random);
    std::vector<Account> accounts;
    auto admin = PCG_TRY(oauth::ApiKey::parse(options.api_key));
    auto other = PCG_TRY(oauth::ApiKey::parse(options.user_key));
    accounts.push_back({std::move(admin), {"admin", true}});
    accounts.push_back({std::move(other), {"user", false}});
    Guard guard(std::move(accounts));
    Region region(options.region);
    for (const auto& account : guard.accounts()) region.users.push_back(account.user);
    Front front({loop, clock, region, guard, options.request_log});
    const auto serve = [&front](const char* scheme) {
        return [&front, scheme](http::Exchange& exchange) { return front.serve(exchange, scheme); };
    };
    http::ServerOptions plainOptions;
    const auto plain = PCG_TRY(
        http::Server::listenTcp(loop, "127.0.0.1", options.port, serve("http"), plainOptions));
    http::ServerOptions secureOptions;
    secureOptions.tls = PCG_TRY(test::loopbackServerTls("maas-sim", options.dir + "/ca.pem"));
    const auto secure = PCG_TRY(http::Server::listenTcp(
        loop, "127.0.0.1", options.tls_port, serve("https"), secureOptions));
    net::StopSignals signals(loop, [&](int) {
        net::asio::co_spawn(loop, stopBoth(*plain, *secure, loop), net::asio::detached);
    });
    writeReady(options, plain->port(), secure->port());
    loop.run();
    return {};
}

}  // namespace
}  // namespace pcg::maassim

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments == std::vector<std::string>{"--help"}) {
        std::fputs(pcg::maassim::kHelp, stdout);
        return 0;
    }
    auto options = pcg::maassim::parseOptions(arguments);
    if (!options) {
        std::fprintf(stderr, "maas-sim: %s\n", options.error().message().c_str());
        return 2;
    }
    const auto done = pcg::maassim::run(std::move(*options));
    if (!done) std::fprintf(stderr, "maas-sim: %s\n", done.error().message().c_str());
    return done ? 0 : 1;
}
