// SPDX-License-Identifier: Apache-2.0
#include "common/oauth/authorization.h"

#include <gtest/gtest.h>

namespace pcg::oauth {
namespace {

// As gomaasapi writes it: any order, the realm in the middle, the secret behind an escaped '&'.
constexpr auto kGomaasapi =
    "OAuth oauth_timestamp=\"1795289848\", oauth_nonce=\"6e6f\", "
    "oauth_signature_method=\"PLAINTEXT\","
    " oauth_version=\"1.0\", realm=\"MAAS+API\", oauth_consumer_key=\"ck\", oauth_token=\"tk\","
    " oauth_signature=\"%26ts\"";

TEST(Authorization, ReadsTheFieldsInAnyOrderAndKeepsTheSignatureApart) {
    const auto shown = Authorization::parse(kGomaasapi);

    ASSERT_TRUE(shown) << shown.error().message();
    EXPECT_EQ(shown->consumer, "ck");
    EXPECT_EQ(shown->token, "tk");
    EXPECT_EQ(shown->timestamp, "1795289848");
    EXPECT_EQ(shown->signature.revealText(), "&ts");
    EXPECT_EQ(shown->knownMethod(), Method::Plaintext);
    EXPECT_EQ(shown->parameters.size(), 6u) << "without realm and signature";
}

TEST(Authorization, RefusesWhatIsIncompleteDoubledOrOfAnotherScheme) {
    const std::string good = kGomaasapi;
    EXPECT_FALSE(Authorization::parse("Basic YTpi"));
    EXPECT_FALSE(Authorization::parse("OAuth"));
    EXPECT_FALSE(Authorization::parse(good + ", oauth_token=\"other\""));
    EXPECT_FALSE(Authorization::parse(good + ", OAuth_Token=\"other\""));
    EXPECT_FALSE(Authorization::parse(good.substr(0, good.rfind(','))));
    EXPECT_FALSE(Authorization::parse(good + ", oauth_x=%zz"));
    EXPECT_FALSE(Authorization::parse(good + ", oauth_x=\"%00\""));
    EXPECT_FALSE(Authorization::parse(good + std::string(5000, ' ')));
}

TEST(Authorization, ComesOutOfAQueryToo) {
    const Parameters query{{"op", "whoami"},
                           {"oauth_consumer_key", "ck"},
                           {"oauth_token", "tk"},
                           {"oauth_signature_method", "PLAINTEXT"},
                           {"oauth_signature", "&ts"},
                           {"oauth_timestamp", "1"},
                           {"oauth_nonce", "n"}};

    const auto shown = Authorization::fromParameters(query);

    ASSERT_TRUE(shown);
    EXPECT_EQ(shown->token, "tk");
    EXPECT_FALSE(Authorization::fromParameters({{"op", "whoami"}}));
}

}  // namespace
}  // namespace pcg::oauth
