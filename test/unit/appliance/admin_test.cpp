// SPDX-License-Identifier: Apache-2.0
#include "common/base/text.h"
#include "test/support/temp_dir.h"
#include "test/unit/appliance/facts_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/admin/diagnosis.h"
#include "appliance/admin/redaction.h"
#include "appliance/admin/serial_line.h"
#include "appliance/admin/settings_change.h"
#include "appliance/admin/support_bundle.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;
using testing::HasSubstr;
using testing::Not;

// One of each kind, as logs, configurations and answers show them.
const std::vector<std::pair<std::string, std::string>> kCanaries{
    {R"({"username":"root","password":"hunter2"})", "hunter2"},
    {R"(proxy_password=hunter2 and more)", "hunter2"},
    {R"(MESSAGE={\"passwd\": \"hunter2\"})", "hunter2"},
    {R"({"password":"with \"quotes\" hunter2"})", "hunter2"},
    {"Authorization: Basic cm9vdDpodW50ZXIy", "cm9vdDpodW50ZXIy"},
    {"authorization: Bearer abc.def", "abc.def"},
    {"Bearer abc.def in a sentence", "abc.def"},
    {"Set-Cookie: vmware_soap_session=\"52773cd3\"", "52773cd3"},
    {"vmware_soap_session=52773cd3-35c6", "52773cd3"},
    {"api_key: aaaa:bbbb:cccc", "cccc"},
    {"code 7K3M-Q9TD-X4WS is shown", "7K3M-Q9TD-X4WS"},
    {R"({"sas":"123 456"})", "123 456"},
    {"https://user:hunter2@proxy.example.com:3128/", "hunter2"},
    {"http://user:p@hunter2@proxy/", "hunter2"},
    {"-----BEGIN PRIVATE KEY-----\nMIIEvQ\nhunter2\n-----END PRIVATE KEY-----", "hunter2"},
    {"-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2 and cut off", "hunter2"},
    {"-----BEGIN USER NKEY SEED-----\nSUAhunter2\n------END USER NKEY SEED------", "hunter2"},
    {"seed SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY", "SUACSSL3"},
    {"eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5In0.eyJqdGkiOiJhIn0.c2lnbmF0dXJl", "c2lnbmF0dXJl"},
    {"a word drawn by lot: Zk3vQ8xT1pLw7RbN2mYc", "Zk3vQ8xT1pLw7RbN2mYc"},
    {"oauth_token=abc, oauth_signature=\"def%26ghi\"", "def%26ghi"},
    {R"({"pin":"270182"})", "270182"},
    {R"({"credentials":{"user":"a","key":"hunter2"}})", "hunter2"},
    {R"({"tokens":["hunter2","b"]})", "hunter2"},
    {"key 8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4 was used", "8f434346"},
    {R"({"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",)"
     R"("access":"8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4"})",
     "8f434346"},
    {"X-Key: 8F434346648F6B96DF89DDA901C5176B10A6D839", "8F434346"},
    {"sha256 of it:\n8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4", "8f434346"},
};

TEST(Redaction, TakesOutEveryKindOfSecret) {
    for (const auto& [text, secret] : kCanaries) {
        EXPECT_THAT(redacted(text), Not(HasSubstr(secret))) << text;
        EXPECT_THAT(redacted(text), HasSubstr(kRedacted)) << text;
        const auto within = redacted("before\n" + text + "\nafter 192.0.2.1\n");
        EXPECT_THAT(within, Not(HasSubstr(secret))) << text;
        EXPECT_THAT(within, HasSubstr("before")) << text;
    }
}

TEST(Redaction, LeavesWhatASupportCaseNeeds) {
    for (
        const auto* text :
        {"2026-11-22T10:00:00+0000 gw1 pcg-gatewayd[412]: {\"event\":\"link.up\",\"rtt_ms\":12}",
         "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
         R"("ca_sha256":{"value":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"})",
         R"({"place":7,"chain":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"})",
         "20010db8000000000000000000000010 40 00000000000000000000000000000000 00",
         "boot 5d6c15b0f00a089f86d081884c7d659a, 52773cd3-35c6-11ef-9f86-d081884c7d65",
         "gw_01jd3zq8kfh5y0c7w2v9x6t4re at https://vc1.example.com:443/sdk",
         "/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.30",
         "inet 192.0.2.10/24, fe80::5054:ff:fe12:3456",
         "-----BEGIN CERTIFICATE-----",
         "{\"tokens_left\":null,\"secret\":false}",
         "ladder.controlplane: it has not answered yet"})
        EXPECT_EQ(redacted(text), text);
}

