// SPDX-License-Identifier: Apache-2.0
// The pages as pictures: test/vectors/console/*.txt. Look at them when one changes;
// PCG_WRITE_GOLDEN=1 writes them anew.
#include "appliance/console/screen.h"

#include "test/unit/appliance/facts_fixture.h"
#include "test/unit/appliance/old_ca.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "appliance/console/frame.h"
#include "appliance/console/qr.h"
#include "appliance/console/screen_menu.h"

namespace pcg::appliance {
namespace {

using testing::HasSubstr;
using testing::Not;

const SteadyTime kNow{std::chrono::hours(1)};

std::string text(const std::vector<std::string>& lines) {
    std::string all;
    for (const auto& line : lines) all += line + "\n";
    return all;
}

void expectGolden(const std::string& name, const std::string& shown) {
    const auto path = std::string(PCG_SOURCE_DIR) + "/test/vectors/console/" + name + ".txt";
    if (std::getenv("PCG_WRITE_GOLDEN") != nullptr) std::ofstream(path) << shown;
    std::ifstream file(path);
    std::stringstream golden;
    golden << file.rdbuf();
    EXPECT_EQ(shown, golden.str()) << name;
}

std::size_t width(const std::string& line) {
    return static_cast<std::size_t>(
        std::ranges::count_if(line, [](char c) { return (c & 0xc0) != 0x80; }));
}

// Types words; the wish of the last key.
std::optional<Wish> type(Screen& screen,
                         std::string_view keys,
                         const Facts& facts = offeredFacts()) {
    std::optional<Wish> wish;
    for (const char c : keys) {
        const Key key = c == '\n'   ? Key{KeyKind::Enter}
                        : c == '\b' ? Key{KeyKind::Backspace}
                        : c == '^'  ? Key{KeyKind::Escape}
                        : c == '!'  ? Key{KeyKind::Menu}
                        : c == '<'  ? Key{KeyKind::Up}
                        : c == '>'  ? Key{KeyKind::Down}
                        : c == '~'  ? Key{KeyKind::Reset}
                                    : Key{KeyKind::Text, c};
        wish = screen.press(key, facts, kNow);
    }
    return wish;
}

Screen openMenu() {
    Screen screen;
    type(screen, "!");
    screen.outcome({WishKind::PinState, true, "", true});
    type(screen, "270182\n");
    screen.outcome({WishKind::PinCheck, true, ""});
    return screen;
}

TEST(Screen, ShowsTheCodeLargeBesideTheQrCodeOfThePairingPage) {
    const Screen screen;

    expectGolden("code", text(screen.picture(offeredFacts(), "#")));
}

TEST(Screen, WhatIsWrongNeedsTheRoomOfTheQrCode) {
    auto facts = offeredFacts();
    facts.problems = {{"appliance.property.ca", "pcgw.ca", "It is no certificate."}};
    const Screen screen;

    expectGolden("code-and-problem", text(screen.picture(facts, "#")));
}

TEST(Screen, APairedGatewaySaysItsWayItsEndpointsAndWhatAStolenDiskReveals) {
    auto facts = pairedFacts();
    facts.gateway.tenantId = "tn_01jd3zq8kfh5y0c7w2v9x6t4re";
    facts.gateway.busWayWhy = facts.gateway.wayWhy = "no proxy is configured";
    facts.gateway.endpoints = {{"vc1", "ok"}, {"maas1", "ok"}};
    facts.machine.clock = {true, "ntp.example.com", 12, "2026-11-22 13:44 UTC", 600};
    const Screen screen;

    expectGolden("paired", text(screen.picture(facts, "#")));
}

TEST(Screen, WithMuchWrongThePageHasTheWorstAndCountsTheRest) {
    auto facts = pairedFacts();
    facts.machine.clock = {true, "ntp.example.com", 12, "2026-11-22 13:44 UTC", 600};
    facts.gateway.readOnly = true;
    facts.gateway.controlplaneNow = LateAnswer{false, "net.refused", "It refused the connection."};
    facts.problems = {{"appliance.data_full", "data partition", "Only 3 MiB are free."}};
    for (const auto* name : {"vc1", "vc2", "vc3", "vc4"})
        facts.gateway.endpoints.push_back({name, "unreachable", "connection timed out"});
    const Screen screen;

    expectGolden("much-wrong", text(screen.picture(facts, "#")));
}

TEST(Screen, AQuestionIsSeenWhateverIsWrong) {
    auto facts = offeredFacts();
    facts.gateway.state = "confirm";
    facts.gateway.tenantName = "tenant-a";
    facts.gateway.tenantId = "tn_01jd3zq8kfh5y0c7w2v9x6t4re";
    facts.gateway.requestedBy = "ops@tenant-a.example";
    facts.gateway.sas = "123456";
    facts.notice = "Type y or n.";
    facts.machine.namesResolve = false;
    for (int i = 0; i < 3; ++i)
        facts.problems.push_back({"appliance.property.ca", "pcgw.ca", std::string(200, 'x')});
    const Screen screen;

    expectGolden("question-and-problems", text(screen.picture(facts, "#")));
}

TEST(Screen, EveryPageFits80By25) {
    Screen screen;
    auto facts = offeredFacts();
    facts.hostname = std::string(200, 'h');
    facts.machine.addresses.assign(30, "2001:db8:1234:5678:9abc:def0:1234:5678");
    const auto fits = [&facts](const Screen& shown) {
        const auto lines = shown.picture(facts, "\u2588");
        EXPECT_LE(lines.size(), 25U);
        for (const auto& line : lines) EXPECT_LE(width(line), 80U) << line;
    };
    fits(screen);
    type(screen, "!");
    fits(screen);
    screen.outcome({WishKind::PinState, true, "", false});
    fits(screen);
    screen = openMenu();
    fits(screen);
    type(screen, "\n");
    screen.outcome({WishKind::Load, true, "", false, {{"dns", std::string(2000, 'd')}}});
    fits(screen);
    type(screen, "x<\n");
    fits(screen);
    type(screen, "\n");
    Outcome refused{WishKind::Set, false, std::string(3000, 'w')};
    screen.outcome(refused);
    fits(screen);
    type(screen, "x\n");
    refused.mayForce = true;
    screen.outcome(refused);
    fits(screen);
    EXPECT_THAT(text(screen.picture(facts, "#")), HasSubstr("type yes:\n> \n"));
}

TEST(Screen, AnswersTheTenantsQuestionOnlyWhenThereIsOne) {
    Screen screen;
    EXPECT_FALSE(type(screen, "y\n"));
    auto facts = offeredFacts();
    facts.gateway.state = "confirm";

    const auto wish = type(screen, "nx\bo\n", facts);

    ASSERT_TRUE(wish);
    EXPECT_EQ(wish->kind, WishKind::Answer);
    EXPECT_FALSE(wish->yes);
    EXPECT_FALSE(type(screen, "what\n", facts));
}

TEST(Screen, TheFirstWhoOpensTheSettingsSetsThePinTwice) {
    Screen screen;
    ASSERT_EQ(type(screen, "!")->kind, WishKind::PinState);
    screen.outcome({WishKind::PinState, true, "", false});
    expectGolden("new-pin", text(screen.picture(offeredFacts(), "#")));

    EXPECT_FALSE(type(screen, "270182\n270183\n"));
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("not the same"));
    auto wish = type(screen, "270182\n270182\n");

