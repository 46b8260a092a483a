// SPDX-License-Identifier: Apache-2.0
#include "test/peers/maas-sim/guard.h"

#include <gtest/gtest.h>

namespace pcg::maassim {
namespace {

constexpr std::int64_t kNow = 1'790'000'000;

std::vector<Account> accounts() {
    std::vector<Account> list;
    list.push_back({*oauth::ApiKey::parse("ck:tk:ts"), {"admin", true}});
    return list;
}

struct Shown {
    std::string consumer = "ck";
    std::string token = "tk";
    std::string signature = "&ts";
    std::string nonce = "n";
    std::int64_t timestamp = kNow;
    std::string version = "1.0";
};

class GuardTest : public testing::Test {
  protected:
    // The answer's text; empty if it is let in.
    std::string ask(const Shown& shown) {
        const auto field =
            "OAuth oauth_consumer_key=\"" + shown.consumer + "\", oauth_token=\"" + shown.token +
            "\", oauth_signature_method=\"PLAINTEXT\", oauth_version=\"" + shown.version +
            "\", oauth_timestamp=\"" + std::to_string(shown.timestamp) + "\", oauth_nonce=\"" +
            shown.nonce + "\", oauth_signature=\"" + oauth::percentEncode(shown.signature) + "\"";
        Asked asked{"GET", "http://x/", &field, {}, {}};
        const auto user = guard_.check(asked, kNow);
        return user ? std::string() : user.error().body;
    }

    Guard guard_{accounts()};
};

TEST_F(GuardTest, LetsAGoodRequestInOnce) {
    EXPECT_EQ(ask({}), "");
    EXPECT_EQ(ask({}), "Authorization Error: 'Nonce already used: n'");
}

TEST_F(GuardTest, SaysWhatIsWrongInMaassWordsAndOrder) {
    EXPECT_EQ(ask({.consumer = "x"}), "Authorization Error: Invalid API key.");
    EXPECT_EQ(ask({.token = "x"}), "Authorization Error: 'Invalid access token: x'");
    EXPECT_NE(ask({.version = "2.0"}), "");
    Asked without{"GET", "http://x/", nullptr, {}, {}};
    EXPECT_EQ(guard_.check(without, kNow).error().body, "Forbidden");
}

TEST_F(GuardTest, TakesTheFutureAndFiveMinutesOfThePast) {
    EXPECT_EQ(ask({.nonce = "a", .timestamp = kNow - 300}), "");
    EXPECT_EQ(ask({.nonce = "b", .timestamp = kNow + 3600}), "");
    EXPECT_NE(ask({.nonce = "c", .timestamp = kNow - 301}).find("Expired timestamp"),
              std::string::npos);
}

TEST_F(GuardTest, UsesTheNonceUpEvenForAWrongSignatureAndTellsTheSecret) {
    const auto told = ask({.signature = "&wrong"});
    EXPECT_NE(told.find("&ts"), std::string::npos) << "this is what a gateway must not pass on";
    EXPECT_EQ(ask({}), "Authorization Error: 'Nonce already used: n'");
    guard_.leaks_secret = false;
    EXPECT_EQ(ask({.signature = "&wrong", .nonce = "m"}),
              "Authorization Error: 'Invalid signature.'");
}

}  // namespace
}  // namespace pcg::maassim
