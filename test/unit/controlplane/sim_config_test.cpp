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

}  // namespace
}  // namespace pcg::controlplane