    ASSERT_TRUE(wish);
    EXPECT_EQ(wish->kind, WishKind::PinSet);
    EXPECT_EQ(wish->pin.revealText(), "270182");
    screen.outcome({WishKind::PinSet, true, ""});
    expectGolden("menu", text(screen.picture(offeredFacts(), "#")));
}

TEST(Screen, APinIsNeverShownAndAWrongOneIsToldSo) {
    Screen screen;
    type(screen, "!");
    screen.outcome({WishKind::PinState, true, "", true});
    type(screen, "270183");
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("******"));
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), Not(HasSubstr("270183")));
    ASSERT_EQ(type(screen, "\n")->kind, WishKind::PinCheck);
    EXPECT_FALSE(type(screen, "\n^>x")) << "keys wait for the outcome";
    screen.outcome({WishKind::PinCheck, false, "That is not the PIN."});

    const auto shown = text(screen.picture(offeredFacts(), "#"));
    EXPECT_THAT(shown, HasSubstr("That is not the PIN."));
    EXPECT_THAT(shown, HasSubstr("PIN:   \n"));
    type(screen, "^");
    EXPECT_FALSE(screen.isOpen());
}

using Values = std::map<std::string, std::string, std::less<>>;

// Opens a form with what is kept, chooses nothing in it yet.
void openForm(Screen& screen, std::string_view keys, Values values, Values imports = {}) {
    ASSERT_EQ(type(screen, keys)->kind, WishKind::Load);
    screen.outcome({WishKind::Load, true, "", false, std::move(values), std::move(imports)});
}

