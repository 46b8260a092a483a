// SPDX-License-Identifier: Apache-2.0
#include "test/unit/appliance/old_ca.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "appliance/control/requests.h"
#include "appliance/control/trial.h"

namespace pcg::appliance {
namespace {

namespace json = codec::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

class CountingRandom final : public Random {
  public:
    void fill(MutableBytes bytes) override {
        for (auto& octet : bytes) octet = ++last_;
    }

  private:
    std::uint8_t last_ = 0;
};

// A machine whose link comes back `returnsAfter` its settings were applied, or never.
class FakeMachine final : public MachinePort {
  public:
    Properties import{{"url", "https://pair.example.com"}, {"ipv4", "dhcp"}};
    Overrides kept;
    ImportSeen seen;
    Properties applied;
    std::vector<std::string> events;
    std::optional<PinRecord> record;
    std::optional<seconds> returnsAfter = seconds(5);
    milliseconds lookTakes{0};
    bool isPaired = false;
    bool busy = false;
    bool canKeep = true;
    bool canApply = true;

    SteadyTime now() const override { return SteadyTime(time_); }

    WallTime wallNow() const override { return WallTime(seconds(1'800'000'000)) + time_; }

    void pause(milliseconds time) override { time_ += time; }

    Random& random() override { return random_; }

    std::string source() override { return "ISO"; }

    Properties imported() override { return import; }

    Overrides overrides() override { return kept; }

    ImportSeen importSeen() override { return seen; }

    Properties running() override { return layered(import, kept); }

    Result<> keepOverrides(const Overrides& overrides, const ImportSeen& was) override {
        if (!canKeep) return fail(ErrorCode(ErrorClass::Weather, "test.disk"), "The disk is full.");
        kept = overrides;
        seen = was;
        events.emplace_back("kept");
        return {};
    }

    bool takeTurn() override { return !busy; }

    Result<> apply(const Properties& properties, Effect effect) override {
        applied = properties;
        applied_ = time_;
        events.emplace_back(effect.gateway ? "applied" : "applied beside the gateway");
        if (!canApply)
            return fail(ErrorCode(ErrorClass::Weather, "test.disk"), "The disk is full.");
        return {};
    }

    bool linkIsBack(milliseconds most) override {
        time_ += std::min(lookTakes, most);
        return returnsAfter && time_ - applied_ >= *returnsAfter;
    }

    bool mayBePaired() override { return isPaired; }

    Result<std::optional<PinRecord>> pin() override { return record; }

    Result<> keepPin(const std::optional<PinRecord>& wanted) override {
        record = wanted;
        return {};
    }

    std::string journal(ByteCount) override { return "lines"; }

    Result<> power(PowerAction action) override {
        events.emplace_back(action == PowerAction::Reboot ? "reboot" : "off");
        return {};
    }

    Result<> forgetEverything() override {
        events.emplace_back("forgotten");
        return {};
    }

    void say(const json::Object&) override {}

    void wait(seconds time) { time_ += time; }

  private:
    milliseconds time_{1'000'000};
    milliseconds applied_{0};
    CountingRandom random_;
};

bool isOkay(const json::Object& answer) { return answer.booleanOr("ok", false).value_or(false); }

std::string codeOf(const json::Object& answer) { return answer.string("code", 99).value_or(""); }

TEST(Change, IsKeptWhenTheLinkComesBack) {
    FakeMachine machine;

    const auto answer =
        answerRequest(R"({"do":"set","values":{"dns":"192.0.2.53"},"within_s":60})", machine);

    EXPECT_TRUE(isOkay(answer)) << json::write(answer);
    EXPECT_EQ(machine.kept, (Overrides{{"dns", "192.0.2.53"}}));
    EXPECT_EQ(machine.applied.at("dns"), "192.0.2.53");
    EXPECT_THAT(machine.events, testing::ElementsAre("applied", "kept"));
}

TEST(Change, GoesByItselfWhenTheLinkDoesNotComeBack) {
    FakeMachine machine;
    machine.kept = {{"dns", "192.0.2.1"}};
    machine.returnsAfter = std::nullopt;

    const auto answer =
        answerRequest(R"({"do":"set","values":{"dns":"192.0.2.53"},"within_s":60})", machine);

    EXPECT_EQ(codeOf(answer), "appliance.reverted");
    EXPECT_EQ(machine.applied.at("dns"), "192.0.2.1");
    EXPECT_EQ(machine.kept, (Overrides{{"dns", "192.0.2.1"}}));
    EXPECT_THAT(machine.events, testing::ElementsAre("applied", "applied")) << "nothing was kept";
}

TEST(Change, OneGlimpseOfTheLinkIsNotBelieved) {
    Trial trial(SteadyTime(seconds(0)), seconds(10));

    EXPECT_EQ(trial.look(SteadyTime(seconds(1)), true), TrialStep::Wait);
    EXPECT_EQ(trial.look(SteadyTime(seconds(2)), false), TrialStep::Wait);
    EXPECT_EQ(trial.look(SteadyTime(seconds(3)), true), TrialStep::Wait);
    EXPECT_EQ(trial.look(SteadyTime(seconds(4)), true), TrialStep::Keep);
    EXPECT_EQ(Trial(SteadyTime(seconds(0)), seconds(10)).look(SteadyTime(seconds(10)), true),
              TrialStep::Revert);
}

TEST(Change, CanBeKeptUntried) {
    FakeMachine machine;
    machine.returnsAfter = std::nullopt;

    EXPECT_TRUE(
        isOkay(answerRequest(R"({"do":"set","values":{"ipv4":"none"},"keep":true})", machine)));
    EXPECT_EQ(machine.kept, (Overrides{{"ipv4", "none"}}));
}

TEST(Change, WhatIsWrongIsNamedBeforeAnythingIsTouched) {
    FakeMachine machine;
    for (const auto* request :
         {R"({"do":"set","values":{"ipv4":"10.0.0.5/255.0.255.0"}})",
          R"({"do":"set","values":{"url":"pair.example.com"}})",
          R"({"do":"set","values":{"url":""}})",
          R"({"do":"set","values":{"gateway4":"10.9.9.9","ipv4":"10.0.0.5/24"}})"}) {
        const auto answer = answerRequest(request, machine);
        EXPECT_EQ(codeOf(answer), "appliance.wrong_value") << request;
        EXPECT_TRUE(answer.array("problems", 9).has_value());
    }
    for (const auto* request : {"",
                                "[]",
                                "{}",
                                R"({"do":"dance"})",
                                R"({"do":"set"})",
                                R"({"do":"set","values":{}})",
                                R"({"do":"set","values":{"nonsense":"x"}})",
                                R"({"do":"set","values":{"dns":7}})",
                                R"({"do":"set","values":{"dns":"192.0.2.53"},"within_s":100000})",
                                R"({"do":"set","values":{"dns":"192.0.2.53"},"keep":"yes"})",
                                R"({"do":"factory-reset"})",
                                R"({"do":"factory-reset","confirm":"yes"})"})
        EXPECT_FALSE(isOkay(answerRequest(request, machine))) << request;
    EXPECT_TRUE(machine.events.empty());
}

TEST(Change, AProblemThatWasThereBeforeDoesNotStandInTheWay) {
    FakeMachine machine;
    machine.import = {{"ca", "nonsense"}, {"url", "https://pair.example.com"}};

    EXPECT_TRUE(isOkay(answerRequest(R"({"do":"set","values":{"dns":"192.0.2.53"}})", machine)));
}

TEST(Change, OnlyOneAtATime) {
    FakeMachine machine;
    machine.busy = true;

    EXPECT_EQ(codeOf(answerRequest(R"({"do":"set","values":{"dns":"192.0.2.53"}})", machine)),
              "appliance.busy");
}

TEST(Change, ThatCannotBeWrittenIsUndone) {
    FakeMachine machine;
    machine.canKeep = false;
    const auto full = answerRequest(R"({"do":"set","values":{"dns":"192.0.2.53"}})", machine);

    EXPECT_EQ(codeOf(full), "test.disk");
    EXPECT_FALSE(machine.applied.contains("dns"));
    machine.canApply = false;
    EXPECT_FALSE(isOkay(answerRequest(R"({"do":"set","values":{"dns":"192.0.2.53"}})", machine)));
}

TEST(Change, ToNullIsBackToTheImportAndToEmptyIsNotGiven) {
    FakeMachine machine;
    machine.import["ntp"] = "192.0.2.1";
    machine.kept = {{"dns", "192.0.2.53"}};

    ASSERT_TRUE(isOkay(answerRequest(R"({"do":"set","values":{"dns":null,"ntp":""}})", machine)));

    EXPECT_EQ(machine.kept, (Overrides{{"ntp", ""}}));
    EXPECT_FALSE(machine.applied.contains("ntp"));
    EXPECT_EQ(parseOverrides(writeOverrides(machine.kept)).value(), machine.kept);
}

TEST(Change, AClearedProxyTakesWhatBelongsToItAlong) {
    FakeMachine machine;
    machine.import.merge(Properties{{"proxy", "http://proxy.example.com:3128"},
                                    {"proxy_user", "user"},
                                    {"proxy_password", "hunter2"}});
    machine.kept = {{"proxy_exceptions", "192.0.2.0/24"}};

    ASSERT_TRUE(isOkay(answerRequest(R"({"do":"set","values":{"proxy":" "}})", machine)));

    EXPECT_EQ(machine.applied, (Properties{{"url", "https://pair.example.com"}, {"ipv4", "dhcp"}}));
    EXPECT_EQ(machine.kept, (Overrides{{"proxy", ""}, {"proxy_user", ""}, {"proxy_password", ""}}));
    ASSERT_TRUE(isOkay(answerRequest(
        R"({"do":"set","values":{"proxy":null,"proxy_user":null,"proxy_password":null}})",
        machine)));
    ASSERT_TRUE(isOkay(answerRequest(R"({"do":"set","values":{"proxy_user":""}})", machine)));
    EXPECT_FALSE(machine.applied.contains("proxy_password")) << "nobody's password";
    EXPECT_TRUE(machine.applied.contains("proxy"));
}

TEST(Change, WhatCannotCutTheWayOutIsKeptAtOnceAlsoWithoutAControlPlane) {
    const std::string key =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAA";
    const std::vector<std::pair<std::string, std::string>> cases{
        {R"({"ssh_key":")" + key + R"("})", "applied beside the gateway"},
        {R"({"ntp":"192.0.2.9"})", "applied beside the gateway"},
        {R"({"hostname":"dc2"})", "applied"},
        {R"({"remote":"all"})", "applied"},
        {R"({"ipv4":"dhcp"})", "applied beside the gateway"},
    };
    for (const auto& [values, how] : cases) {
        FakeMachine machine;
        machine.returnsAfter = std::nullopt;
        EXPECT_TRUE(isOkay(answerRequest(R"({"do":"set","values":)" + values + "}", machine)))
            << values;
        EXPECT_THAT(machine.events, testing::ElementsAre(how, "kept")) << values;
    }
}

TEST(Change, ATrialDoesNotOutlastItsTimeByALook) {
    FakeMachine machine;
    machine.returnsAfter = std::nullopt;
    machine.lookTakes = seconds(50);
    const auto begun = machine.now();

    EXPECT_FALSE(isOkay(
        answerRequest(R"({"do":"set","values":{"dns":"192.0.2.53"},"within_s":60})", machine)));

    EXPECT_LE(machine.now() - begun, seconds(62));
}

TEST(Change, RemoteSaysThatADecisionOfTheAdminStaysAndHowItIsChanged) {
    FakeMachine machine;
    EXPECT_FALSE(answerRequest(R"({"do":"set","values":{"remote":"all"}})", machine).has("notes"));
    machine.isPaired = true;

    const auto answer = answerRequest(R"({"do":"set","values":{"remote":"keys"}})", machine);

    EXPECT_THAT(json::write(answer), testing::HasSubstr("pcgctl remote allow"));
    EXPECT_TRUE(isOkay(answer));
}

TEST(Change, BlanksAroundAValueAreNoPartOfItAndEveryWayToSayNothingIsNothing) {
    FakeMachine machine;

    ASSERT_TRUE(isOkay(answerRequest(
        R"({"do":"set","values":{"hostname":" dc2 \n","ntp":" null ","dns":"\"\""}})", machine)));

    EXPECT_EQ(machine.kept, (Overrides{{"hostname", "dc2"}, {"ntp", ""}, {"dns", ""}}));
    EXPECT_EQ(layered({}, {{"hostname", " dc2 "}, {"dns", "null"}}),
              (Properties{{"hostname", "dc2"}}));
}

TEST(Change, AWarningIsToldApartFromAWrongValue) {
    FakeMachine machine;
    const auto wrong = answerRequest(R"({"do":"set","values":{"ca":"nonsense"}})", machine);
    EXPECT_THAT(json::write(wrong), testing::Not(testing::HasSubstr("\"warning\"")));

    const auto answer = answerRequest(
        json::write(
            json::Object().set("do", "set").set("values", json::Object().set("ca", kOldCa))),
        machine);

    EXPECT_EQ(codeOf(answer), "appliance.wrong_value");
    EXPECT_THAT(json::write(answer), testing::HasSubstr(R"("warning":true)"));
}

TEST(ShadowedImport, IsNamedWhenTheVmsOptionsChangedSince) {
    FakeMachine machine;
    machine.import["dns"] = "192.0.2.1";
    ASSERT_TRUE(isOkay(
        answerRequest(R"({"do":"set","values":{"dns":"192.0.2.53","ntp":"192.0.2.9"}})", machine)));
    EXPECT_TRUE(shadowed(machine.import, machine.kept, machine.seen).empty());

    machine.import["dns"] = "192.0.2.2";
    const auto found = shadowed(machine.import, machine.kept, machine.seen);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].code, "appliance.import_changed");
    EXPECT_EQ(found[0].subject, "pcgw.dns");
    EXPECT_THAT(found[0].message, testing::HasSubstr("\"192.0.2.2\" now; \"192.0.2.53\" counts"));
    EXPECT_THAT(found[0].message, testing::HasSubstr("pcgctl settings reset dns"));
    EXPECT_THAT(json::write(answerRequest(R"({"do":"show"})", machine)),
                testing::HasSubstr("appliance.import_changed"));

    ASSERT_TRUE(isOkay(answerRequest(R"({"do":"set","values":{"hostname":"dc2"}})", machine)));
    EXPECT_EQ(shadowed(machine.import, machine.kept, machine.seen).size(), 1U) << "not decided yet";
    ASSERT_TRUE(isOkay(answerRequest(R"({"do":"set","values":{"dns":"192.0.2.53"}})", machine)));
    EXPECT_TRUE(shadowed(machine.import, machine.kept, machine.seen).empty());
    machine.import.erase("dns");
    EXPECT_EQ(shadowed(machine.import, machine.kept, machine.seen).size(), 1U);
}

TEST(ShadowedImport, SaysNoPassword) {
    const Overrides kept{{"proxy_password", "hunter2"}};
    const auto found = shadowed({{"proxy_password", "hunter3"}}, kept, {{"proxy_password", ""}});

    ASSERT_EQ(found.size(), 1U);
    EXPECT_THAT(found[0].message, testing::Not(testing::HasSubstr("hunter")));
}

TEST(Show, SaysWhereEachValueComesFromAndNoPassword) {
    FakeMachine machine;
    machine.import["proxy_password"] = "hunter2";
    machine.kept = {{"hostname", "dc2"}};

    const auto text = json::write(answerRequest(R"({"do":"show"})", machine));

    EXPECT_THAT(
        text,
        testing::HasSubstr(R"("hostname":{"value":"dc2","from":"this machine","import":""})"));
    EXPECT_THAT(text, testing::HasSubstr(R"("ipv4":{"value":"dhcp","from":"ISO"})"));
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("hunter2")));
}

TEST(FactoryReset, ForgetsThenRestarts) {
    FakeMachine machine;

    EXPECT_TRUE(
        isOkay(answerRequest(R"({"do":"factory-reset","confirm":"factory-reset"})", machine)));
    EXPECT_THAT(machine.events, testing::ElementsAre("forgotten", "reboot"));
}

TEST(Pin, IsSetOnceAndThenAskedFor) {
    FakeMachine machine;
    for (const auto* weak : {"", "12345", "111111", "a b c d e"})
        EXPECT_FALSE(isOkay(answerRequest(
            json::write(json::Object().set("do", "pin-set").set("pin", weak)), machine)))
            << weak;

    EXPECT_TRUE(isOkay(answerRequest(R"({"do":"pin-set","pin":"270182"})", machine)));

    EXPECT_FALSE(isOkay(answerRequest(R"({"do":"pin-set","pin":"999888"})", machine)));
    EXPECT_TRUE(isOkay(answerRequest(R"({"do":"pin-check","pin":"270182"})", machine)));
    EXPECT_EQ(codeOf(answerRequest(R"({"do":"pin-check","pin":"270183"})", machine)),
              "appliance.pin");
    EXPECT_EQ(writePin(*machine.record).find("270182"), std::string::npos);
}

TEST(Pin, GuessingWaitsLongerEachTimeAlsoOverARestart) {
    FakeMachine machine;
    ASSERT_TRUE(isOkay(answerRequest(R"({"do":"pin-set","pin":"270182"})", machine)));
    const auto guess = [&machine](const char* pin) {
        return codeOf(answerRequest(
            json::write(json::Object().set("do", "pin-check").set("pin", pin)), machine));
    };
    for (int i = 0; i < 5; ++i) EXPECT_EQ(guess("000001"), "appliance.pin");

    EXPECT_EQ(guess("270182"), "appliance.pin_wait") << "the right one, too";
    machine.record = parsePin(writePin(*machine.record)).value();
    EXPECT_EQ(guess("270182"), "appliance.pin_wait");
    machine.wait(seconds(30));
    EXPECT_EQ(guess("000002"), "appliance.pin");
    machine.wait(seconds(31));
    EXPECT_EQ(guess("270182"), "appliance.pin_wait") << "a minute by now";
    machine.wait(seconds(30));
    EXPECT_EQ(guess("270182"), "");
    EXPECT_EQ(guess("000003"), "appliance.pin") << "counted anew";
}

TEST(Pin, WhatWasKeptAndCannotBeReadIsRefused) {
    EXPECT_FALSE(parsePin("{}"));
    EXPECT_FALSE(parsePin(R"({"salt":"00","scrypt":"00","failures":0,"last_failure_ms":0})"));
    EXPECT_FALSE(parseOverrides("[]"));
    EXPECT_FALSE(parseOverrides(R"({"dns":["a"]})"));
}

}  // namespace
}  // namespace pcg::appliance
