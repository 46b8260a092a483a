// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/broker/broker_config.h"

#include "controlplane-sim/broker/bounded_log.h"
#include "controlplane-sim/broker/errc.h"
#include "controlplane-sim/broker/ports_file.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

namespace pcg::controlplane::broker {
namespace {

BrokerSettings settings() {
    return {.host = "127.0.0.1",
            .ports = {},
            .operatorJwt = "eyJ0.eyJp.c2ln",
            .systemAccount = "ASYS",
            .systemAccountJwt = "eyJ1.eyJq.c2lo",
            .certificateChain = "/state/broker/server.pem",
            .privateKey = "/state/broker/server.key",
            .clientAuthorities = "/state/broker/clients.pem",
            .accountsDirectory = "/state/broker/accounts"};
}

TEST(BrokerConfig, LetsTheSystemChoosePortsUntilThereAreSome) {
    auto wanted = settings();
    const auto first = makeBrokerConfig(wanted).value();
    EXPECT_NE(first.find("\nport: -1\n"), std::string::npos);
    EXPECT_NE(first.find("\nhttp: \"127.0.0.1:-1\"\n"), std::string::npos);
    wanted.ports = {4222, 8222};
    const auto second = makeBrokerConfig(wanted).value();
    EXPECT_NE(second.find("\nport: 4222\n"), std::string::npos);
    EXPECT_NE(second.find("\nhttp: \"127.0.0.1:8222\"\n"), std::string::npos);
}

TEST(BrokerConfig, DemandsClientCertificatesAndAeadSuites) {
    const auto text = makeBrokerConfig(settings()).value();
    EXPECT_NE(text.find("verify: true"), std::string::npos);
    EXPECT_NE(text.find("ca_file: \"/state/broker/clients.pem\""), std::string::npos);
    EXPECT_EQ(text.find("CBC"), std::string::npos);
    EXPECT_EQ(text.find("RSA"), std::string::npos);
    EXPECT_EQ(text.find("insecure"), std::string::npos);
}

TEST(BrokerConfig, HasNoDangerousFeature) {
    const auto text = makeBrokerConfig(settings()).value();
    for (const auto* word : {"websocket",
                             "mqtt",
                             "leafnodes",
                             "jetstream",
                             "no_auth_user",
                             "cluster",
                             "gateway",
                             "verify_and_map",
                             "allow_non_tls",
                             "users",
                             "token",
                             "mappings",
                             "profile",
                             "debug",
                             "trace"}) {
        EXPECT_EQ(text.find(word), std::string::npos) << word;
    }
    EXPECT_NE(text.find("allow_delete: false"), std::string::npos);
}

TEST(BrokerConfig, HasWebSocketOnlyWhereItIsWantedAndThereBehindTheSameCertificates) {
    auto wanted = settings();
    wanted.webSocketHost = "127.0.0.1";
    wanted.ports.webSocket = 443;
    const auto text = makeBrokerConfig(wanted).value();
    const auto block = text.substr(text.find("websocket {"));
    EXPECT_NE(block.find("\n  port: 443\n"), std::string::npos);
    EXPECT_NE(block.find("\n  compression: false\n"), std::string::npos);
    EXPECT_NE(block.find("verify: true"), std::string::npos);
    EXPECT_NE(block.find("ca_file: \"/state/broker/clients.pem\""), std::string::npos);
    EXPECT_EQ(text.find("no_tls"), std::string::npos);

    wanted.webSocketHost = "x\" no_tls: true";
    EXPECT_FALSE(makeBrokerConfig(wanted));
}

TEST(BrokerConfig, RefusesValuesThatCouldBecomeConfiguration) {
    const std::string evil[] = {
        "x\"\nwebsocket { port: 80 }\n\"", "x\nport: 1", "", "$HOME/x", "a\\b", "it's"};
    for (const auto& value : evil) {
        auto wrong = settings();
        wrong.certificateChain = value;
        const auto made = makeBrokerConfig(wrong);
        ASSERT_FALSE(made) << value;
        EXPECT_TRUE(made.error().is(kSettings));
        wrong = settings();
        wrong.host = value;
        EXPECT_FALSE(makeBrokerConfig(wrong)) << value;
        wrong = settings();
        wrong.operatorJwt = value;
        EXPECT_FALSE(makeBrokerConfig(wrong)) << value;
        wrong = settings();
        wrong.systemAccountJwt = value;
        EXPECT_FALSE(makeBrokerConfig(wrong)) << value;
    }
    auto spaced = settings();
    spaced.accountsDirectory = "/state dir/accounts";
    EXPECT_TRUE(makeBrokerConfig(spaced));  // a blank is fine between quotes
}

TEST(PortsFile, ReadsWhatTheBrokerWrites) {
    const auto ports = parsePortsFile(
        R"({"nats":["tls://127.0.0.1:33763"],"monitoring":["http://127.0.0.1:40397"]})");
    ASSERT_TRUE(ports);
    EXPECT_EQ(*ports, (Ports{33763, 40397}));
    const auto more =
        parsePortsFile(R"({"nats":["tls://127.0.0.1:1"],"monitoring":["http://127.0.0.1:2"],)"
                       R"("websocket":["wss://127.0.0.1:3"]})");
    ASSERT_TRUE(more);
    EXPECT_EQ(*more, (Ports{1, 2, 3}));
}

TEST(PortsFile, RefusesWhatIsCutOffOrNamesNoPort) {
    for (const auto* text :
         {"",
          "{",
          "{}",
          R"({"nats":["tls://127.0.0.1:4222"]})",
          R"({"nats":[],"monitoring":["http://127.0.0.1:1"]})",
          R"({"nats":["tls://127.0.0.1:0"],"monitoring":["http://127.0.0.1:1"]})",
          R"({"nats":["tls://127.0.0.1:70000"],"monitoring":["http://127.0.0.1:1"]})",
          R"({"nats":["tls"],"monitoring":["http://127.0.0.1:1"]})"}) {
        EXPECT_FALSE(parsePortsFile(text)) << text;
    }
}

TEST(PortsFile, RemembersPortsAndForgivesADamagedMemory) {
    const test::TempDir directory;
    EXPECT_EQ(recallPorts(directory / "ports.json"), Ports{});
    ASSERT_TRUE(rememberPorts(directory / "ports.json", {1234, 5678}));
    EXPECT_EQ(recallPorts(directory / "ports.json"), (Ports{1234, 5678}));
    ASSERT_TRUE(rememberPorts(directory / "ports.json", {1234, 5678, 9012}));
    EXPECT_EQ(recallPorts(directory / "ports.json"), (Ports{1234, 5678, 9012}));
    const auto permissions = std::filesystem::status(directory / "ports.json").permissions();
    EXPECT_EQ(permissions & std::filesystem::perms::mask,
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    directory.write("ports.json", R"({"client":12,"monitor":34})");
    EXPECT_EQ(recallPorts(directory / "ports.json"), (Ports{12, 34})) << "of an earlier version";
    directory.write("ports.json", R"({"client":12)");
    EXPECT_EQ(recallPorts(directory / "ports.json"), Ports{});
}

TEST(BoundedLog, NeverHoldsMoreThanTwiceItsCap) {
    const test::TempDir directory;
    BoundedLog log(directory / "log", 1000);
    const std::string line(99, 'x');
    for (int i = 0; i < 100; ++i) log.write(line + "\n");
    EXPECT_LE(std::filesystem::file_size(directory / "log"), 1000U);
    EXPECT_LE(std::filesystem::file_size(directory / "log.1"), 1000U);
    EXPECT_FALSE(std::filesystem::exists(directory / "log.2"));
}

TEST(BoundedLog, RemembersTheLineThatSaysWhy) {
    const test::TempDir directory;
    BoundedLog log(directory / "log", 1000);
    log.write(
        "[1] [INF] Starting\n[1] [FTL] Error listening on port: 127.0.0.1:4222, \"address in "
        "use\"\n[1] [INF] Ex");
    EXPECT_NE(log.remarkable().find("Error listening on port"), std::string::npos);
    log.forgetRemarkable();
    EXPECT_EQ(log.remarkable(), "");
    log.write("iting\n");
    EXPECT_EQ(log.remarkable(), "[1] [INF] Exiting");
}

}  // namespace
}  // namespace pcg::controlplane::broker
