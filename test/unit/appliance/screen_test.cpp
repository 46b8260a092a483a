// SPDX-License-Identifier: Apache-2.0
// The pages as pictures: test/vectors/console/*.txt. Look at them when one changes;
// PCG_WRITE_GOLDEN=1 writes them anew.
#include "appliance/console/screen.h"

#include "test/unit/appliance/facts_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "appliance/console/frame.h"
#include "appliance/console/qr.h"

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
    screen.outcome({WishKind::Set, false, std::string(3000, 'w')});
    EXPECT_LE(screen.picture(facts, "#").size(), 25U);
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

TEST(Screen, AFormSendsOnlyWhatWasChanged) {
    auto screen = openMenu();
    ASSERT_EQ(type(screen, "\n")->kind, WishKind::Load);
    screen.outcome(
        {WishKind::Load, true, "", false, {{"ipv4", "dhcp"}, {"dns", "192.0.2.1"}, {"url", "u"}}});
    type(screen, ">>>>>\b2");
    expectGolden("network", text(screen.picture(offeredFacts(), "#")));
    const auto wish = type(screen, "\n\n\n\n");

    ASSERT_TRUE(wish);
    EXPECT_EQ(wish->kind, WishKind::Set);
    EXPECT_THAT(wish->values, testing::ElementsAre(testing::Pair("dns", "192.0.2.2")));
    expectGolden("trying", text(screen.picture(offeredFacts(), "#")));
    screen.outcome({WishKind::Set, false, "The control plane was not reached."});
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("was not reached"));
    type(screen, "x");
    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), HasSubstr("192.0.2.2"))
        << "what was typed is still there to be mended";
}

TEST(Screen, AKeptPasswordIsNotShownAndStaysUnlessTyped) {
    auto screen = openMenu();
    type(screen, ">>\n");
    screen.outcome(
        {WishKind::Load, true, "", false, {{"proxy_password", "(set)"}, {"proxy", "p"}}});
    type(screen, ">>hunter2");

    EXPECT_THAT(text(screen.picture(offeredFacts(), "#")), Not(HasSubstr("hunter2")));
    EXPECT_THAT(type(screen, ">>>\n")->values,
                testing::ElementsAre(testing::Pair("proxy_password", "hunter2")));
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
    EXPECT_EQ(type(other, ">>>>>>\nyes\n")->kind, WishKind::Reboot);
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

TEST(QrCode, IsDrawnWithItsQuietZoneOrNotAtAll) {
    const auto code = qrCode("https://pair.example.com/pair", 17);

    EXPECT_EQ(code.columns, 29U);
    EXPECT_EQ(code.rows.size(), 15U);
    for (const auto& row : code.rows) EXPECT_EQ(width(row), code.columns);
    EXPECT_TRUE(qrCode(std::string(150, 'x'), 17).rows.empty());
    EXPECT_TRUE(qrCode("", 17).rows.empty());
}

}  // namespace
}  // namespace pcg::appliance