TEST(SupportBundle, IsBoundedAndHoldsNoCanary) {
    std::string journal(3 * kMaxPart, 'x');
    for (std::size_t i = 0; i < journal.size(); i += 64) journal[i] = '\n';
    std::vector<BundlePart> parts{{"status.json", ""}, {"journal.txt", journal}};
    for (const auto& [text, ignored] : kCanaries) parts.front().content += text + "\n";

    const auto archive = supportBundle(parts, fromUnixMilliseconds(1'800'000'000'000));

    EXPECT_EQ(archive.size() % 512, 0U);
    EXPECT_LT(archive.size(), 2 * kMaxPart);
    EXPECT_EQ(archive.substr(0, 23), "pcg-support/status.json");
    EXPECT_THAT(archive, HasSubstr("pcg-support/README.txt"));
    for (const auto& [ignored, secret] : kCanaries) EXPECT_THAT(archive, Not(HasSubstr(secret)));
}

TEST(SerialLine, ABundleIsTextBetweenTwoMarksWithItsHash) {
    const auto lines = asLines(std::string(100, 'x'));

    EXPECT_THAT(lines, HasSubstr("\n-----BEGIN PCG SUPPORT BUNDLE-----\neHh4"));
    // sha256sum of a hundred x
    EXPECT_THAT(lines,
                HasSubstr("-----END PCG SUPPORT BUNDLE----- sha256 "
                          "09ecb6ebc8bcefc733f6f2ec44f791abeed6a99edf0cc31519637898aebd52d8\n"));
    for (const auto line : split(lines, '\n')) EXPECT_LE(line.size(), 104U);
}

TEST(SerialLine, APortThatIsNotThereIsNamedWithWhatWouldDo) {
    const auto written = writeToPort("/nonexistent/ttyS0", "x", std::chrono::milliseconds(1));

    ASSERT_FALSE(written);
    EXPECT_TRUE(written.error().is(kNoSerialPort));
    EXPECT_THAT(written.error().message(), HasSubstr("at the hypervisor"));
}

TEST(SerialLine, NobodyWaitsForeverForAPortThatTakesNothing) {
    const test::TempDir folder;
    const auto fifo = (folder / "port").string();
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ASSERT_GE(reader, 0);

    const auto written =
        writeToPort(fifo, std::string(1'000'000, 'x'), std::chrono::milliseconds(1));

    ASSERT_FALSE(written);
    EXPECT_TRUE(written.error().is(kSerialStuck));
    ::close(reader);
}

TEST(TypedLines, AreWholeWhateverPiecesTheyComeInAndBounded) {
    int ends[2];
    ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    TypedLines typed(ends[0]);
    const auto write = [&ends](std::string_view text) {
        ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    };
    constexpr std::chrono::milliseconds kMoment(1);
    EXPECT_FALSE(typed.next(kMoment));
    write("y");
    EXPECT_FALSE(typed.next(kMoment));
    write("es\rno\n");
    EXPECT_EQ(typed.next(kMoment), "yes");
    EXPECT_EQ(typed.next(kMoment), "no");
    write(std::string(5000, 'x') + "\n");
    std::optional<std::string> line;
    for (int i = 0; i < 40 && !line; ++i) line = typed.next(kMoment);
    ASSERT_TRUE(line);
    EXPECT_LE(line->size(), 256U);
    ::close(ends[1]);
    EXPECT_FALSE(typed.next(kMoment)) << "the end of input is no line";
    ::close(ends[0]);
}

TEST(Diagnosis, HasTheGatewaysWarningsAndFailsForTheCriticalOnes) {
    auto facts = pairedFacts();
    auto rungs = fullLadder(facts);
    EXPECT_TRUE(allHolds(rungs, {})) << "a note is no failure";
    EXPECT_THAT(diagnosisText(rungs, {}), HasSubstr("gateway.root_key_in_file"));

    facts.gateway.warnings.push_back(
        {"state_degraded", "critical", "It cannot write", "", "No space.", "Check the disk."});
    rungs = fullLadder(facts);
    EXPECT_FALSE(allHolds(rungs, {}));
    EXPECT_THAT(diagnosisText(rungs, {}),
                HasSubstr("It cannot write: No space.\n     gateway.state_degraded\n     -> Check "
                          "the disk.\n"));
}

