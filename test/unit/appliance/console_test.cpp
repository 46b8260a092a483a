// SPDX-License-Identifier: Apache-2.0
#include "test/unit/appliance/facts_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "appliance/console/clock_look.h"
#include "appliance/console/frame.h"
#include "appliance/console/gateway_facts.h"
#include "appliance/console/late_answers.h"
#include "appliance/console/looker.h"
#include "appliance/console/system_look.h"
#include "appliance/console/troubles.h"

namespace pcg::appliance {
namespace {

using testing::HasSubstr;
using testing::Not;

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
             Case{"ladder.router_silent", [](Facts& f) { f.machine.routerSilent = true; }},
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

TEST(Ladder, ThePairingOfYesterdaySaysNothingOfTheControlPlaneNow) {
    auto facts = pairedFacts();
    facts.gateway.controlplaneNow = LateAnswer{false, "net.refused", "It refused the connection."};

    auto rungs = ladder(facts);

    EXPECT_EQ(failing(rungs)->code, "ladder.controlplane");
    EXPECT_THAT(failing(rungs)->evidence, HasSubstr("It refused the connection."));
    EXPECT_EQ(named(rungs, "Pairing").state, RungState::Holds);
    EXPECT_EQ(named(rungs, "Bus").state, RungState::Holds) << "it goes on without";

    facts.gateway.controlplaneNow.reset();
    rungs = ladder(facts);
    EXPECT_EQ(failing(rungs), nullptr);
    EXPECT_EQ(named(rungs, "Control plane").state, RungState::Waits) << "nobody has answered";

    facts.gateway.link = "down";
    EXPECT_EQ(failing(ladder(facts))->code, "ladder.bus");
}

TEST(Ladder, AProxyThatRefusesTheControlPlaneAloneIsNamed) {
    auto facts = pairedFacts();
    facts.gateway.proxy = "http://proxy.example.com:3128";
    facts.gateway.controlplaneNow = LateAnswer{false, "net.proxy_forbidden", "It says 403."};

    EXPECT_EQ(failing(ladder(facts))->code, "ladder.proxy_forbidden");
    EXPECT_THAT(failing(ladder(facts))->evidence, HasSubstr("It says 403."));
}

TEST(Ladder, ANameThatIsBeingLookedUpHoldsNothingUp) {
    auto facts = offeredFacts();
    facts.machine.namesResolve = false;
    facts.machine.namesPending = true;

    EXPECT_EQ(failing(ladder(facts)), nullptr);
    EXPECT_EQ(named(ladder(facts), "Names").state, RungState::Waits);
}

TEST(Ladder, AGatewayThatRefusesItsConfigurationSaysWhy) {
    auto facts = offeredFacts();
    facts.gateway = {};
    facts.gateway.lastWords = "/etc/pcg-gateway/gateway.json: proxy_ulr: did you mean proxy_url?";

    const auto rungs = ladder(facts);

    EXPECT_EQ(failing(rungs)->code, "ladder.gateway");
    EXPECT_THAT(failing(rungs)->evidence, HasSubstr("did you mean proxy_url?"));
    EXPECT_THAT(failing(rungs)->remedy, HasSubstr("F2"));
    EXPECT_THAT(text(facts), Not(HasSubstr("serial console")));
}

TEST(Ladder, AnAcceptedPairingWaitsForTheTenantAlsoBehindABoxThatReadsAlong) {
    auto facts = offeredFacts();
    facts.gateway.state = "enrolling";
    facts.gateway.tenantName = "tenant-a";
    facts.gateway.message = "Waiting for the tenant to confirm the number.";
    facts.gateway.inspections = {{"pair.example.com:443", "CN=Box", std::string(64, 'a'), ""}};
    facts.gateway.controlplaneNow = LateAnswer{true};

    EXPECT_EQ(failing(ladder(facts)), nullptr);
    EXPECT_EQ(named(ladder(facts), "TLS").state, RungState::Warns);
    EXPECT_THAT(named(ladder(facts), "Pairing").evidence, HasSubstr("accepted for tenant-a"));
    EXPECT_THAT(text(facts), HasSubstr("Accepted for   tenant-a"));
    EXPECT_THAT(text(facts), HasSubstr("waits for the tenant to confirm the number"));
    EXPECT_THAT(text(facts), Not(HasSubstr("No pairing code yet")));

    facts.gateway.controlplaneNow = LateAnswer{false, "net.tls_intercepted", "Somebody else."};
    EXPECT_EQ(failing(ladder(facts))->code, "ladder.tls_inspection");
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
    EXPECT_THAT(failing(rungs)->remedy, HasSubstr("give its CA as inspection_ca"));

    facts.gateway.state = "offered";  // it may read along while pairing
    rungs = ladder(facts);
    EXPECT_EQ(failing(rungs), nullptr);
    EXPECT_EQ(named(rungs, "TLS").state, RungState::Warns);
    EXPECT_EQ(named(rungs, "TLS").code, "ladder.tls_inspection");

    facts.gateway.state = "active";  // the bus is let by, the control plane is not any more
    facts.gateway.link = "up";
    facts.gateway.controlplaneNow = LateAnswer{false, "net.tls_intercepted", "Somebody else."};
    rungs = ladder(facts);
    EXPECT_EQ(failing(rungs)->code, "ladder.tls_inspection");
    EXPECT_EQ(named(rungs, "Bus").state, RungState::Holds);
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
    facts.gateway.busWayWhy = "proxy_url names it";
    facts.gateway.wayWhy = "no proxy is configured";
    EXPECT_THAT(named(ladder(facts), "Bus").evidence, HasSubstr(":3128 (proxy_url names it)"));
    EXPECT_THAT(named(ladder(facts), "Control plane").evidence,
                HasSubstr("direct (no proxy is configured)"));
}

TEST(GatewayFacts, AreWhatStatusSays) {
    Facts facts;
    readStatus(
        R"({"version":"1.2.3","pairing":{"state":"active","tenant_name":"tenant-a"},
            "link":{"state":"up","way":{"direct":true,"text":"WebSocket, direct","why":"4222 is silent"}},
            "egress":{"control_plane":"p:443","way":{"text":"direct","why":"no proxy is configured"}},
            "policy":{"paused":true,"read_only":true},
            "endpoints":[{"name":"vc1","state":"unreachable","why":"no answer"}, 7],
            "warnings":[{"code":"state_degraded","severity":"critical","title":"T","subject":"s",
                         "detail":"D","next_step":"N"}, "x"]})",
        facts);

