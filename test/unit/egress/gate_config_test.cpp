// SPDX-License-Identifier: Apache-2.0
#include "gateway/egress/gate_config.h"

#include "gateway/egress/gate_daemon.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <sstream>

namespace pcg::egress {
namespace {

Result<GateConfig> read(std::string_view json) {
    const auto settings = config::parse(gateSchema(), json, "egress.json");
    if (!settings) return fail(settings.error());
    return gateConfigFrom(*settings, "egress.json");
}

TEST(GateConfig, ReadsHostsAndNetworks) {
    const auto made = read(
        R"({"socket":"/run/pcg-egress/egress.sock","hosts":"a.example:443","networks":"10.0.0.0/8"})");
    ASSERT_TRUE(made);
    EXPECT_EQ(made->socket, "/run/pcg-egress/egress.sock");
    EXPECT_EQ(made->rules.judge({"a.example", 443}), EgressRules::Name::Anywhere);
}

TEST(GateConfig, NamesTheKeyThatIsWrong) {
    const auto wrong = [](std::string_view json, std::string_view key) {
        const auto made = read(json);
        ASSERT_FALSE(made) << json;
        EXPECT_NE(made.error().message().find(key), std::string::npos) << made.error().message();
    };
    wrong(R"({})", "socket");
    wrong(R"({"socket":"egress.sock"})", "socket");
    wrong(R"({"socket":"/s","hosts":"a.example"})", "\"hosts\"");
    wrong(R"({"socket":"/s","networks":"10.0.0.1/8"})", "\"networks\"");
    wrong(R"({"socket":"/s","firewall_table":"pcg; flush ruleset"})", "\"firewall_table\"");
    wrong(R"({"socket":"/s","host":"a.example:443"})", "hosts");
    const auto far = "{\"socket\":\"/" + std::string(200, 'x') + "\"}";
    wrong(far, "socket");
}

TEST(GateConfig, IsDescribedByTheOperatorsManualAsTheProgramPrintsIt) {
    const auto manual = test::readFile(PCG_SOURCE_DIR "/docs/operator/configuration.md");
    EXPECT_NE(manual.find(gateSchema().markdown()), std::string::npos);
}

TEST(GateDaemon, ChecksAConfigurationAndSaysWhatIsWrongWithTheArguments) {
    const test::TempDir folder;
    const auto file = folder.write("egress.json", R"({"socket":"/run/x.sock"})").string();
    std::ostringstream out;
    std::ostringstream err;
    EXPECT_EQ(runGate({"--config", file, "--check-config"}, out, err), 0);
    EXPECT_NE(out.str().find("/run/x.sock"), std::string::npos);
    EXPECT_EQ(runGate({"--help"}, out, err), 0);
    EXPECT_TRUE(err.str().empty());
    EXPECT_EQ(runGate({"--confg", file}, out, err), 2);
    EXPECT_NE(err.str().find("Did you mean --config?"), std::string::npos);
    EXPECT_EQ(runGate({}, out, err), 2);
    EXPECT_EQ(runGate({"--config"}, out, err), 2);
    EXPECT_EQ(runGate({"--config", file + ".not"}, out, err), 2);
}

}  // namespace
}  // namespace pcg::egress