TEST(Screen, AFormTakesOnlyWhatWasChangedAndTheMenuTriesIt) {
    auto screen = openMenu();
    openForm(screen, "\n", {{"ipv4", "dhcp"}, {"dns", "192.0.2.1"}, {"url", "u"}});
    type(screen, ">>>>>\b2");
    expectGolden("network", text(screen.picture(offeredFacts(), "#")));
    EXPECT_FALSE(type(screen, "\n\n\n\n")) << "nothing is tried yet";
    expectGolden("menu-changes", text(screen.picture(offeredFacts(), "#")));
    const auto wish = type(screen, "\n");

    ASSERT_TRUE(wish);
    EXPECT_EQ(wish->kind, WishKind::Set);
    EXPECT_FALSE(wish->keep || wish->force);
    EXPECT_EQ(wish->values, (Change{{"dns", "192.0.2.2"}}));
    expectGolden("trying", text(screen.picture(offeredFacts(), "#")));
    screen.outcome({WishKind::Set, false, "The control plane was not reached."});
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("was not reached"));
    type(screen, "x");
    openForm(screen, "<<<<\n", {{"dns", "192.0.2.1"}});
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("192.0.2.2"))
        << "what was typed is still there to be mended";
}

TEST(Screen, AStaticAddressAndTheProxyBehindItAreTriedAsOneChange) {
    auto screen = openMenu();
    openForm(screen, "\n", {});
    type(screen, ">192.0.2.10/24>192.0.2.1<<<\n");
    openForm(screen, "<<\n", {});
    type(screen, "http://192.0.2.8:3128<\n");
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("Try and keep  (3 changes)"));

    const auto wish = type(screen, "\n");

    ASSERT_TRUE(wish);
    EXPECT_EQ(wish->values,
              (Change{{"gateway4", "192.0.2.1"},
                      {"ipv4", "192.0.2.10/24"},
                      {"proxy", "http://192.0.2.8:3128"}}));
    screen.outcome({WishKind::Set, false, "appliance.reverted: Not reached."});
    const auto kept = type(screen, "x>\n");
    ASSERT_TRUE(kept);
    EXPECT_TRUE(kept->keep) << "for a network that is not there yet";
    EXPECT_EQ(kept->values.size(), 3U);
    screen.outcome({WishKind::Set, true, "Kept."});
    type(screen, "x");
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), Not(HasSubstr("Try and keep")));
}

TEST(Screen, ChangesAreNotLostByLeavingButByForgettingThem) {
    auto screen = openMenu();
    openForm(screen, "\n", {});
    type(screen, "dc2<\n^");
    EXPECT_TRUE(screen.isOpen());
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("There is more to do"));

    type(screen, ">>\n");
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("nothing was changed"));
    type(screen, "^");
    EXPECT_FALSE(screen.isOpen());
}

TEST(Screen, AValueThatIsOnlyWarnedOfCanBeKeptKnowingly) {
    auto screen = openMenu();
    openForm(screen, ">\n", {});
    type(screen, ">abc<<\n\n");
    Outcome refused{WishKind::Set, false, "appliance.property.ca: It ended on 2021-01-01."};
    refused.mayForce = true;
    screen.outcome(refused);
    expectGolden("warned", text(screen.picture(offeredFacts(), "#")));
    EXPECT_FALSE(type(screen, "\n")) << "not by an Enter too many";
    EXPECT_TRUE(type(screen, "\n")) << "the changes are still listed";
    screen.outcome(refused);

    const auto wish = type(screen, "yes\n");

    ASSERT_TRUE(wish);
    EXPECT_TRUE(wish->force && !wish->keep);
    EXPECT_EQ(wish->values, (Change{{"ca", "abc"}}));
}

