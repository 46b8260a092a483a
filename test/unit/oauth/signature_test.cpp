// SPDX-License-Identifier: Apache-2.0
#include "common/oauth/signature.h"

#include <gtest/gtest.h>

namespace pcg::oauth {
namespace {

// RFC 5849 section 3.4.1.1.
TEST(Signature, BaseStringIsThatOfTheStandardsExample) {
    const Parameters parameters{{"b5", "=%3D"},
                                {"a3", "a"},
                                {"c@", ""},
                                {"a2", "r b"},
                                {"c2", ""},
                                {"a3", "2 q"},
                                {"oauth_consumer_key", "9djdj82h48djs9d2"},
                                {"oauth_token", "kkk9d7dh3k39sjv7"},
                                {"oauth_signature_method", "HMAC-SHA1"},
                                {"oauth_timestamp", "137131201"},
                                {"oauth_nonce", "7d8f3e4a"}};

    const auto base = baseString("POST", baseUri("http", "EXAMPLE.COM:80", "/request"), parameters);

    EXPECT_EQ(base,
              "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D"
              "%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_"
              "nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201"
              "%26oauth_token%3Dkkk9d7dh3k39sjv7");
}

TEST(Signature, IsBoundToEveryPartOfTheRequest) {
    const auto secret = Secret::fromText("token-secret");
    const auto base =
        baseString("GET", "https://maas.example/MAAS/api/2.0/machines/", {{"a", "1"}});
    const auto good = Secret::fromText(hmacSha1(base, secret));

    EXPECT_TRUE(matchesHmacSha1(good, base, secret));
    EXPECT_FALSE(matchesHmacSha1(good, base, Secret::fromText("token-secres")));
    EXPECT_FALSE(matchesHmacSha1(
        good,
        baseString("GET", "https://other.example/MAAS/api/2.0/machines/", {{"a", "1"}}),
        secret));
    EXPECT_FALSE(matchesHmacSha1(
        good,
        baseString("GET", "https://maas.example/MAAS/api/2.0/machines/", {{"a", "2"}}),
        secret));
}

TEST(Signature, PlaintextIsTheSecretBehindAnAmpersand) {
    const auto secret = Secret::fromText("ts");

    EXPECT_TRUE(matchesPlaintext(Secret::fromText("&ts"), secret));
    EXPECT_FALSE(matchesPlaintext(Secret::fromText("&tt"), secret));
    EXPECT_FALSE(matchesPlaintext(Secret::fromText("ts"), secret));
    EXPECT_FALSE(matchesPlaintext(Secret(), secret));
}

TEST(Signature, AnApiKeyHasThreePartsAndNoneIsEmpty) {
    EXPECT_TRUE(ApiKey::parse("c:t:s"));
    for (const auto* text : {"", "c:t", "c:t:s:x", "c::s", ":t:s", "c:t:", "c:t:s s", "c:t:s\n"}) {
        EXPECT_FALSE(ApiKey::parse(text)) << text;
    }
}

}  // namespace
}  // namespace pcg::oauth
