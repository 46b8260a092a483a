// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "appliance/console/frame.h"
#include "appliance/console/ladder.h"

namespace pcg::appliance {
namespace {

using testing::HasSubstr;

Facts healthy() {
    Facts facts;
    facts.version = "1.2.3";
    facts.hostname = "gw1";
    facts.controlplane = "https://pair.example.com";
    facts.source = "ISO";
    facts.machine = {true, {"ens192"}, {"192.0.2.10"}, "192.0.2.1", true, true};
    facts.gateway.answers = true;
    facts.gateway.state = "offered";
    facts.gateway.code = "7K3M-Q9TD-X4WS";
    facts.gateway.expiresInSeconds = 500;
    return facts;
}

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

TEST(Ladder, OnAHealthyMachineNothingFails) { EXPECT_EQ(failing(ladder(healthy())), nullptr); }

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
             Case{"ladder.controlplane", [](Facts& f) { f.gateway.state = "contacting"; }},
             Case{"ladder.bus", [](Facts& f) { f.gateway.state = "active"; }},
         }) {
        auto facts = healthy();
        breakIt(facts);
        const auto rungs = ladder(facts);
        const auto* rung = failing(rungs);
        ASSERT_NE(rung, nullptr) << code;
        EXPECT_EQ(rung->code, code);
        EXPECT_FALSE(rung->remedy.empty());
        EXPECT_FALSE(rung->evidence.empty());
    }
}

TEST(Frame, ShowsTheCodeLargeAndInOneLine) {
    const auto shown = text(healthy());

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
    auto facts = healthy();
    facts.gateway.state = "confirm";
    facts.gateway.tenantName = "tenant-a";
    facts.gateway.sas = "123456";

    EXPECT_THAT(text(facts), HasSubstr("Tenant        tenant-a"));
    EXPECT_THAT(text(facts), HasSubstr("Type y and Enter"));
}

TEST(Frame, WhatAStrangerWroteIsNotObeyedByTheTerminal) {
    auto facts = healthy();
    facts.gateway.state = "confirm";
    facts.gateway.tenantName = "a\x1b[2Jb\n\xe2\x80\xae";
    facts.gateway.requestedBy = std::string(500, 'x');
    facts.problems = {{"appliance.environment", "ISO", "\x1b]0;title\x07 wrong"}};

    for (const auto& line : frame(facts, "#")) {
        EXPECT_LE(line.size(), kColumns);
        for (const char c : line) EXPECT_TRUE(c >= 0x20 && c < 0x7f) << line;
    }
}

TEST(Frame, FitsTheScreenWhateverIsWrong) {
    auto facts = healthy();
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