TEST(Screen, EveryPropertyCanBeChangedAndEveryHintFits) {
    for (const auto& name : propertyNames())
        EXPECT_EQ(std::ranges::count(kFields, name, &FieldText::property), 1) << name;
    for (const auto& field : kFields) {
        EXPECT_LE(field.label.size(), 33U) << field.label;
        EXPECT_LE(field.hint.size(), 2 * kColumns) << field.label;
    }
}

TEST(Screen, AFieldTakesWhatThePropertyTakesAndSaysWhenItIsCut) {
    auto screen = openMenu();
    openForm(screen, ">\n", {});
    type(screen, ">" + std::string(kMaxPropertyOctets, 'a'));
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), Not(HasSubstr("It was cut")));
    type(screen, "b");
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("no more than 32768"));

    const auto wish = type(screen, "<<\n\n");

    ASSERT_TRUE(wish);
    EXPECT_EQ(wish->values.at("ca")->size(), kMaxPropertyOctets);
}

TEST(Screen, ACertificateMayBePastedWithItsLineEnds) {
    auto screen = openMenu();
    openForm(screen, ">\n", {});
    type(screen, std::string(">") + kOldCa);

    const auto wish = type(screen, "<<<\n\n");

    ASSERT_TRUE(wish);
    ASSERT_EQ(wish->values.size(), 1U) << "no line of it got into another field";
    const auto read = readSettings({{"ca", *wish->values.at("ca")}}, WallTime{}).settings;
    EXPECT_EQ(read.caPem, kOldCa);
}

TEST(Screen, SaysWhatTheImportSaysAndGoesBackToIt) {
    auto screen = openMenu();
    openForm(screen, "\n", {{"dns", "192.0.2.53"}, {"ntp", "n"}}, {{"dns", "192.0.2.1"}});
    type(screen, ">>>>>");
    expectGolden("import-says", text(screen.picture(offeredFacts(), "#")));
    type(screen, "~");
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")),
                HasSubstr("Goes back to what the import"));

    const auto wish = type(screen, "\n\n\n\n\n");

    ASSERT_TRUE(wish);
    EXPECT_EQ(wish->values, (Change{{"dns", std::nullopt}}));
}

TEST(Screen, AValueThatIsTypedOnceMoreIsMeantSo) {
    auto screen = openMenu();
    openForm(screen, "\n", {{"dns", "192.0.2.53"}}, {{"dns", "192.0.2.1"}});

    const auto wish = type(screen, ">>>>>\b3\n\n\n\n\n");

    ASSERT_TRUE(wish);
    EXPECT_EQ(wish->values, (Change{{"dns", "192.0.2.53"}}));
}

TEST(Screen, EverythingGoesBackToTheImportWithOneEntry) {
    auto screen = openMenu();
    openForm(screen, ">>>>>>\n", {{"dns", "d"}, {"url", "u"}}, {{"dns", ""}, {"ntp", "n"}});

    const auto wish = type(screen, "\n");

    ASSERT_TRUE(wish);
    EXPECT_EQ(wish->values, (Change{{"dns", std::nullopt}, {"ntp", std::nullopt}}));
    auto other = openMenu();
    openForm(other, ">>>>>>\n", {{"dns", "d"}});
    EXPECT_THAT(text(other.picture(offeredFacts(), "#")), HasSubstr("Nothing was changed on this"));
}

TEST(Screen, AnEmptyOrShortPinSaysWhatIsWanted) {
    Screen screen;
    type(screen, "!");
    screen.outcome({WishKind::PinState, true, "", false});
    for (const auto* keys : {"\n", "12345\n"}) {
        EXPECT_FALSE(type(screen, keys));
        EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("6 to 64 letters"));
        EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("New PIN:     \n"));
    }
    EXPECT_FALSE(type(screen, "270182\n\n"));
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("the same PIN once more"));
    EXPECT_EQ(type(screen, "270182\n")->kind, WishKind::PinSet);

    Screen other;
    type(other, "!");
    other.outcome({WishKind::PinState, true, "", true});
    EXPECT_FALSE(type(other, "\n")) << "no try is spent";
}

