// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/maas/errc.h"

#include "maas_fixture.h"

namespace pcg::controlplane::maas {
namespace {

Result<std::vector<std::string>> namesIn(const std::string& text, std::size_t piece) {
    std::vector<std::string> names;
    const ListReader::Take take = [&](const codec::json::Object& object) -> Result<> {
        names.push_back(PCG_TRY(object.string("n", 64)));
        return {};
    };
    ListReader reader(3, 64);
    for (std::size_t at = 0; at < text.size(); at += piece)
        PCG_TRY(reader.feed(std::string_view(text).substr(at, piece), take));
    PCG_TRY(reader.end());
    return names;
}

TEST(MaasListReader, TakesObjectsApartHoweverTheyAreCut) {
    const std::string text =
        " [ {\"n\":\"a,]}[\"},\n{\"n\":\"\\\"\\\\\",\"m\":{\"x\":[1,2]}} ,{\"n\":\"\"}]\n";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        const auto names = namesIn(text, piece);
        ASSERT_TRUE(names.has_value()) << names.error().message();
        EXPECT_EQ(*names, (std::vector<std::string>{"a,]}[", "\"\\", ""}));
    }
    EXPECT_EQ(namesIn("[]", 1)->size(), 0U);
    EXPECT_EQ(namesIn("[ ]", 2)->size(), 0U);
}

TEST(MaasListReader, RefusesWhatIsNoListOrMoreThanItMayBe) {
    for (const std::string text : {"",
                                   "{}",
                                   "null",
                                   "[",
                                   "[{\"n\":\"a\"}",
                                   "[{\"n\":\"a\"},]",
                                   "[,]",
                                   "[1]",
                                   "[{\"n\":\"a\"}]x",
                                   "[{\"n\":\"a\",\"n\":\"b\"}]",
                                   "[{\"n\":\"a\"}}]"})
        EXPECT_FALSE(namesIn(text, 4).has_value()) << text;
    const auto many = namesIn(R"([{"n":"1"},{"n":"2"},{"n":"3"},{"n":"4"}])", 9);
    EXPECT_TRUE(many.error().is(kTooMuch));
    EXPECT_TRUE(namesIn("[{\"n\":\"" + std::string(80, 'x') + "\"}]", 16).error().is(kBadAnswer));
}

TEST_F(MaasProvider, EachRequestIsSignedWithTheAccessKeyAndUsedOnce) {
    maas_->answers["GET machines/4y3ha3/"] = {{200, machineText("4y3ha3", "Ready")}};

    ASSERT_TRUE(run(client().get("machines/4y3ha3/")).has_value());
    ASSERT_TRUE(run(client().get("machines/4y3ha3/")).has_value());

    const auto& first = maas_->requests.front().authorization;
    EXPECT_NE(first.find("oauth_consumer_key=\"pcg\""), std::string::npos);
    EXPECT_NE(first.find("oauth_token=\"ak_1\""), std::string::npos);
    EXPECT_NE(first.find("oauth_signature=\"%26secret\""), std::string::npos);
    EXPECT_NE(first, maas_->requests.back().authorization) << "a nonce is used once";
}

TEST_F(MaasProvider, ARefusalIsToldFromWhatMayHaveBeenExecuted) {
    const std::vector<std::pair<Answer, ErrorCode>> cases{
        {{400, R"({"tags":["No such tag(s): 'x'."]})"}, kRejected},
        {{401, "Authorization Error: Invalid API key."}, kUnauthorized},
        {{403, ""}, kForbidden},
        {{404, "No Machine matches the given query."}, kNotFound},
        {{409, "No machine available."}, kConflict},
        {{429, "later", "not-dispatched"}, kNotSent},
        {{503, R"({"detail":"The gateway is offline."})", "not-dispatched"}, kNotSent},
        {{504, "", "unknown"}, kUnknown},
        {{500, "Traceback"}, kUnknown},
        {{503, "PowerProblem"}, kUnknown},
        {{0, ""}, kUnknown},
        {{200, "[]"}, kBadAnswer},
        {{200, "{"}, kBadAnswer}};
    for (const auto& [answer, code] : cases) {
        maas_->answers["POST machines/ allocate"] = {answer};
        oauth::Parameters form;
        form.push_back({"op", "allocate"});

        const auto made = run(client().post("machines/", std::move(form)));

        ASSERT_FALSE(made.has_value()) << answer.status;
        EXPECT_TRUE(made.error().is(code)) << answer.status << made.error().code().name();
    }
    maas_->reachable = false;
    EXPECT_TRUE(run(client().get("zones/")).error().is(kNotSent));
}

TEST_F(MaasProvider, WordsOfTheMaasAreShownIfTheyAreFitToBeShown) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"No machine available.\n", "No machine available."},
        {R"({"tags":["No such tag(s): 'x'."],"zone":["No such zone."]})",
         "tags: No such tag(s): 'x'. zone: No such zone."},
        {R"({"__all__":["No."]})", "No."},
        {std::string(500, 'x'), "the endpoint answered with HTTP status 409"},
        {"a\x1b[31mb", "the endpoint answered with HTTP status 409"},
        {"", "the endpoint answered with HTTP status 409"}};
    for (const auto& [body, words] : cases) {
        maas_->answers["GET zones/"] = {{409, body}};
        EXPECT_EQ(run(client().get("zones/")).error().message(), words);
    }
}

}  // namespace
}  // namespace pcg::controlplane::maas
