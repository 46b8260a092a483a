// SPDX-License-Identifier: Apache-2.0
#include "test/unit/appliance/facts_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "appliance/console/clock_look.h"
#include "appliance/console/frame.h"
#include "appliance/console/ladder.h"

namespace pcg::appliance {
namespace {

using testing::HasSubstr;

std::string text(const Facts& facts) {
    std::string all;
    for (const auto& line : frame(facts, "#")) all += line + "\n";
    return all;
}

const Rung* failing(const std::vector<Rung>& rungs) {
    for (const auto& rung : rungs)
        if (rung.state == RungState::Fails) return &rung;
    return nullptr;
}

const Rung& named(const std::vector<Rung>& rungs, std::string_view name) {
    const auto found = std::ranges::find(rungs, name, &Rung::name);
    EXPECT_NE(found, rungs.end()) << name;
    return *found;
}

TEST(Ladder, OnAHealthyMachineNothingFails) {
    EXPECT_EQ(failing(ladder(offeredFacts())), nullptr);
    EXPECT_EQ(failing(ladder(pairedFacts())), nullptr);
}

TEST(Ladder, TheFirstRungThatDoesNotHoldIsTheOneThatIsNamed) {
    struct Case {
        const char* code;
        void (*breakIt)(Facts&);
    };

    for (const auto& [code, breakIt] : {
             Case{"ladder.link", [](Facts& f) { f.machine = {}; }},
             Case{"ladder.address", [](Facts& f) { f.machine.addresses.clear(); }},
             Case{"ladder.router", [](Facts& f) { f.machine.router.clear(); }},
             Case{"ladder.settings", [](Facts& f) { f.controlplane.clear(); }},
             Case{"ladder.dns", [](Facts& f) { f.machine.namesResolve = false; }},
             Case{"ladder.gateway", [](Facts& f) { f.gateway = {}; }},
             Case{"ladder.controlplane",
                  [](Facts& f) {
                      f.gateway.state = "contacting";
                      f.gateway.message = "It refused the connection.";
                  }},
             Case{"ladder.bus",
                  [](Facts& f) {
                      f = pairedFacts();
                      f.gateway.link = "down";
                  }},
         }) {
        auto facts = offeredFacts();
        breakIt(facts);
        const auto rungs = ladder(facts);
        const auto* rung = failing(rungs);
        ASSERT_NE(rung, nullptr) << code;
        EXPECT_EQ(rung->code, code);
        EXPECT_FALSE(rung->remedy.empty());
        EXPECT_FALSE(rung->evidence.empty());
    }
}

TEST(Ladder, AControlPlaneThatWasAskedAMomentAgoIsWaitedFor) {
    auto facts = offeredFacts();
    facts.gateway.state = "contacting";

    EXPECT_EQ(failing(ladder(facts)), nullptr);
    EXPECT_EQ(named(ladder(facts), "Control plane").state, RungState::Waits);
}

TEST(Ladder, AProxyThatDoesNotLetUsThroughIsNamedByWhatItDoes) {
    for (const auto* state : {"contacting", "stopped", "active"}) {
        for (const std::string why :
             {"unreachable", "credentials", "forbidden", "upstream", "timeout", "protocol"}) {
            auto facts = offeredFacts();
            facts.gateway.state = state;
            facts.gateway.link = "down";
            facts.gateway.proxy = "http://proxy.example.com:3128";
            facts.gateway.message = facts.gateway.linkWhy = "It says 407.";
            facts.gateway.failure = "net.proxy_" + why;

            const auto rungs = ladder(facts);
            const auto* rung = failing(rungs);

            ASSERT_NE(rung, nullptr) << why;
            EXPECT_EQ(rung->name, "Proxy");
            EXPECT_EQ(rung->code, "ladder.proxy_" + why);
            EXPECT_THAT(rung->evidence, HasSubstr("proxy.example.com:3128: It says 407."));
            EXPECT_TRUE(rung->remedy.ends_with('.') || rung->remedy.ends_with('?')) << rung->remedy;
        }
    }
}

TEST(Ladder, WithAProxyItsNameIsTheOneThatHasToBeKnown) {
    auto facts = offeredFacts();
    facts.proxy = "http://proxy.example.com:3128";
    facts.machine.nameLookedUp = "proxy.example.com";
    facts.machine.namesResolve = false;

    const auto rungs = ladder(facts);

    EXPECT_EQ(failing(rungs)->code, "ladder.dns");
    EXPECT_THAT(failing(rungs)->evidence, HasSubstr("the proxy's name (proxy.example.com)"));
    EXPECT_THAT(failing(rungs)->remedy, HasSubstr("pcgw.proxy"));
}

TEST(Ladder, ABoxThatInspectsIsNamedWithItsIssuerItsHashAndWhatToAllow) {
    auto facts = offeredFacts();
    facts.gateway.state = "contacting";
    facts.gateway.inspections = {
        {"pair.example.com:443", "CN=Inspecting Box CA", std::string(64, 'a'), ""}};

    auto rungs = ladder(facts);

    ASSERT_NE(failing(rungs), nullptr);
    EXPECT_EQ(failing(rungs)->code, "ladder.tls_inspection");
    EXPECT_THAT(failing(rungs)->evidence, HasSubstr("CN=Inspecting Box CA"));
    EXPECT_THAT(failing(rungs)->evidence, HasSubstr(std::string(64, 'a')));
    EXPECT_THAT(failing(rungs)->remedy, HasSubstr("Let pair.example.com:443 through"));

    facts.gateway.state = "offered";  // it may read along while pairing
    rungs = ladder(facts);
    EXPECT_EQ(failing(rungs), nullptr);
    EXPECT_EQ(named(rungs, "TLS").state, RungState::Warns);
    EXPECT_EQ(named(rungs, "TLS").code, "ladder.tls_inspection");
}

TEST(Ladder, TheClockHoldsNothingUpAndSaysHowFarItWasOff) {
    auto facts = offeredFacts();
    facts.machine.clock = {true, "ntp.example.com", -1234, "2026-11-22 13:44 UTC", 60};
    EXPECT_EQ(named(ladder(facts), "Clock").evidence,
              "set by NTP from ntp.example.com, 1234 ms off when last asked; it says 2026-11-22 "
              "13:44 UTC");

    facts.machine.clock.isSet = false;
    EXPECT_EQ(named(ladder(facts), "Clock").state, RungState::Waits);
    facts.machine.clock.uptimeSeconds = 600;
    const auto rungs = ladder(facts);
    EXPECT_EQ(named(rungs, "Clock").state, RungState::Warns);
    EXPECT_EQ(named(rungs, "Clock").code, "ladder.clock");
    EXPECT_THAT(named(rungs, "Clock").evidence, HasSubstr("ntp.example.com does not answer"));
    EXPECT_EQ(failing(rungs), nullptr);
}

TEST(Ladder, AClockThatNobodySetStandsBesideWhatItMayHaveBroken) {
    auto facts = offeredFacts();
    facts.machine.clock = {false, "", {}, "2061-01-01 00:00 UTC", 10};
    facts.gateway.state = "contacting";
    facts.gateway.message = "The certificate has expired.";

    EXPECT_THAT(failing(ladder(facts))->evidence, HasSubstr("clock says 2061-01-01 00:00 UTC"));
}

TEST(Ladder, TheBusSaysWhichWayItTakes) {
    auto facts = pairedFacts();
    EXPECT_EQ(named(ladder(facts), "Bus").evidence, "connected by NATS, direct");
    facts.gateway.busWay = "WebSocket, through the proxy http://192.0.2.8:3128";
    EXPECT_EQ(named(ladder(facts), "Bus").evidence,
              "connected by WebSocket, through the proxy http://192.0.2.8:3128");
}

TEST(Ladder, OnSomebodysOwnMachineTheGatewaySaysWhatItWasConfiguredWith) {
    auto facts = pairedFacts();
    facts.isAppliance = false;
    facts.source = "the gateway's configuration";
    facts.machine.carrier = false;  // a container, perhaps
    facts.machine.interfaces.clear();
    facts.machine.addresses.clear();
    facts.machine.router.clear();
    EXPECT_EQ(failing(ladder(facts)), nullptr);

    Facts stopped;
    stopped.isAppliance = false;
    const auto rungs = ladder(stopped);
    ASSERT_NE(failing(rungs), nullptr);
    EXPECT_EQ(failing(rungs)->code, "ladder.gateway");
    EXPECT_THAT(failing(rungs)->remedy, HasSubstr("systemctl status pcg-gateway"));
}

TEST(ClockLook, ReadsWhatTimesyncdWasAnswered) {
    // Asked at 1.000000 s, received at 1.510000, sent at 1.510100, answered at 1.020100: half a
    // second behind.
    const auto facts = readTimesync(
        "{\"type\":\"s\",\"data\":\"ntp.example.com\"}\n"
        "{\"type\":\"(uuuuittayttttbtt)\",\"data\":[0,4,4,2,-20,1,1,"
        "[192,0,2,1],1000000,1510000,1510100,1020100,false,3,0]}\n");

    EXPECT_EQ(facts.server, "ntp.example.com");
    EXPECT_EQ(facts.offsetMs, 500);
}

TEST(ClockLook, WhatCannotBeReadIsNotKnown) {
    for (const auto* printed :
         {"",
          "Failed to get property",
          R"({"type":"s","data":""})",
          R"({"type":"x","data":[0,0,0,0,0,0,0,[],0,0,0,0,false,0,0]})",
          R"({"type":"x","data":[1,2]})",
          R"({"type":"x","data":[0,0,0,0,0,0,0,[],9223372036854775807,1,1,1,false,1,0]})"})
        EXPECT_FALSE(readTimesync(printed).offsetMs) << printed;
}

TEST(Frame, ShowsTheCodeLargeAndInOneLine) {
    const auto shown = text(offeredFacts());

    EXPECT_THAT(shown, HasSubstr("Pairing code: 7K3M-Q9TD-X4WS"));
    EXPECT_THAT(shown, HasSubstr("192.0.2.10"));
    EXPECT_THAT(shown, HasSubstr("https://pair.example.com"));
    EXPECT_THAT(shown, HasSubstr("##### #  #  ####  #   #"));
}

TEST(Frame, ALetterIsFiveByFive) {
    EXPECT_EQ(largeText("7-L", "#"),
              (std::vector<std::string>{"#####    #     ",
                                        "    #    #     ",
                                        "   #     #     ",
                                        "  #      #     ",
                                        "  #      ##### "}));
}

TEST(Frame, AsksWithTheNumberAndTheTenantsName) {
    auto facts = offeredFacts();
    facts.gateway.state = "confirm";
    facts.gateway.tenantName = "tenant-a";
    facts.gateway.sas = "123456";

    EXPECT_THAT(text(facts), HasSubstr("Tenant        tenant-a"));
    EXPECT_THAT(text(facts), HasSubstr("Type y and Enter"));
}

TEST(Frame, WhatAStrangerWroteIsNotObeyedByTheTerminal) {
    auto facts = offeredFacts();
    facts.gateway.state = "confirm";
    facts.gateway.tenantName = "a\x1b[2Jb\n\xe2\x80\xae";
    facts.gateway.requestedBy = std::string(500, 'x');
    facts.problems = {{"appliance.environment", "ISO", "\x1b]0;title\x07 wrong"}};

    for (const auto& line : frame(facts, "#")) {
        EXPECT_LE(line.size(), kColumns);
        for (const char c : line) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << line;
    }
}

TEST(Frame, WhatOnlyWarnsIsSaidWhereThereIsRoomAndHidesNoQrCode) {
    auto facts = offeredFacts();
    facts.machine.clock = {false, "", {}, "2026-11-22 13:44 UTC", 600};

    EXPECT_THAT(text(facts), HasSubstr("[! ] Clock"));
    EXPECT_THAT(text(facts), HasSubstr("ladder.clock: no NTP server was found"));
    std::string withQr;
    for (const auto& line : frame(facts, "#", true)) withQr += line + "\n";
    EXPECT_THAT(withQr, HasSubstr("\u2580"));
}

TEST(Frame, WithoutAControlPlaneNobodyIsToldToWaitForTheGateway) {
    auto facts = offeredFacts();
    facts.controlplane.clear();
    facts.gateway = {};

    EXPECT_THAT(text(facts), HasSubstr("waits for the control plane's address"));
    EXPECT_THAT(text(facts), HasSubstr("with F2 at the\n     console, or among"));
}

TEST(Frame, FitsTheScreenWhateverIsWrong) {
    auto facts = offeredFacts();
    facts.machine.clock.isSet = false;
    facts.machine.clock.uptimeSeconds = 600;
    facts.gateway.inspections = {{std::string(300, 't'), std::string(600, 'i')}};
    for (int i = 0; i < 50; ++i)
        facts.problems.push_back({"appliance.property.x", "pcgw.x", std::string(300, 'w')});
    for (int i = 0; i < 50; ++i) facts.gateway.endpoints.push_back({"vc", "ok"});
    for (const auto* state : {"offered", "confirm", "active", "contacting", ""}) {
        facts.gateway.state = state;
        EXPECT_LE(frame(facts, "#").size(), kRows);
    }
}

}  // namespace
}  // namespace pcg::appliance