TEST(Screen, AKeptPasswordIsNotShownAndStaysUnlessTyped) {
    auto screen = openMenu();
    openForm(screen, ">>\n", {{"proxy_password", "(set)"}, {"proxy", "p"}});
    type(screen, ">>hunter2");

    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), Not(HasSubstr("hunter2")));
    EXPECT_EQ(type(screen, ">>>\n\n")->values, (Change{{"proxy_password", "hunter2"}}));
    screen.outcome({WishKind::Set, false, "No."});
    type(screen, "x");
    openForm(screen, "<<\n", {{"proxy_password", "(set)"}, {"proxy", "p"}});
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), Not(HasSubstr("hunter2")));
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("*******"));
}

TEST(Screen, AClearedProxyIsSentAsCleared) {
    auto screen = openMenu();
    openForm(screen, ">>\n", {{"proxy_password", "(set)"}, {"proxy_user", "u"}, {"proxy", "p"}});

    EXPECT_EQ(type(screen, "\b<\n\n")->values, (Change{{"proxy", ""}}));
}

TEST(Screen, WhatCannotBeUndoneWantsAWord) {
    auto screen = openMenu();
    type(screen, "<<\n");
    expectGolden("factory-reset", text(screen.picture(offeredFacts(), "#")));
    EXPECT_FALSE(type(screen, "yes\n"));
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("Nothing was done"));
    const auto wish = type(screen, "\nfactory-reset\n");
    ASSERT_TRUE(wish);
    EXPECT_EQ(wish->kind, WishKind::FactoryReset);

    auto other = openMenu();
    EXPECT_EQ(type(other, ">>>>>>>\nyes\n")->kind, WishKind::Reboot);
}

TEST(Screen, ABundleGoesToTheSerialPortWhenSomebodySaysYes) {
    auto screen = openMenu();
    type(screen, ">>>>>\n");
    expectGolden("support", text(screen.picture(offeredFacts(), "#")));
    EXPECT_FALSE(type(screen, "\n")) << "not by an Enter too many";
    const auto wish = type(screen, "\nyes\n");

    ASSERT_TRUE(wish);
    EXPECT_EQ(wish->kind, WishKind::Bundle);
    screen.outcome({WishKind::Bundle, true, "Written."});
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("Written."));
}

TEST(Screen, TheRedButtonIsOneKeyAndItsWayBack) {
    auto screen = openMenu();
    EXPECT_EQ(type(screen, ">>>>\n")->kind, WishKind::Pause);
    screen.outcome({WishKind::Pause, true, "All access is cut off."});
    auto facts = offeredFacts();
    facts.gateway.paused = true;
    EXPECT_EQ(type(screen, "x\n", facts)->kind, WishKind::Resume);
}

TEST(Screen, SettingsThatNobodyTouchesClose) {
    auto screen = openMenu();
    screen.tick(kNow + std::chrono::minutes(4));
    EXPECT_TRUE(screen.isOpen());
    screen.tick(kNow + std::chrono::minutes(5));
    EXPECT_FALSE(screen.isOpen());
}

TEST(Screen, SettingsThatCloseSayThatWhatWasFilledInIsForgotten) {
    auto screen = openMenu();
    openForm(screen, "\n", {});
    type(screen, "dc2<\n");
    screen.tick(kNow + std::chrono::minutes(5));

    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("was forgotten"));
    type(screen, "!");
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), Not(HasSubstr("dc2")));
}

TEST(Screen, ATrialMayTakeLongerThanTheSettingsStayOpen) {
    auto screen = openMenu();
    openForm(screen, "\n", {});
    type(screen, "dc2<\n\n");
    screen.tick(kNow + std::chrono::minutes(9));
    screen.outcome({WishKind::Set, false, "Not reached."});
    screen.tick(kNow + std::chrono::minutes(9));

    EXPECT_TRUE(screen.isOpen());
}

TEST(QrCode, IsDrawnWithItsQuietZoneOrNotAtAll) {
    const auto code = qrCode("https://pair.example.com/pair", 17);

    EXPECT_EQ(code.columns, 29U);
    EXPECT_EQ(code.rows.size(), 15U);
    for (const auto& row : code.rows) EXPECT_EQ(width(row), code.columns);
    EXPECT_FALSE(qrCode("https://" + std::string(48, 'x') + ".example.com/pair", 17).rows.empty())
        << "a longer host, in letters that take less room";
    EXPECT_TRUE(qrCode(std::string(150, 'x'), 17).rows.empty());
    EXPECT_TRUE(qrCode("", 17).rows.empty());
}

}  // namespace
}  // namespace pcg::appliance