    const auto& gateway = facts.gateway;
    EXPECT_TRUE(gateway.answers && gateway.paused && gateway.readOnly);
    EXPECT_EQ(gateway.busWay, "WebSocket, direct");
    EXPECT_EQ(gateway.busWayWhy, "4222 is silent");
    EXPECT_EQ(gateway.wayWhy, "no proxy is configured");
    ASSERT_EQ(gateway.endpoints.size(), 1U);
    ASSERT_EQ(gateway.warnings.size(), 1U);
    EXPECT_EQ(gateway.warnings.front().code, "state_degraded");
    EXPECT_EQ(gateway.warnings.front().nextStep, "N");

    Facts none;
    readStatus("{\"policy\":7", none);
    EXPECT_FALSE(none.gateway.answers);
}

TEST(Troubles, AreTheFailingRungFirstAndSayNothingTwice) {
    auto facts = pairedFacts();
    facts.gateway.link = "down";
    facts.problems = {{"appliance.import_changed", "pcgw.dns", "It is another one now.", true},
                      {"appliance.data_full", "data partition", "Only 3 MiB are free."}};
    facts.gateway.endpoints = {{"vc1", "ok"}, {"vc2", "bad_credentials", "no such user"}};
    facts.gateway.warnings = {
        {"link_down", "critical", "The link is down"},
        {"state_degraded", "critical", "It cannot write", "", "No space.", "Check the disk."},
        {"endpoint_credentials_rejected", "warning", "Refused", "vc2"},
        {"read_only", "warning", "It is read-only", "", "", "pcgctl policy read-only off"},
        {"root_key_in_file", "note", "The root key is a file"}};

    std::vector<std::string> codes;
    for (const auto& one : troubles(facts)) codes.push_back(one.text.substr(0, one.text.find(':')));

    EXPECT_EQ(codes,
              (std::vector<std::string>{"ladder.bus",
                                        "appliance.data_full",
                                        "gateway.state_degraded",
                                        "ladder.endpoint",
                                        "appliance.import_changed",
                                        "gateway.read_only"}));
}

TEST(Routers, AreReadFromTheKernelsTables) {
    EXPECT_EQ(readRouters("Iface Destination Gateway Flags\n"
                          "ens192 00000000 010200C0 0003 0 0 0 00000000\n"
                          "ens192 000200C0 00000000 0001 0 0 0 00FFFFFF\n",
                          "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
                          "fe800000000000000000000000000001 00000400 1 0 00000003   ens192\n"
                          "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
                          "00000000000000000000000000000000 ffffffff 1 0 00200200       lo\n"),
              (std::vector<std::string>{"192.0.2.1", "fe80::1"}));
    EXPECT_TRUE(readRouters("x\nens192 00000000 zz\n", "short 00\n").empty());
}