TEST(Diagnosis, AWarningHasItsCodeAndStillEverythingHolds) {
    auto facts = pairedFacts();
    facts.machine.clock = {false, "", {}, "2026-11-22 13:44 UTC", 600};
    const auto rungs = fullLadder(facts);

    EXPECT_TRUE(allHolds(rungs, {}));
    EXPECT_THAT(diagnosisText(rungs, {}), HasSubstr("     ladder.clock\n     -> "));
    EXPECT_THAT(json::write(diagnosisJson(rungs, {})), HasSubstr(R"("state":"warns")"));
}

TEST(Diagnosis, IsTheLadderAndTheEndpointsAndWhatWasWrongAtImport) {
    auto facts = pairedFacts();
    facts.gateway.endpoints = {{"vc1", "ok", ""}, {"vc2", "unreachable", "no answer\x1b[2J"}};
    auto rungs = fullLadder(facts);
    const auto text = diagnosisText(rungs, facts.problems);

    EXPECT_FALSE(allHolds(rungs, {}));
    EXPECT_THAT(text, HasSubstr("[ok] Endpoint vc1"));
    EXPECT_THAT(text, HasSubstr("ladder.endpoint\n     -> "));
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    facts.gateway.endpoints.pop_back();
    rungs = fullLadder(facts);
    EXPECT_TRUE(allHolds(rungs, {}));
    EXPECT_FALSE(allHolds(rungs, {{"appliance.property.ca", "pcgw.ca", "No certificate."}}));
    const std::vector<Problem> warned{{"appliance.property.ca", "pcgw.ca", "Expired.", true}};
    EXPECT_TRUE(allHolds(rungs, warned)) << "the value is used";
    EXPECT_THAT(diagnosisText(rungs, warned), HasSubstr("[! ] pcgw.ca\n"));
    facts.machine.router.clear();
    const auto body = diagnosisJson(fullLadder(facts), {});
    EXPECT_THAT(json::write(body), HasSubstr(R"("state":"fails")"));
    EXPECT_THAT(json::write(body), HasSubstr(R"("code":"ladder.router","remedy":")"));
}

Result<json::Object> request(const std::vector<std::string>& words, const std::string& in = "") {
    const auto command = gateway::ctl::parseArguments(words);
    EXPECT_TRUE(command) << command.error().message();
    std::istringstream stream(in);
    return changeRequest(*command, stream);
}

TEST(SettingsChange, OptionsBecomeProperties) {
    EXPECT_EQ(
        json::write(request({"network", "set", "--ipv4", "dhcp", "--dns", "", "--keep"}).value()),
        R"({"do":"set","values":{"ipv4":"dhcp","dns":""},"keep":true})");
    EXPECT_EQ(json::write(request({"proxy", "set", "--password-file", "-"}, "hunter2\nx").value()),
              R"({"do":"set","values":{"proxy_password":"hunter2"}})");
    EXPECT_EQ(json::write(request({"settings", "reset", "dns"}).value()),
              R"({"do":"set","values":{"dns":null}})");
    EXPECT_THAT(json::write(request({"proxy", "remove"}).value()), HasSubstr(R"("proxy":"")"));
    EXPECT_THAT(json::write(request({"settings", "reset"}).value()),
                HasSubstr(R"("ssh_key":null)"));
}

TEST(SettingsChange, SaysWhatIsMissing) {
    EXPECT_FALSE(request({"network", "set"}));
    EXPECT_FALSE(request({"network", "set", "--dns", "x", "--within-s", "0"}));
    EXPECT_FALSE(request({"settings", "reset", "dnss"}));
    EXPECT_FALSE(request({"settings", "set", "--ca-file", "/nonexistent"}));
    EXPECT_FALSE(request({"settings", "set", "--ca-file", "-", "--ssh-key-file", "-"}, "x"));
    EXPECT_FALSE(request({"settings", "set", "--ca-file", "-"}, std::string(40'000, 'x')));
}

}  // namespace
}  // namespace pcg::appliance
