// SPDX-License-Identifier: Apache-2.0
// The broker as a child: it starts, comes back on its ports, dies with us, and offers nothing it
// should not.
#include "controlplane-sim/broker/broker_config.h"
#include "controlplane-sim/broker/child_process.h"
#include "controlplane-sim/broker/errc.h"
#include "test/integration/broker/broker_lab.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <string>
#include <thread>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace pcg::test {
namespace {

using controlplane::broker::NatsServerProcess;
using controlplane::broker::RunningBroker;
using std::chrono::milliseconds;
using std::chrono::seconds;

bool eventually(const std::function<bool()>& condition, seconds limit = seconds(15)) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(milliseconds(10));
    }
    return true;
}

bool alive(int pid) { return ::kill(pid, 0) == 0; }

TEST(Broker, ComesBackOnItsPortsWithItsAccountsWhenItIsKilled) {
    BrokerLab lab;
    const auto before = *lab.broker_->running();
    const auto gateway = lab.newGateway(lab.newTenant());
    ASSERT_TRUE(NatsClient::connect(lab.loginOf(gateway)));
    ASSERT_EQ(::kill(before.pid, SIGKILL), 0);
    ASSERT_TRUE(eventually([&] {
        const auto now = lab.broker_->running();
        return now && now->pid != before.pid;
    }));
    EXPECT_EQ(lab.broker_->running()->ports, before.ports);
    EXPECT_TRUE(
        NatsClient::connect(lab.loginOf(gateway)));  // without being told of the tenant again
}

TEST(Broker, StopsWhenAskedAndComesBackOnTheSamePorts) {
    BrokerLab lab;
    const auto first = *lab.broker_->running();
    lab.system_.reset();
    lab.broker_->stop();
    EXPECT_FALSE(alive(first.pid));
    NatsServerProcess::Options options;
    options.executable = controlplane::broker::findNatsServer().value();
    options.directory = lab.directory_ / "broker";
    options.settings.certificateChain = options.directory / "server.pem";
    options.settings.privateKey = options.directory / "server.key";
    options.settings.clientAuthorities = options.directory / "clients.pem";
    options.settings.accountsDirectory = options.directory / "accounts";
    options.settings.operatorJwt = lab.issuer_->operatorJwt().value();
    options.settings.systemAccount = lab.issuer_->systemAccount();
    options.settings.systemAccountJwt = lab.issuer_->systemAccountJwt().value();
    const auto again = NatsServerProcess::start(std::move(options), {}, lab.random_).value();
    const auto second = again->waitReady(seconds(20));
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_EQ(second->ports, first.ports);
}

TEST(Broker, DiesWithAControlPlaneThatIsKilled) {
    const char* holder = std::getenv("PCG_BROKER_HOLDER");
    ASSERT_NE(holder, nullptr) << "run it with ctest";
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t parent = ::fork();
    if (parent == 0) {
        ::dup2(ends[1], STDOUT_FILENO);
        ::execl(holder, holder, nullptr);
        ::_exit(127);
    }
    ::close(ends[1]);
    std::array<char, 32> text{};
    ASSERT_GT(::read(ends[0], text.data(), text.size() - 1), 0);
    ::close(ends[0]);
    const int broker = std::atoi(text.data());
    ASSERT_GT(broker, 1);
    ASSERT_TRUE(alive(broker));
    ::kill(parent, SIGKILL);
    ::waitpid(parent, nullptr, 0);
    EXPECT_TRUE(eventually([&] {
        // Reaped between two looks it has no file any more; a zombie is dead as well.
        std::ifstream file("/proc/" + std::to_string(broker) + "/stat");
        std::string status;
        std::getline(file, status);
        return status.empty() || status.find(") Z ") != std::string::npos;
    }));
}

TEST(Broker, SaysInWordsWhyItDoesNotStart) {
    test::TempDir directory;
    crypto::SystemRandom random;
    NatsServerProcess::Options options;
    options.executable = "/nonexistent/nats-server";
    options.directory = directory / "broker";
    options.settings = {.host = "127.0.0.1",
                        .ports = {},
                        .operatorJwt = "not.a.token",
                        .systemAccount = "A",
                        .systemAccountJwt = "x",
                        .certificateChain = directory / "none.pem",
                        .privateKey = directory / "none.key",
                        .clientAuthorities = directory / "none.pem",
                        .accountsDirectory = directory / "accounts"};
    auto missing = options;
    std::promise<std::string> why;
    std::once_flag once;
    auto process = NatsServerProcess::start(
        missing,
        {{}, [&](const std::string& text) { std::call_once(once, [&] { why.set_value(text); }); }},
        random);
    ASSERT_TRUE(process);
    EXPECT_NE(why.get_future().get().find("/nonexistent/nats-server"), std::string::npos);
    (*process)->stop();

    options.executable = controlplane::broker::findNatsServer().value();
    auto broken = NatsServerProcess::start(options, {}, random).value();
    const auto ready = broken->waitReady(seconds(2));
    ASSERT_FALSE(ready);
    EXPECT_TRUE(ready.error().is(controlplane::broker::kStart));
    EXPECT_NE(ready.error().message().find("nats-server"), std::string::npos)
        << ready.error().message();
}

TEST(Broker, OffersNoneOfTheDangerousFeatures) {
    BrokerLab lab;
    const auto variables = httpGet(lab.monitorPort(), "/varz");
    for (const auto* absent :
         {"\"jetstream\": true", "\"no_auth_user\"", "\"host\": \"0.0.0.0\""}) {
        EXPECT_EQ(variables.find(absent), std::string::npos) << absent;
    }
    for (const auto* wanted : {"\"auth_required\": true",
                               "\"tls_required\": true",
                               "\"tls_verify\": true",
                               "\"max_payload\": 1048576",
                               "\"max_pending\": 16777216",
                               "\"max_control_line\": 4096",
                               "\"ping_interval\": 5000000000",
                               "\"ping_max\": 2",
                               "\"cluster\": {}",
                               "\"gateway\": {}",
                               "\"leaf\": {}",
                               "\"mqtt\": {}",
                               "\"websocket\": {}",
                               "\"jetstream\": {}"}) {
        EXPECT_NE(variables.find(wanted), std::string::npos) << wanted << "\n" << variables;
    }
    const auto config = readFile(lab.directory_ / "broker/nats-server.conf");
    for (const auto* word : {"websocket",
                             "mqtt",
                             "leafnodes",
                             "jetstream",
                             "no_auth_user",
                             "cluster",
                             "verify_and_map"}) {
        EXPECT_EQ(config.find(word), std::string::npos) << word;
    }
}

}  // namespace
}  // namespace pcg::test
