// SPDX-License-Identifier: Apache-2.0
#include "gateway/ctl/commands.h"

#include "gateway/errc.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <sstream>

namespace pcg::gateway::ctl {
namespace {

class CommandsTest : public testing::Test {
  protected:
    Result<Request> request(const std::vector<std::string>& words, const std::string& typed = "") {
        auto command = parseArguments(words);
        EXPECT_TRUE(command) << command.error().message();
        std::istringstream in(typed);
        return requestFor(*command, in);
    }

    std::string rendered(const std::vector<std::string>& words, std::string_view json) {
        const auto command = parseArguments(words);
        return render(*command, *codec::json::parseObject(json));
    }

    std::vector<std::string> add(const std::vector<std::string>& more) {
        std::vector<std::string> words{
            "endpoint", "add", "vc1", "--url", "https://vc", "--username", "u"};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }

    test::TempDir dir_;
};

TEST_F(CommandsTest, AcceptingSaysWhatTheTenantMayDoOnlyWhenThePersonDoes) {
    EXPECT_EQ(request({"pairing", "accept"})->body, "") << "nobody was asked: as configured";
    EXPECT_EQ(request({"pairing", "accept", "--remote", "keys"})->body,
              R"({"remote":{"endpoints":false,"keys":true}})");
    EXPECT_EQ(request({"pairing", "accept", "--remote", "nothing"})->body,
              R"({"remote":{"endpoints":false,"keys":false}})");
    const auto wrong = request({"pairing", "accept", "--remote", "endpoint"});
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message().find("Did you mean endpoints?"), std::string::npos);
}

TEST_F(CommandsTest, AtATerminalAcceptingAsksForTheRights) {
    const auto typed = [](const std::string& line) {
        auto command = *parseArguments({"pairing", "accept"});
        command.interactive = true;
        EXPECT_NE(questionFor(command).find("endpoints, keys or all"), std::string::npos);
        std::istringstream in(line);
        return requestFor(command, in);
    };
    EXPECT_EQ(typed("\n")->body, "");
    EXPECT_EQ(typed(" All \n")->body, R"({"remote":{"endpoints":true,"keys":true}})");
    EXPECT_FALSE(typed("y\n")) << "nothing is accepted by mistake";
    auto given = *parseArguments({"pairing", "accept", "--remote", "all"});
    given.interactive = true;
    EXPECT_EQ(questionFor(given), "");
}

TEST_F(CommandsTest, UnpairsOnlyWhenTheWordIsTypedOrYesIsGiven) {
    for (const auto* typed : {"", "y\n", "yes\n", "unpai\n", "unpair it\n"})
        EXPECT_FALSE(request({"unpair"}, typed)) << typed;

    const auto asked = request({"unpair"}, " unpair \n");
    const auto given = request({"unpair", "--yes"});

    ASSERT_TRUE(asked && given);
    EXPECT_EQ(asked->target, "/v1/unpair");
    EXPECT_EQ(asked->body, R"({"confirm":"unpair"})");
    EXPECT_EQ(given->body, asked->body);
    EXPECT_NE(questionFor(*parseArguments({"unpair"})).find("cannot be undone"), std::string::npos);
    EXPECT_EQ(questionFor(*parseArguments({"unpair", "--yes"})), "");
    EXPECT_EQ(questionFor(*parseArguments({"status"})), "");
}

TEST_F(CommandsTest, ReadsThePasswordFromTheFirstLineOfAFileOrOfStdin) {
    const auto file = dir_.write("pw", "from file\r\nrest\n").string();

    const auto fromFile = request(add({"--pin-sha256", "ab", "--password-file", file}));
    const auto fromStdin =
        request(add({"--pin-sha256", "ab", "--password-file", "-"}), "typed\nmore\n");

    ASSERT_TRUE(fromFile) << fromFile.error().message();
    ASSERT_TRUE(fromStdin);
    EXPECT_EQ(codec::json::parseObject(fromFile->body)->string("password", 99).value(),
              "from file");
    EXPECT_EQ(codec::json::parseObject(fromStdin->body)->string("password", 99).value(), "typed");
    EXPECT_EQ(codec::json::parseObject(fromStdin->body)->string("kind", 99).value(), "vcenter");
}

TEST_F(CommandsTest, NamesTheOptionWhoseFileIsWrong) {
    const auto missing = request(add({"--pin-sha256", "ab", "--password-file", "/nowhere"}));
    const auto empty = request(add({"--pin-sha256", "ab", "--password-file", "-"}), "\n");
    const auto noTrust = request(add({"--password-file", "-"}), "pw\n");
    const auto noCa = request(add({"--ca-file", "/nowhere", "--password-file", "-"}), "pw\n");

    ASSERT_FALSE(missing || empty || noTrust || noCa);
    EXPECT_NE(missing.error().message().find("--password-file: the file /nowhere"),
              std::string::npos);
    EXPECT_NE(empty.error().message().find("--password-file: the first line is empty"),
              std::string::npos);
    EXPECT_NE(noTrust.error().message().find("--pin-sha256"), std::string::npos);
    EXPECT_NE(noCa.error().message().find("--ca-file: the file /nowhere"), std::string::npos);
}

TEST_F(CommandsTest, CutsAnApiKeyOfAMaasBehindItsLastColon) {
    const std::vector<std::string> words{"endpoint",
                                         "add",
                                         "m1",
                                         "--kind",
                                         "maas",
                                         "--url",
                                         "https://m",
                                         "--ask",
                                         "--api-key-file",
                                         "-"};

    const auto made = request(words, "c:t:s\n");

    ASSERT_TRUE(made) << made.error().message();
    const auto body = codec::json::parseObject(made->body);
    EXPECT_EQ(body->string("username", 99).value(), "c:t");
    EXPECT_EQ(body->string("password", 99).value(), "s");
    EXPECT_FALSE(request(words, "no-colon\n"));
    EXPECT_FALSE(request(add({"--ask", "--api-key-file", "-"}), "c:t:s\n")) << "and a user name";
    EXPECT_NE(rendered({"key", "create", "--endpoint", "m1", "--role", "full"},
                       R"({"username":"ak","password":"p","api_key":"pcg:ak:p"})")
                  .find("api key:   pcg:ak:p"),
              std::string::npos);
}

TEST_F(CommandsTest, SaysWhatTheTenantMayDoFromThePortal) {
    EXPECT_EQ(request({"remote", "allow", "endpoints"})->body, R"({"endpoints":true})");
    EXPECT_EQ(request({"remote", "deny"})->body, R"({"endpoints":false,"keys":false})");
    EXPECT_EQ(request({"remote", "show"})->method, "GET");
    const auto wrong = request({"remote", "allow", "key"});
    ASSERT_FALSE(wrong);
    EXPECT_NE(wrong.error().message().find("Did you mean keys?"), std::string::npos);
    EXPECT_NE(rendered({"remote", "show"}, R"({"endpoints":true,"keys":false})")
                  .find("endpoints:    allowed\n  access keys:  not allowed"),
              std::string::npos);
}

TEST_F(CommandsTest, ApprovesAndChangesAnEndpoint) {
    EXPECT_EQ(request({"endpoint", "approve", "vc1", "--sha256", "ab"})->target,
              "/v1/endpoints/vc1/certificate");
    EXPECT_EQ(request({"endpoint", "update", "vc1", "--url", "https://vc2", "--ask"})->body,
              R"({"url":"https://vc2","ask":true})");
    EXPECT_FALSE(request({"endpoint", "update", "vc1"}));
    EXPECT_EQ(
        request({"endpoint", "update", "vc1", "--tunnel", "esx1.dc.example:443, 10.0.0.7:902"})
            ->body,
        R"({"tunnels":["esx1.dc.example:443","10.0.0.7:902"]})");
    EXPECT_EQ(request({"endpoint", "update", "vc1", "--tunnel", "none"})->body,
              R"({"tunnels":[]})");
    EXPECT_FALSE(request(add({"--ask", "--pin-sha256", "ab", "--password-file", "-"}), "pw\n"));
    EXPECT_NE(
        rendered(
            {"endpoint", "check", "vc1"},
            R"({"name":"vc1","presented_certificate":{"sha256":"abcd","subject":"CN=vc","issuer":"CN=ca"}})")
            .find("shown, not trusted: SHA-256 abcd"),
        std::string::npos);
}

TEST_F(CommandsTest, EscapesANameInThePath) {
    EXPECT_EQ(request({"endpoint", "remove", "../x y"})->target, "/v1/endpoints/..%2Fx%20y");
}

TEST_F(CommandsTest, RefusesALifetimeThatIsNotANumberOfSeconds) {
    const auto made =
        request({"key", "create", "--endpoint", "e", "--role", "full", "--expires-in-s", "1h"});

    ASSERT_FALSE(made);
    EXPECT_TRUE(made.error().is(errc::kUsage));
}

TEST_F(CommandsTest, ShowsTheCodeTheQuestionAndTheWarnings) {
    EXPECT_NE(rendered({"pairing", "show"},
                       R"({"state":"offered","code":"7K3M-Q9TD-X4WS","expires_in_ms":61000})")
                  .find("7K3M-Q9TD-X4WS  (good for 1 min 1 s)"),
              std::string::npos);
    EXPECT_NE(
        rendered({"pairing", "show"}, R"({"state":"confirm","sas":"811529","tenant_name":"acme"})")
            .find("811529"),
        std::string::npos);
    const auto status = rendered(
        {"status"},
        R"({"gateway_id":"gw_1","version":"1","warnings":[{"severity":"critical","title":"T","subject":"vc1","detail":"D","next_step":"N"}]})");
    EXPECT_NE(status.find("critical: T (vc1)\n  D\n  N\n"), std::string::npos) << status;
}

TEST_F(CommandsTest, LetsNoControlCharacterOfTheAnswerThrough) {
    const auto text = rendered({"endpoint", "check", "x"}, R"({"name":"a\u001b[2J","why":"b\rc"})");

    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find('\r'), std::string::npos);
}

TEST_F(CommandsTest, CredentialsSayWhomTheyAreFor) {
    const auto sent = request({"endpoint",
                               "credentials",
                               "vc1",
                               "--username",
                               "u",
                               "--password-file",
                               "-",
                               "--address",
                               "https://vc"},
                              "s p\n");
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->body, R"({"address":"https://vc","username":"u","password":"s p"})");
}

TEST_F(CommandsTest, TheSwitchesAreOneWordEach) {
    EXPECT_EQ(request({"pause", "--why", "a drill"})->body, R"({"paused":true,"why":"a drill"})");
    EXPECT_EQ(request({"resume"})->body, R"({"paused":false})");
    EXPECT_EQ(request({"policy", "read-only", "on"})->body, R"({"on":true})");
    EXPECT_FALSE(request({"policy", "read-only", "onn"}));
    EXPECT_FALSE(request({"policy", "learn", "shw"}));
    EXPECT_EQ(request({"policy", "learn", "show"})->target, "/v1/policy/learned");
    const auto asked =
        request({"policy", "explain", "PowerOnVM_Task VirtualMachine:vm-1", "--role", "deploy"});
    EXPECT_EQ(asked->body, R"({"request":"PowerOnVM_Task VirtualMachine:vm-1","role":"deploy"})");
    EXPECT_FALSE(request({"policy", "set", "/nowhere/policy.jsonc"}));
}

TEST_F(CommandsTest, TheStatusShowsThatAccessIsPaused) {
    const auto text = rendered({"status"},
                               R"({"policy":{"file":"none","paused":true,"read_only":false,)"
                               R"("paused_since":"2026-11-21T00:00:00.000Z","why":"a drill"}})");
    EXPECT_NE(text.find("PAUSED since 2026-11-21T00:00:00.000Z (a drill)"), std::string::npos)
        << text;
    EXPECT_NE(text.find("Policy:    the built-in roles"), std::string::npos) << text;
}

TEST_F(CommandsTest, TheAuditReadsAsWhatWasDone) {
    const auto text = rendered({"audit"},
                               R"({"rows":[{"at":"T","event":"proxy.call","data":{"summary":)"
                               R"("CloneVM_Task x -> web-3","arguments":"name=web-3"}}]})");
    EXPECT_EQ(text, "T  CloneVM_Task x -> web-3\n    name=web-3\n");
}

}  // namespace
}  // namespace pcg::gateway::ctl
