// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/cli/command_line.h"

#include "controlplane-sim/cli/call_command.h"

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
    EXPECT_NE(message({}).find("pair, gateways"), std::string::npos);
    EXPECT_NE(message({"pari"}).find("did you mean pair?"), std::string::npos);
    EXPECT_NE(message(with({"pair"})).find("needs the code"), std::string::npos);
    EXPECT_NE(message({"pair", "X", "--server", "https://a"}).find("--ca is missing"),
              std::string::npos);
    EXPECT_NE(message(with({"pair", "X", "--lable", "y"})).find("did you mean --label?"),
              std::string::npos);
    EXPECT_NE(message({"gateways", "--ca"}).find("needs a value"), std::string::npos);
    EXPECT_NE(message(with({"gateways", "list", "extra"})).find("too much"), std::string::npos);
}

TEST(TenantCommandLine, ACommandTakesItsWordsAndOptions) {
    const auto line =
        parseCommandLine(with({"keys", "add", "gw_1", "ep_1", "ci", "--role", "deploy"}));
    ASSERT_TRUE(line) << line.error().message();
    const auto request = requestOf(*line);
    ASSERT_TRUE(request) << request.error().message();
    EXPECT_EQ(request->method, "POST");
    EXPECT_EQ(request->target, "/api/v1/gateways/gw_1/endpoints/ep_1/keys");
    EXPECT_EQ(request->body, R"({"label":"ci","role":"deploy"})");
}

TEST(TenantCommandLine, WordsAreEncodedAndFiltersLeftOutWhenTheyAreNotGiven) {
    const auto one = requestOf(*parseCommandLine(with({"users", "show", "a/b ?"})));
    EXPECT_EQ(one->target, "/api/v1/users/a%2fb%20%3f");
    const auto list = requestOf(*parseCommandLine(with({"gateways", "--q", "a&b"})));
    EXPECT_EQ(list->target, "/api/v1/gateways?q=a%26b");
    const auto numbers = requestOf(*parseCommandLine(
        with({"deploy", "scale", "dep_1", "--control-planes", "3", "--workers", "5"})));
    EXPECT_EQ(numbers->body, R"({"control_plane_count":3,"worker_count":5})");
}

TEST(TenantCommandLine, WhatACommandNeedsIsNamed) {
    const auto message = [](const std::vector<std::string>& words) {
        const auto line = parseCommandLine(with(words));
        if (!line) return line.error().message();
        const auto request = requestOf(*line);
        return request ? std::string("taken") : request.error().message();
    };
    EXPECT_NE(message({"users", "add", "bob"}).find("--role is missing"), std::string::npos);
    EXPECT_NE(message({"users", "add"}).find("needs USERNAME"), std::string::npos);
    EXPECT_NE(message({"users", "ad"}).find("did you mean add?"), std::string::npos);
    EXPECT_NE(message({"tokens", "add", "x", "--role", "admin", "--expires-in", "soon"})
                  .find("takes a number"),
              std::string::npos);
    EXPECT_NE(message({"deploy", "create", "/nowhere.json"}).find("/nowhere.json"),
              std::string::npos);
    EXPECT_NE(message({"tokens", "list", "--q", "x"}).find("no option"), std::string::npos);
}

TEST(TenantCommandLine, WhereToConnectMayComeFromTheEnvironment) {
    const auto line = parseCommandLine({"me"}, {"https://cp:1", "ca.pem", "token"});
    ASSERT_TRUE(line) << line.error().message();
    EXPECT_EQ(line->server, "https://cp:1");
}

TEST(TenantCommandLine, HelpAndCompletionKnowEveryCommand) {
    const auto help = helpText();
    const auto completion = bashCompletion();
    for (const auto& command : commands()) {
        const auto words = std::string(command.noun) + " " + std::string(command.verb);
        EXPECT_NE(help.find("pcg " + words), std::string::npos) << words;
        EXPECT_NE(completion.find(std::string(command.verb)), std::string::npos) << words;
    }
    EXPECT_EQ(parseCommandLine({"completion", "bash"})->verb, Verb::Completion);
    EXPECT_FALSE(parseCommandLine({"completion", "fish"}));
}

TEST(TenantTable, ShowsOneLineAnItemAndNoControlCharacters) {
    const auto answer = codec::json::parseObject(
        R"({"items":[{"id":"gw_1","name":"dc\u001b[2J1","state":"online","version":"0.1.0"},{"id":"gw_2","name":"b","state":"offline"}]})");
    ASSERT_TRUE(answer);
    const auto& command = *findCommand("gateways", "");
    const auto table = tableOf(command, **answer->array("items", 10));

    EXPECT_EQ(table.find('\x1b'), std::string::npos);
    EXPECT_EQ(table.rfind("ID    NAME", 0), 0U) << table;
    EXPECT_NE(table.find("gw_1"), std::string::npos);
    EXPECT_NE(table.find("offline"), std::string::npos);
    EXPECT_NE(tableOf(command, {}).find("pcg pair CODE"), std::string::npos);
}

TEST(TenantLines, ShowWhatIsInsideIndented) {
    const auto answer = codec::json::parseObject(
        R"({"id":"gw_1","link":{"why":"","rtt_ms":3.5},"machines":[{"name":"a"}],"none":null})");

    EXPECT_EQ(linesOf(*answer),
              "id: gw_1\nlink:\n  why: -\n  rtt_ms: 3.5\nmachines:\n  -\n    name: a\nnone: -\n");
}

}  // namespace
}  // namespace pcg::controlplane::cli
