// SPDX-License-Identifier: Apache-2.0
#include "gateway/ctl/arguments.h"

#include "gateway/errc.h"

#include <gtest/gtest.h>

#include <set>

namespace pcg::gateway::ctl {
namespace {

std::string refusal(const std::vector<std::string>& words) {
    const auto command = parseArguments(words);
    EXPECT_FALSE(command);
    if (command) return "accepted";
    EXPECT_TRUE(command.error().is(errc::kUsage));
    return command.error().message();
}

TEST(PcgctlArguments, TakeAVerbOfTwoWordsWithItsOptionsInAnyOrder) {
    const auto command = parseArguments(
        {"--json", "key", "create", "--role", "full", "--socket", "/s", "--endpoint", "vc1"});

    ASSERT_TRUE(command) << command.error().message();
    EXPECT_EQ(command->verb->words, "key create");
    EXPECT_EQ(command->option("--endpoint"), "vc1");
    EXPECT_TRUE(command->json);
    EXPECT_EQ(command->socket, "/s");
}

TEST(PcgctlArguments, SayWhichVerbOrOptionWasMeant) {
    EXPECT_NE(refusal({"endpoint", "lst"}).find("Did you mean \"endpoint list\"?"),
              std::string::npos);
    EXPECT_NE(refusal({"statsu"}).find("Did you mean \"status\"?"), std::string::npos);
    EXPECT_NE(refusal({"key", "create", "--endpiont", "x"}).find("Did you mean --endpoint?"),
              std::string::npos);
}

TEST(PcgctlArguments, SayWhatIsMissingOrTooMuch) {
    EXPECT_NE(refusal({}).find("A verb is missing"), std::string::npos);
    EXPECT_NE(refusal({"endpoint", "check"}).find("endpoint check needs NAME"), std::string::npos);
    EXPECT_NE(refusal({"key", "create", "--role", "full"}).find("needs --endpoint NAME"),
              std::string::npos);
    EXPECT_NE(refusal({"key", "create", "--role"}).find("--role needs a value"), std::string::npos);
    EXPECT_NE(refusal({"status", "now"}).find("one word too many"), std::string::npos);
    EXPECT_NE(refusal({"key", "create", "--role", "a", "--role", "b"}).find("given twice"),
              std::string::npos);
}

TEST(PcgctlArguments, HaveNoOptionThatTakesAPasswordItself) {
    EXPECT_NE(refusal({"endpoint", "add", "vc1", "--password", "x"})
                  .find("Did you mean --password-file?"),
              std::string::npos);
    for (const auto& verb : verbs()) {
        for (const auto& option : verb.options) EXPECT_NE(option.name, "--password");
    }
}

TEST(PcgctlArguments, AnOperandInBracketsMayBeLeftOut) {
    EXPECT_EQ(parseArguments({"remote", "deny"})->operand, "");
    EXPECT_EQ(parseArguments({"remote", "deny", "keys"})->operand, "keys");
    EXPECT_NE(refusal({"remote", "allow"}).find("needs WHAT"), std::string::npos);
}

TEST(PcgctlArguments, HelpNamesEveryVerbOnceAndEveryOption) {
    const auto help = helpText();
    std::set<std::string_view> seen;
    for (const auto& verb : verbs()) {
        EXPECT_TRUE(seen.insert(verb.words).second) << verb.words;
        EXPECT_NE(help.find(verb.words), std::string::npos);
        for (const auto& option : verb.options) {
            EXPECT_NE(helpFor(verb).find(option.name), std::string::npos);
        }
    }
    EXPECT_TRUE(parseArguments({"--help"}));
    EXPECT_TRUE(parseArguments({"endpoint", "add", "--help"})) << "help needs no operand";
}

}  // namespace
}  // namespace pcg::gateway::ctl