TEST(Routers, AreSilentOnlyIfEachWasAskedInVain) {
    const std::vector<std::string> both{"192.0.2.1", "fe80::1"};
    EXPECT_TRUE(allSilent({"192.0.2.1"}, {{"192.0.2.1", true}}));
    EXPECT_FALSE(allSilent({"192.0.2.1"}, {{"192.0.2.7", true}})) << "nobody has asked for it";
    EXPECT_FALSE(allSilent(both, {{"192.0.2.1", true}, {"fe80::1", false}}));
    EXPECT_FALSE(allSilent({"fe80::1"}, {{"fe80::1", true}, {"fe80::1", false}})) << "other card";
    EXPECT_FALSE(allSilent({}, {}));
}

TEST(Disk, ThatIsFullReadOnlyOrMissingIsNamedWithTheRemedy) {
    const auto at = [](const std::string& kind, const std::string& options, std::uint64_t free) {
        const auto problem = diskProblem(
            "30 1 8:1 / / rw - squashfs /dev/a ro\n36 30 8:5 / /data ro,nosuid shared:1 - " + kind +
                " /dev/sda6 " + options + "\n",
            free);
        return problem ? problem->code : "";
    };
    constexpr std::uint64_t kMuch = 1U << 30U;
    EXPECT_EQ(at("ext4", "rw,errors=remount-ro", kMuch), "");
    EXPECT_EQ(at("ext4", "rw", 3U << 20U), "appliance.data_full");
    EXPECT_EQ(at("ext4", "ro,seclabel", kMuch), "appliance.data_read_only");
    EXPECT_EQ(at("tmpfs", "rw,size=131072k", kMuch), "appliance.data_missing");
    EXPECT_FALSE(diskProblem("a b c\n30 1 8:1 / /data rw -\n", 0));
}

TEST(Looker, LeavesOutWhatAGatewaySaidThatDoesNotAnswerAnyMore) {
    std::promise<void> goOn;
    const auto gate = goOn.get_future().share();
    bool first = true;
    Looker looker(
        [&] {
            if (!std::exchange(first, false)) gate.wait();
            return offeredFacts();
        },
        std::chrono::milliseconds(0),
        std::chrono::milliseconds(0));

    const auto isLeftOut = [&] {
        const auto facts = looker.latest();
        return facts && !facts->gateway.answers && facts->hostname == "gw1";
    };
    while (!isLeftOut()) std::this_thread::yield();
    goOn.set_value();
}

