// SPDX-License-Identifier: Apache-2.0
#include "common/base/text.h"
#include "common/crypto/random.h"
#include "common/crypto/x509.h"
#include "common/http/origin.h"
#include "common/log/log.h"
#include "controlplane-sim/cli/call_command.h"
#include "controlplane-sim/cli/command_line.h"
#include "controlplane-sim/cli/endpoint_command.h"
#include "controlplane-sim/cli/input.h"
#include "controlplane-sim/cli/pair_command.h"
#include "controlplane-sim/cli/terminal.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <sys/prctl.h>
#include <sys/resource.h>

namespace {

using namespace pcg;
using namespace pcg::controlplane;

struct Connection {
    std::shared_ptr<http::Caller> caller;
    Secret token;
    std::vector<pairing::Hash> roots;
};

Result<Connection> connectionFor(net::Loop& loop, const cli::CommandLine& line) {
    const auto target = PCG_TRY(http::parseHttpsOrigin(line.server));
    const auto pem = PCG_TRY(cli::readFile("--ca", line.caFile));
    const auto certificates = PCG_TRY(crypto::parsePemCertificates(pem));
    Connection connection;
    for (const auto& certificate : certificates)
        connection.roots.push_back(certificate.spkiSha256());
    auto token = PCG_TRY(cli::readFile("--token-file", line.tokenFile));
    connection.token = Secret::fromText(trimAscii(token));
    wipe(token);
    connection.caller = PCG_TRY(http::httpsCaller(loop, target, net::TrustCa{pem}));
    return connection;
}

net::Task<void> runPair(cli::PairCommand& command, net::Loop& loop, bool& paired) {
    paired = co_await command.run();
    loop.stop();
}

int pair(const cli::CommandLine& line) {
    net::Loop loop{1};
    cli::AnswerReader reader(loop);
    cli::Terminal terminal(line.json, reader);
    const auto failed = [&terminal](const Error& error) {
        terminal.failed(error);
        return 1;
    };
    std::string typed = line.code;
    if (typed == "-") std::getline(std::cin, typed);
    auto code = pairing::PairingCode::parse(typed);
    wipe(typed);
    if (!code) return failed(code.error());
    auto connection = connectionFor(loop, line);
    if (!connection) return failed(connection.error());
    SystemClock clock;
    crypto::SystemRandom random;
    cli::TenantApi api(connection->caller, std::move(connection->token));
    cli::PairCommand command(
        api,
        terminal,
        clock,
        random,
        {std::move(*code), line.label, line.server + "/pair/v1", std::move(connection->roots)});
    terminal.onAnswer([&command](bool yes) { command.answer(yes); });
    bool paired = false;
    net::asio::co_spawn(loop, runPair(command, loop, paired), net::asio::detached);
    loop.run();
    return paired ? 0 : 1;
}

net::Task<void> runCall(cli::TenantApi& api,
                        const cli::CommandLine& line,
                        Random& random,
                        int& exitCode) {
    exitCode = co_await cli::runCall(api, line, random);
}

net::Task<void> askOnce(cli::TenantApi& api,
                        cli::TenantApi::Request request,
                        std::optional<Result<http::WholeResponse>>& answer) {
    answer.emplace(co_await api.call(std::move(request)));
}

// A loop and a connection for each request: in between a person thinks as long as they like.
Result<codec::json::Object> ask(const cli::CommandLine& line, cli::TenantApi::Request request) {
    net::Loop loop{1};
    auto connection = PCG_TRY(connectionFor(loop, line));
    cli::TenantApi api(connection.caller, std::move(connection.token));
    std::optional<Result<http::WholeResponse>> answer;
    net::asio::co_spawn(loop, askOnce(api, std::move(request), answer), net::asio::detached);
    loop.run();
    const auto response = PCG_TRY(std::move(*answer));
    return codec::json::parseObject(asText(response.body));
}

int converse(const cli::CommandLine& line) {
    crypto::SystemRandom random;
    cli::TerminalPerson person(line.json);
    cli::EndpointCommand command(
        [&line](cli::TenantApi::Request request) { return ask(line, std::move(request)); },
        person,
        random);
    const auto endpoint = command.run(line);
    if (endpoint) {
        cli::printAnswer(*endpoint, line.json);
        return 0;
    }
    std::fprintf(stderr, "pcg: %s\n", endpoint.error().message().c_str());
    return cli::exitCodeOf(endpoint.error());
}

int call(const cli::CommandLine& line) {
    if (line.command->dialogue != cli::Dialogue::None) return converse(line);
    net::Loop loop{1};
    auto connection = connectionFor(loop, line);
    if (!connection) {
        std::fprintf(stderr, "pcg: %s\n", connection.error().message().c_str());
        return cli::exitCodeOf(connection.error());
    }
    crypto::SystemRandom random;
    cli::TenantApi api(connection->caller, std::move(connection->token));
    int exitCode = 1;
    net::asio::co_spawn(loop, runCall(api, line, random, exitCode), net::asio::detached);
    loop.run();
    return exitCode;
}

// Passwords pass through: no core, no other process of the user reads them.
void protectMemory() {
    const rlimit none{0, 0};
    static_cast<void>(::setrlimit(RLIMIT_CORE, &none));
    static_cast<void>(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

std::string variable(const char* name) {
    const auto* value = std::getenv(name);
    return value == nullptr ? std::string() : value;
}

}  // namespace

int main(int argc, char** argv) {
    std::signal(SIGPIPE, SIG_IGN);
    protectMemory();
    log::setLevel(log::Level::Error);
    const auto line = cli::parseCommandLine(
        {argv + 1, argv + argc},
        {variable("PCG_SERVER"), variable("PCG_CA"), variable("PCG_TOKEN_FILE")});
    if (!line) {
        std::fprintf(stderr, "pcg: %s\n", line.error().message().c_str());
        return 2;
    }
    switch (line->verb) {
        case cli::Verb::Help:
            std::fputs(cli::helpText().c_str(), stdout);
            return 0;
        case cli::Verb::Pair:
            return pair(*line);
        case cli::Verb::Completion:
            std::fputs(cli::bashCompletion().c_str(), stdout);
            return 0;
        case cli::Verb::Call:
            return call(*line);
    }
    return 2;
}
