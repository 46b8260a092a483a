// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/policy/known_methods.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "policy_fixture.h"

namespace pcg::policy {
namespace {

std::string contentOf(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string problemsOf(std::string_view text) {
    std::string lines;
    for (const auto& problem : readPolicy(text, test::vocabulary()).problems)
        lines += toText(problem) + "\n";
    return lines;
}

TEST(ReadPolicy, SaysOfEachExampleWhatIsWrongAndWhere) {
    const auto folder = std::filesystem::path(PCG_SOURCE_DIR) / "test/vectors/policy";
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".jsonc") continue;
        auto expected = entry.path();
        expected.replace_extension(".expected");
        EXPECT_EQ(problemsOf(contentOf(entry.path())), contentOf(expected)) << entry.path();
        ++count;
    }
    EXPECT_GE(count, 10U);
}

TEST(ReadPolicy, GivesNoPolicyWhereThereIsAnError) {
    EXPECT_FALSE(readPolicy("{\"version\":2}", test::vocabulary()).ok());
    EXPECT_FALSE(readPolicy("", test::vocabulary()).ok());
    EXPECT_FALSE(readPolicy("[]", test::vocabulary()).ok());
    EXPECT_TRUE(readPolicy("{\"version\":1}", test::vocabulary()).ok());
}

TEST(ReadPolicy, IsBounded) {
    EXPECT_EQ(problemsOf(std::string(kMaxBytes + 1, ' ')),
              "1:1: error: the file is longer than 128 KiB\n");
    EXPECT_NE(problemsOf(std::string(40, '[')).find("deeper"), std::string::npos);
    std::string many = "{\"version\":1,\"also_known\":[";
    for (std::size_t i = 0; i <= kMaxNodes; ++i) many += "1,";
    EXPECT_NE(problemsOf(many + "1]}").find("20,000"), std::string::npos);
    EXPECT_NE(problemsOf("{\"" + std::string(2000, 'a') + "\":1}").find("1024"), std::string::npos);
    std::string patterns;
    for (std::size_t i = 0; i <= kMaxPatternsOfRole; ++i)
        patterns +=
            std::string(i % 200 == 0 ? (i == 0 ? "" : "]},") + std::string("{\"soap\":[") : ",") +
            "\"CloneVM_Task\"";
    EXPECT_NE(
        problemsOf(R"({"version":1,"roles":{"r":{"rules":[)" + patterns + "]}]}}}").find("2000"),
        std::string::npos);
    std::string wrong = "{\"version\":1";
    for (int i = 0; i < 100; ++i) wrong += ",\"x" + std::to_string(i) + "\":1";
    EXPECT_EQ(readPolicy(wrong + "}", test::vocabulary()).problems.size(), kMaxProblems);
}

TEST(ReadPolicy, KnowsTheMethodsOfTheApiInOrder) {
    const auto known = knownMethods();
    EXPECT_TRUE(std::is_sorted(known.begin(), known.end()));
    EXPECT_EQ(std::adjacent_find(known.begin(), known.end()), known.end());
    EXPECT_TRUE(std::binary_search(known.begin(), known.end(), "CloneVM_Task"));
    for (const auto some : {vimMethods(), smsMethods(), vslmMethods(), vsanMethods()}) {
        EXPECT_TRUE(std::is_sorted(some.begin(), some.end()));
        EXPECT_TRUE(std::includes(known.begin(), known.end(), some.begin(), some.end()));
    }
    for (const auto* method : {"QueryStorageContainer", "VslmCreateDisk_Task", "VsanPerfQueryPerf"})
        EXPECT_TRUE(std::binary_search(known.begin(), known.end(), method)) << method;
    const auto problems =
        problemsOf(R"({"version":1,"roles":{"a":{"rules":[{"soap":["VslmCreateDsk_Task"]}]}}})");
    EXPECT_NE(problems.find("Did you mean \"VslmCreateDisk_Task\"?"), std::string::npos)
        << problems;
}

TEST(Jsonc, ReadsWhatJsonHasAndComments) {
    const auto node = parseJsonc(
        "// first\n{ \"a\" /* x */ : [1, -20, true, null, \"\\u00e4\\ud83d\\ude00\\n\"] }");
    ASSERT_TRUE(node) << toText(node.error());
    const auto& items = *node->object()->front().value.array();
    EXPECT_EQ(*items[1].number(), -20);
    EXPECT_EQ(*items[4].text(), "\xc3\xa4\xf0\x9f\x98\x80\n");
    EXPECT_EQ(items[4].at, (Place{2, 38}));
}

TEST(Jsonc, RefusesWhatHasTwoReadings) {
    for (const auto* text : {"{\"a\":1}x",
                             "{\"a\":01}",
                             "{\"a\":1e3}",
                             "[1 2]",
                             "\"a\nb\"",
                             "\"\\x\"",
                             "\"\\ud800\"",
                             "\"\xff\"",
                             "'a'",
                             "/ 1",
                             "nul",
                             "-",
                             "[",
                             "{\"a\"}"}) {
        EXPECT_FALSE(parseJsonc(text)) << text;
    }
}

}  // namespace
}  // namespace pcg::policy