TEST(LateAnswers, NobodyWaitsForThemAndTheLastOneCounts) {
    std::promise<void> mayAnswer;
    std::promise<void> second;
    const auto gate = mayAnswer.get_future().share();
    LateAnswers answers(
        [&](const std::string& question) {
            if (question == "slow") gate.wait();
            if (question == "next") second.set_value();
            return LateAnswer{question == "slow"};
        },
        std::chrono::hours(1),
        std::chrono::hours(1));

    EXPECT_FALSE(answers.to(""));
    EXPECT_FALSE(answers.to("slow")) << "it is asked, and not waited for";
    mayAnswer.set_value();
    while (!answers.to("slow")) std::this_thread::yield();
    EXPECT_TRUE(answers.to("slow")->okay);
    EXPECT_FALSE(answers.to("next")) << "what another question was answered does not count";
    second.get_future().wait();
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

TEST(Frame, ShowsClockOffsetAndTheRedButtonAlways) {
    for (const auto* state : {"offered", "confirm", "active", "enrolling", "contacting", ""}) {
        for (const bool withQr : {false, true}) {
            auto facts = pairedFacts();
            facts.gateway.state = state;
            facts.gateway.code = "7K3M-Q9TD-X4WS";
            facts.machine.clock = {true, "ntp.example.com", -12, "2026-11-22 13:44 UTC", 60};
            const auto shown = [&] {
                std::string all;
                for (const auto& line : frame(facts, "#", withQr)) all += line + "\n";
                return all;
            };
            EXPECT_THAT(shown(), HasSubstr("2026-11-22 13:44 UTC, set by NTP, 12 ms off"));
            EXPECT_THAT(shown(), HasSubstr("Access not paused"));
            facts.gateway.readOnly = true;
            EXPECT_THAT(shown(), HasSubstr("Access READ-ONLY"));
            facts.gateway.paused = true;
            EXPECT_THAT(shown(), HasSubstr("Access PAUSED"));
        }
    }
}

TEST(Frame, WhenPairedSaysTheWayWhyAndWhatAStolenDiskReveals) {
    auto facts = pairedFacts();
    facts.gateway.busWay = "WebSocket, direct";
    facts.gateway.busWayWhy = "4222 is silent";
    facts.gateway.wayWhy = "no proxy is configured";

    EXPECT_THAT(text(facts),
                HasSubstr("bus: WebSocket, direct (4222 is silent); control plane: direct\n"
                          "               (no proxy is configured)"));
    EXPECT_THAT(text(facts), HasSubstr("Stolen disk    Whoever has a copy of this VM's disk"));
    EXPECT_THAT(text(facts), HasSubstr("no TPM seals the key"));
    for (int i = 0; i < 5; ++i)
        facts.problems.push_back({"appliance.property.x", "pcgw.x", std::string(100, 'w')});
    EXPECT_THAT(text(facts), HasSubstr("Stolen disk    reveals all credentials"));
    facts.gateway.warnings.clear();
    EXPECT_THAT(text(facts), Not(HasSubstr("Stolen disk")));
}

TEST(Frame, NamesEndpointsThatFailWithWhyAndWhatToDoAndCountsTheRest) {
    auto facts = pairedFacts();
    facts.gateway.endpoints = {{"vc1", "ok"}, {"vc2", "unreachable", "no answer"}};
    EXPECT_THAT(text(facts), HasSubstr("Endpoints      1 of 2 are ok"));
    EXPECT_THAT(text(facts), HasSubstr("[!!] Endpoints"));
    EXPECT_THAT(text(facts), HasSubstr("ladder.endpoint: Endpoint vc2 unreachable: no answer"));
    EXPECT_THAT(text(facts), HasSubstr("pcgctl endpoint check vc2"));

    for (int i = 0; i < 50; ++i) facts.gateway.endpoints.push_back({"other", "untrusted", "x"});
    EXPECT_THAT(text(facts), HasSubstr("ladder.endpoint: Endpoint vc2"));
    EXPECT_THAT(text(facts), testing::ContainsRegex("and [0-9]+ more; pcgctl diagnose lists all"));
}

TEST(Frame, OnATerminalOf24RowsBlankLinesAndRulesGoFirst) {
    EXPECT_EQ(fitted({"a", "", "b", "---", "c", "", "keys"}, 5),
              (std::vector<std::string>{"a", "b", "---", "c", "keys"}));
    EXPECT_EQ(fitted({"a", "---", "b", "keys"}, 3), (std::vector<std::string>{"a", "b", "keys"}));
    EXPECT_EQ(fitted({"a", "b", "keys"}, 2), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(fitted({"a", ""}, 5).size(), 2U);
}

TEST(Frame, WhateverIsWrongTheFailingRungItsRemedyTheCodeAndTheQuestionAreSeen) {
    for (const auto* state : {"offered", "confirm", "active", "contacting", "enrolling", ""}) {
        auto facts = pairedFacts();
        facts.gateway.state = state;
        facts.gateway.code = "7K3M-Q9TD-X4WS";
        facts.gateway.sas = "123456";
        facts.gateway.message = std::string(900, 'm');
        facts.machine.clock.uptimeSeconds = 600;
        facts.machine.clock.isSet = false;
        facts.notice = "No tenant asks to own this gateway now. " + std::string(900, 'n');
        facts.machine.router = "192.0.2.1";
        facts.machine.routerSilent = true;
        facts.gateway.inspections = {{std::string(300, 't'), std::string(600, 'i')}};
        for (int i = 0; i < 50; ++i) {
            facts.problems.push_back({"appliance.property.x", "pcgw.x", std::string(300, 'w')});
            facts.gateway.endpoints.push_back({"vc", "unreachable", std::string(300, 'e')});
            facts.gateway.warnings.push_back({"state_degraded", "critical", "It cannot write"});
        }
        const auto lines = frame(facts, "#");
        const auto shown = text(facts);

        EXPECT_LE(lines.size(), kRows);
        for (const auto& line : lines) EXPECT_LE(line.size(), kColumns) << line;
        EXPECT_THAT(shown, HasSubstr("No tenant asks to own")) << state;
        EXPECT_THAT(shown, HasSubstr("ladder.router_silent: 192.0.2.1 does not")) << state;
        EXPECT_THAT(shown, HasSubstr("  -> Is pcgw.gateway4 the router")) << state;
        EXPECT_THAT(shown, testing::ContainsRegex("and 1[45][0-9] more; pcgctl diagnose")) << state;
        if (std::string_view(state) == "offered") {
            EXPECT_THAT(shown, HasSubstr("Pairing code: 7K3M-Q9TD-X4WS"));
        }
        if (std::string_view(state) == "confirm") {
            EXPECT_THAT(shown, HasSubstr("123 456"));
            EXPECT_THAT(shown, HasSubstr("Type y and Enter"));
        }
    }
}

}  // namespace
}  // namespace pcg::appliance
