// SPDX-License-Identifier: Apache-2.0
#include "common/codec/json.h"

#include "common/codec/errc.h"

#include <gtest/gtest.h>

namespace pcg::codec::json {
namespace {

using namespace std::string_literals;

TEST(Json, WritesBackWhatItReadWithMembersInTheirOrder) {
    const std::string text =
        R"({"z":1,"a":[true,false,null,-7,"ü \" \\ \u0001"],"m":{"x":1.5,"y":2.0},"e":{},"l":[]})";

    const auto value = parse(text);

    ASSERT_TRUE(value) << value.error().message();
    EXPECT_EQ(write(*value), text);
}

TEST(Json, KeepsSixtyFourBitIntegersExact) {
    const auto object = parseObject(
        R"({"max":9223372036854775807,"min":-9223372036854775808,"odd":9007199254740993})");

    ASSERT_TRUE(object) << object.error().message();
    EXPECT_EQ(object->integer("max"), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(object->integer("min"), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(object->integer("odd"), 9007199254740993);
}

TEST(Json, RefusesWhatTwoReadersCouldUnderstandDifferently) {
    const std::string cases[] = {"",
                                 "   ",
                                 "{}x",
                                 "{}{}",
                                 "[1]]",
                                 "[1]\0"s,
                                 "[1,]",
                                 "[,1]",
                                 "{\"a\":1,}",
                                 "[1 2]",
                                 "[01]",
                                 "[1.]",
                                 "[.5]",
                                 "[+1]",
                                 "[0x10]",
                                 "[-]",
                                 "[NaN]",
                                 "[Infinity]",
                                 "[1e999]",
                                 "['a']",
                                 "{a:1}",
                                 "{1:2}",
                                 "{\"a\"}",
                                 "{\"a\" 1}",
                                 "{\"a\":",
                                 "[1",
                                 "\"a",
                                 "[tru]",
                                 "// c\n[1]",
                                 "/*c*/[1]",
                                 "[1,\f2]",
                                 "\xef\xbb\xbf{}",
                                 R"({"a":1,"a":2})",
                                 R"({"a":1,"\u0061":2})",
                                 "[\"\n\"]",
                                 R"(["\x"])",
                                 R"(["\ud800"])",
                                 R"(["\udc00a"])",
                                 "[\"\xff\"]",
                                 "[\"\xed\xa0\x80\"]",
                                 "[\"\xc0\x80\"]",
                                 "[\"\xf4\x90\x80\x80\"]",
                                 "[9223372036854775808]",
                                 "[-9223372036854775809]",
                                 "[18446744073709551616]",
                                 "[99999999999999999999999]",
                                 std::string(33, '[') + std::string(33, ']'),
                                 std::string(100'000, '['),
                                 std::string(40, '{')};
    for (const auto& text : cases) {
        const auto value = parse(text, 200'000);
        ASSERT_FALSE(value) << text;
        EXPECT_TRUE(value.error().is(kJson)) << text;
    }
}

TEST(Json, TakesThirtyTwoLevelsAndNotOneMore) {
    EXPECT_TRUE(parse(std::string(32, '[') + std::string(32, ']')));
    EXPECT_FALSE(parse(std::string(33, '[') + std::string(33, ']')));
}

std::string objectOf(std::size_t members, const std::string& more = {}) {
    std::string text = "{";
    for (std::size_t i = 0; i < members; ++i)
        text += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + "\":1";
    return text + more + "}";
}

TEST(Json, TakesFourThousandAndNinetySixMembersAndNotOneMore) {
    const auto most = parseObject(objectOf(4096));
    ASSERT_TRUE(most) << most.error().message();
    EXPECT_EQ(most->members().size(), 4096u);

    const auto more = parseObject(objectOf(4097));
    ASSERT_FALSE(more);
    EXPECT_NE(more.error().message().find("more than 4096 members"), std::string::npos);
}

TEST(Json, FindsASecondMemberAmongThousands) {
    const auto twice = parseObject(objectOf(4000, ",\"m17\":2"));
    ASSERT_FALSE(twice);
    EXPECT_NE(twice.error().message().find("\"m17\" occurs twice"), std::string::npos);
}

TEST(Json, RefusesTextOverTheCapWithoutReadingIt) {
    const auto value = parse("[" + std::string(100, ' ') + "]", 101);

    ASSERT_FALSE(value);
    EXPECT_NE(value.error().message().find("102 bytes; at most 101"), std::string::npos);
}

TEST(Json, DigitsInsideStringsAreNotNumbers) {
    EXPECT_TRUE(parse(
        R"(["99999999999999999999999\"88888888888888888888888", 0.99999999999999999999999, 1e-5])"));
}

TEST(Json, ErrorsNameTheMemberWithItsPath) {
    const auto object = parseObject(R"({"nats":{"urls":["a",5],"port":"x"},"n":1.0})");
    ASSERT_TRUE(object);
    const auto* nats = *object->object("nats");

    EXPECT_EQ(nats->strings("urls", 4, 10).error().message(),
              "\"nats.urls[1]\" must be a string, not an integer");
    EXPECT_EQ(nats->integer("port").error().message(),
              "\"nats.port\" must be an integer, not a string");
    EXPECT_EQ(nats->string("ca", 10).error().message(), "\"nats.ca\" is missing");
    EXPECT_EQ(nats->array("urls", 1).error().message(),
              "\"nats.urls\" has 2 items; at most 1 are taken");
    EXPECT_EQ(object->integer("n").error().message(), "\"n\" must be an integer, not a number");
    EXPECT_TRUE(object->integer("n").error().is(kJsonField));
}

TEST(Json, RangesAndLengthsAreChecked) {
    const auto object = parseObject(R"({"attempt":4,"name":"abcdef"})");
    ASSERT_TRUE(object);

    EXPECT_EQ(object->integer("attempt", 1, 3).error().message(),
              "\"attempt\" is 4; it must be from 1 to 3");
    EXPECT_EQ(object->string("name", 5).error().message(),
              "\"name\" has 6 bytes; at most 5 are taken");
    EXPECT_EQ(*object->string("name", 6), "abcdef");
}

TEST(Json, OptionalMeansAbsentOrNullButNotOfAnotherKind) {
    const auto object = parseObject(R"({"a":null,"b":5})");
    ASSERT_TRUE(object);

    EXPECT_EQ(*object->optionalString("a", 5), std::nullopt);
    EXPECT_EQ(*object->optionalString("absent", 5), std::nullopt);
    EXPECT_FALSE(object->optionalString("b", 5));
    EXPECT_EQ(*object->optionalInteger("b"), 5);
    EXPECT_EQ(*object->optionalObject("a"), nullptr);
    EXPECT_EQ(*object->booleanOr("absent", true), true);
}

TEST(Json, UnknownMembersAreRefusedWithASuggestionWhereAskedFor) {
    const auto object = parseObject(R"({"loglevel":"debug"})");
    ASSERT_TRUE(object);

    EXPECT_EQ(object->onlyMembers({"log_level", "listen"}).error().message(),
              "\"loglevel\" is not known here; did you mean \"log_level\"?");
}

TEST(Json, WritesOnlyWhatCanBeReadAgain) {
    Object object;
    object.set("bad", "a\xff\x1b[31m\x7f")
        .set("inf", std::numeric_limits<double>::infinity())
        .set("n", 3);
    object.set("n", 4).setIf("gone", std::nullopt);

    const auto text = write(object);

    EXPECT_EQ(text, "{\"bad\":\"a\xef\xbf\xbd\\u001b[31m\\u007f\",\"inf\":null,\"n\":4}");
    EXPECT_TRUE(parse(text));
}

}  // namespace
}  // namespace pcg::codec::json
