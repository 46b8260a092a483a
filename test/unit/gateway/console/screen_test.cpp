// SPDX-License-Identifier: Apache-2.0
#include "gateway/console/screen.h"

#include <gtest/gtest.h>

namespace pcg::gateway {
namespace {

using namespace std::chrono_literals;

const ScreenFacts kFacts{"dc1", "gw_x", "0.1.0", "https://cp.example.com", "/s/control.sock"};

bool holdsControlOctet(std::string_view text) {
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if ((octet < 0x20 && c != '\n') || octet == 0x7f) return true;
    }
    return false;
}

TEST(Screen, ShowsTheCodeInGroupsWithItsCountdown) {
    const auto text =
        screen(kFacts, {.state = PairingState::Offered, .code = "7K3M-Q9TD-X4WS"}, 570s);

    EXPECT_NE(text.find("7 K 3 M   Q 9 T D   X 4 W S"), std::string::npos) << text;
    EXPECT_NE(text.find("9 min 30 s"), std::string::npos);
}

TEST(Screen, ShowsNoCodeWhileTheControlPlaneDoesNotHoldTheOffer) {
    const auto text = screen(kFacts,
                             {.state = PairingState::Contacting,
                              .message = "cp.example.com: refused",
                              .code = "7K3M-Q9TD-X4WS"},
                             0s);

    EXPECT_EQ(text.find("7 K"), std::string::npos);
    EXPECT_EQ(text.find("7K3M"), std::string::npos);
    EXPECT_NE(text.find("Contacting the control plane"), std::string::npos);
    EXPECT_NE(text.find("cp.example.com: refused"), std::string::npos);
}

TEST(Screen, AsksWithTenantNumberAndBothWaysToAnswer) {
    const auto text = screen(kFacts,
                             {.state = PairingState::Confirm,
                              .sas = "811529",
                              .tenantName = "Acme GmbH",
                              .tenantId = "tn_1",
                              .requestedBy = "jane"},
                             120s);

    for (const auto* part : {"Acme GmbH",
                             "tn_1",
                             "jane",
                             "811 529",
                             "type y",
                             "pcgctl --socket /s/control.sock pairing accept",
                             "refused in 2 min 0 s"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
    }
}

TEST(Screen, TheQuestionForTheRightsSaysWhatEnterMeans) {
    auto facts = kFacts;
    EXPECT_NE(rightsQuestion(facts, {.tenantName = "a\x1b[2J"}).find("Enter alone means nothing"),
              std::string::npos);
    EXPECT_EQ(rightsQuestion(facts, {.tenantName = "a\x1b[2J"}).find('\x1b'), std::string::npos);
    facts.remote = {true, true};
    EXPECT_NE(rightsQuestion(facts, {}).find("Enter alone means all"), std::string::npos);
}

TEST(Screen, LetsNoControlCharacterThroughInAnyState) {
    const std::string evil =
        "a\x1b[2J\r\x07\n\xc2\x9b"
        "b\xe2\x80\xae"
        "c\xff";
    const ScreenFacts facts{evil, "gw_x", "0.1.0", evil, "/s"};

    for (int s = 0; s <= static_cast<int>(PairingState::Stopped); ++s) {
        const PairingStatus status{.state = static_cast<PairingState>(s),
                                   .message = evil,
                                   .sas = evil,
                                   .tenantName = evil,
                                   .tenantId = evil,
                                   .requestedBy = evil};
        const auto text = screen(facts, status, 1s);
        EXPECT_FALSE(holdsControlOctet(text)) << text;
        EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos) << "C1 control";
        EXPECT_EQ(text.find("\xe2\x80\xae"), std::string::npos) << "right-to-left override";
    }
    EXPECT_FALSE(holdsControlOctet(banner(facts)));
}

TEST(SanitizeForConsole, KeepsOrdinaryTextAndBoundsItsLength) {
    EXPECT_EQ(sanitizeForConsole("Müller & Söhne 東京"), "Müller & Söhne 東京");
    EXPECT_EQ(sanitizeForConsole("äöü", 2), "äö");
    EXPECT_EQ(sanitizeForConsole("a\nb"),
              "a\xef\xbf\xbd"
              "b");
}

}  // namespace
}  // namespace pcg::gateway
