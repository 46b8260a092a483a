// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/sim_config.h"

#include <gtest/gtest.h>

#include <vector>

namespace pcg::controlplane {
namespace {

Result<SimConfig> parse(std::vector<const char*> arguments) { return SimConfig::parse(arguments); }

TEST(SimConfig, TakesValuesInBothForms) {
    const auto config =
        parse({"--state-dir", "/tmp/x", "--listen=127.0.0.1:8443", "--public-host", "saas.test"});

    ASSERT_TRUE(config);
    EXPECT_EQ(config->stateDir, "/tmp/x");
    EXPECT_EQ(config->listenPort, 8443);
    EXPECT_EQ(config->publicHost, "saas.test");
}

TEST(SimConfig, SuggestsTheOptionThatWasMeant) {
    const auto config = parse({"--state-dri", "/tmp/x"});

    ASSERT_FALSE(config);
    EXPECT_NE(config.error().message().find("Did you mean --state-dir?"), std::string::npos)
        << config.error().message();
}

TEST(SimConfig, RefusesWhatIsNotAnAddressAndPort) {
    for (const auto* listen : {"8443", ":8443", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:x"}) {
        EXPECT_FALSE(parse({"--state-dir", "/tmp/x", "--listen", listen})) << listen;
    }
}

TEST(SimConfig, NeedsAStateDirectoryButNotForHelp) {
    EXPECT_FALSE(parse({}));
    EXPECT_FALSE(parse({"--state-dir"}));
    ASSERT_TRUE(parse({"--help"}));
    EXPECT_TRUE(parse({"--help"})->help);
}

TEST(SimConfig, TakesABrokerThatSomebodyElseRuns) {
    const auto config = parse({"--state-dir",
                               "/tmp/x",
                               "--broker=external",
                               "--broker-urls",
                               "tls://bus1.example.com:4222,tls-first://bus2.example.com"});

    ASSERT_TRUE(config) << config.error().message();
    ASSERT_TRUE(config->broker);
    EXPECT_EQ(config->broker->urls.size(), 2u);
    EXPECT_NE(config->print().find("broker = external"), std::string::npos);
}

TEST(SimConfig, RefusesBrokersThatCannotBeMeant) {
    const std::vector<std::vector<const char*>> wrong = {
        {"--broker", "extern"},
        {"--broker", "external"},
        {"--broker", "external", "--broker-urls", "nats://bus:4222"},
        {"--broker", "external", "--broker-urls", "tls://"},
        {"--broker", "external", "--broker-urls", "wss://bus"},
        {"--broker", "external", "--broker-urls", "tls-first://bus"},
        {"--broker-websocket", "0.0.0.0:443"},
        {"--broker", "external", "--broker-urls", "tls://b:1", "--nats-server", "/bin/true"},
        {"--broker-urls", "tls://bus:4222"},
        {"--broker-names", "bus"},
        {"--write-broker-config", "/tmp/b", "--broker-key", "k.pem"},
        {"--write-broker-config", "/tmp/b", "--broker-listen", "4222"}};
    for (auto words : wrong) {
        words.insert(words.end(), {"--state-dir", "/tmp/x"});
        EXPECT_FALSE(parse(words)) << words[0] << " " << words[1];
    }
    const auto typo = parse({"--state-dir", "/tmp/x", "--broker-url", "tls://b:1"});
    ASSERT_FALSE(typo);
    EXPECT_NE(typo.error().message().find("Did you mean --broker-urls?"), std::string::npos);
}

TEST(SimConfig, BoundsTheLifetimesOfPapers) {
    const auto config =
        parse({"--state-dir", "/tmp/x", "--token-lifetime", "30s", "--certificate-lifetime", "2d"});
    ASSERT_TRUE(config) << config.error().message();
    EXPECT_EQ(config->lifetimes.token, std::chrono::seconds(30));
    EXPECT_EQ(config->lifetimes.certificate, std::chrono::days(2));
    for (const auto* text : {"", "30", "19s", "25h", "1w", "-1h", "99999999999999999999s"}) {
        EXPECT_FALSE(parse({"--state-dir", "/tmp/x", "--token-lifetime", text})) << text;
    }
    EXPECT_FALSE(parse({"--state-dir", "/tmp/x", "--certificate-lifetime", "91d"}));
}

}  // namespace
}  // namespace pcg::controlplane
