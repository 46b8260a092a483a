// SPDX-License-Identifier: Apache-2.0
#include "common/config/loader.h"

#include "common/config/errc.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

namespace pcg::config {
namespace {

const Schema& schema() {
    static const Schema kSchema({
        {.name = "state_dir", .description = "Where it keeps its state.", .need = Need::Required},
        {.name = "wait_ms",
         .type = Type::Integer,
         .description = "How long.",
         .fallback = "250",
         .min = 1,
         .max = 900},
        {.name = "log_level",
         .type = Type::Choice,
         .description = "How much.",
         .fallback = "info",
         .choices = {"info", "debug"}},
        {.name = "verbose", .type = Type::Boolean, .description = "Whether.", .fallback = "false"},
        {.name = "proxy_password", .description = "For the proxy.", .show = Show::Masked},
    });
    return kSchema;
}

Error refusal(std::string_view json) {
    const auto settings = parse(schema(), json, "gw.json");
    EXPECT_FALSE(settings) << json;
    return settings ? Error(kFile, "accepted") : settings.error();
}

TEST(ConfigLoader, TakesTheFilesValuesAndElseTheDefaults) {
    const auto settings =
        parse(schema(), R"({"state_dir":"/s","wait_ms":7,"verbose":true})", "gw.json");

    ASSERT_TRUE(settings) << settings.error().message();
    EXPECT_EQ(settings->text("state_dir"), "/s");
    EXPECT_EQ(settings->milliseconds("wait_ms").count(), 7);
    EXPECT_TRUE(settings->boolean("verbose"));
    EXPECT_EQ(settings->text("log_level"), "info");
    EXPECT_EQ(settings->text("proxy_password"), "");
    EXPECT_FALSE(settings->isSet("log_level"));
}

TEST(ConfigLoader, NamesFileKeyAndReasonAndTheKeyThatWasMeant) {
    const auto error = refusal(R"({"state_dri":"/s"})");

    EXPECT_TRUE(error.is(kUnknownKey));
    EXPECT_TRUE(error.message().starts_with(
        R"(gw.json: key "state_dri": is not known. Did you mean "state_dir"?)"))
        << error.message();
}

TEST(ConfigLoader, SaysWhatARequiredKeyIsFor) {
    const auto error = refusal("{}");

    EXPECT_TRUE(error.is(kMissingKey));
    EXPECT_EQ(error.message(),
              R"(gw.json: key "state_dir": is required: Where it keeps its state.)");
}

TEST(ConfigLoader, RefusesValuesOfTheWrongKindOrRange) {
    EXPECT_EQ(refusal(R"({"state_dir":"/s","wait_ms":"5"})").message(),
              R"(gw.json: key "wait_ms": must be a whole number, not a string.)");
    EXPECT_EQ(refusal(R"({"state_dir":"/s","wait_ms":901})").message(),
              R"(gw.json: key "wait_ms": 901 is outside 1 to 900.)");
    EXPECT_EQ(
        refusal(R"({"state_dir":"/s","log_level":"debgu"})").message(),
        R"(gw.json: key "log_level": "debgu" is not one of info, debug. Did you mean "debug"?)");
}

TEST(ConfigLoader, RefusesWhatIsNotJson) {
    EXPECT_TRUE(refusal("{").is(kFile));
    EXPECT_TRUE(refusal("").is(kFile));
    EXPECT_TRUE(refusal("[]").is(kFile));
    EXPECT_TRUE(refusal(R"({"state_dir":"a","state_dir":"b"})").is(kFile));
    EXPECT_TRUE(refusal("{").message().starts_with("gw.json: "));
}

TEST(ConfigLoader, RefusesControlCharactersInATextAndAnEmptyRequiredOne) {
    EXPECT_TRUE(refusal(R"({"state_dir":"a\u001b[2J"})").is(kBadValue));
    EXPECT_TRUE(refusal(R"({"state_dir":""})").is(kBadValue));
}

TEST(ConfigLoader, SaysWhyAFileCannotBeRead) {
    const test::TempDir dir;

    const auto missing = load(schema(), dir / "none.json");
    const auto directory = load(schema(), dir.path());
    const auto good = load(schema(), dir.write("gw.json", R"({"state_dir":"/s"})"));

    ASSERT_FALSE(missing);
    EXPECT_NE(missing.error().message().find(
                  "none.json: the configuration file cannot be read: No such file"),
              std::string::npos)
        << missing.error().message();
    ASSERT_FALSE(directory);
    EXPECT_NE(directory.error().message().find("directory"), std::string::npos);
    EXPECT_TRUE(good);
}

TEST(ConfigLoader, RefusesAFileThatIsTooLong) {
    const test::TempDir dir;
    const auto file = dir.write("gw.json", R"({"state_dir":"/s")" + std::string(70'000, ' ') + "}");

    EXPECT_FALSE(load(schema(), file));
}

TEST(ConfigLoader, PrintsTheEffectiveValuesWithSecretsMasked) {
    const auto settings =
        parse(schema(), R"({"state_dir":"/s","proxy_password":"hunter2"})", "gw.json");

    ASSERT_TRUE(settings);
    const auto printed = settings->print(schema());
    EXPECT_EQ(printed,
              "{\n  \"state_dir\": \"/s\",\n  \"wait_ms\": 250,\n  \"log_level\": \"info\",\n"
              "  \"verbose\": false,\n  \"proxy_password\": \"***\"\n}\n");
}

}  // namespace
}  // namespace pcg::config
