// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/cli/command_line.h"

#include "controlplane-sim/cli/gateways_command.h"

#include <gtest/gtest.h>

namespace pcg::controlplane::cli {
namespace {

std::vector<std::string> with(std::vector<std::string> words) {
    for (const auto* word : {"--server", "https://cp:1", "--ca", "ca.pem", "--token-file", "token"})
        words.emplace_back(word);
    return words;
}

TEST(TenantCommandLine, TakesACodeAsOneWordOrAsSeveral) {
    const auto one = parseCommandLine(with({"pair", "7K3M-Q9TD-X4WS", "--label", "dc1", "--json"}));
    ASSERT_TRUE(one) << one.error().message();
    EXPECT_EQ(one->verb, Verb::Pair);
    EXPECT_EQ(one->code, "7K3M-Q9TD-X4WS");
    EXPECT_EQ(one->label, "dc1");
    EXPECT_TRUE(one->json);
    EXPECT_EQ(parseCommandLine(with({"pair", "7K3M", "Q9TD", "X4WS"}))->code, "7K3M Q9TD X4WS");
    EXPECT_EQ(parseCommandLine(with({"pair", "-"}))->code, "-");
}

TEST(TenantCommandLine, HelpIsFoundAnywhere) {
    EXPECT_EQ(parseCommandLine({"--help"})->verb, Verb::Help);
    EXPECT_EQ(parseCommandLine({"pair", "-h"})->verb, Verb::Help);
}

TEST(TenantCommandLine, WrongUsageNamesWhatIsMissingOrMeant) {
    const auto message = [](const std::vector<std::string>& words) {
        const auto line = parseCommandLine(words);
        return line ? std::string("taken") : line.error().message();
    };
    EXPECT_NE(message({}).find("pair or gateways"), std::string::npos);
    EXPECT_NE(message({"pari"}).find("did you mean pair?"), std::string::npos);
    EXPECT_NE(message(with({"pair"})).find("needs the code"), std::string::npos);
    EXPECT_NE(message({"pair", "X", "--server", "https://a"}).find("--ca is missing"),
              std::string::npos);
    EXPECT_NE(message(with({"pair", "X", "--lable", "y"})).find("did you mean --label?"),
              std::string::npos);
    EXPECT_NE(message({"gateways", "--ca"}).find("needs a value"), std::string::npos);
    EXPECT_NE(message(with({"gateways", "extra"})).find("too much"), std::string::npos);
}

TEST(GatewayTable, ShowsOneLineAGatewayAndNoControlCharacters) {
    const auto answer = codec::json::parseObject(
        R"({"items":[{"id":"gw_1","name":"dc\u001b[2J1","state":"online","version":"0.1.0"},{"id":"gw_2","name":"b","state":"offline"}]})");
    ASSERT_TRUE(answer);
    const auto table = gatewayTable(*answer);

    EXPECT_EQ(table.find('\x1b'), std::string::npos);
    EXPECT_NE(table.find("gw_1"), std::string::npos);
    EXPECT_NE(table.find("offline"), std::string::npos);
    EXPECT_NE(gatewayTable(*codec::json::parseObject(R"({"items":[]})")).find("pcg pair CODE"),
              std::string::npos);
}

}  // namespace
}  // namespace pcg::controlplane::cli
