// SPDX-License-Identifier: Apache-2.0
#include "appliance/importer/tar_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "appliance/importer/errc.h"

namespace pcg::appliance {
namespace {

struct Told final : TarSink {
    std::string text;

    Result<> begin(const TarMember& member) override {
        text += member.name + "@" + std::to_string(member.offset) + "[";
        return {};
    }

    Result<> data(BytesView octets) override {
        text += asText(octets);
        return {};
    }

    Result<> end() override {
        text += "]";
        return {};
    }
};

std::string header(std::string name, std::size_t size, char type = '0') {
    std::string block(512, '\0');
    name.copy(block.data(), 100);
    std::snprintf(block.data() + 124, 12, "%011zo", size);
    block[156] = type;
    std::string("ustar").copy(block.data() + 257, 5);
    std::string(8, ' ').copy(block.data() + 148, 8);
    unsigned sum = 0;
    for (const char c : block) sum += static_cast<unsigned char>(c);
    std::snprintf(block.data() + 148, 8, "%06o", sum);
    return block;
}

std::string member(const std::string& name, const std::string& content) {
    auto text = header(name, content.size()) + content;
    text.resize((text.size() + 511) / 512 * 512, '\0');
    return text;
}

const std::string kEnd(1024, '\0');

std::string outcome(const std::string& archive, std::size_t piece) {
    TarReader reader;
    Told told;
    for (std::size_t at = 0; at < archive.size(); at += piece) {
        const auto taken = reader.feed(asBytes(archive.substr(at, piece)), told);
        if (!taken) return std::string(taken.error().code().name());
    }
    const auto done = reader.finish();
    return done ? told.text : std::string(done.error().code().name());
}

TEST(TarReader, TellsTheSameHoweverTheArchiveIsCut) {
    const auto archive = member("a.ovf", "hello") + member("empty", "") +
                         member("b", std::string(512, 'x')) + kEnd + std::string(8192, '\0');
    const auto told = "a.ovf@512[hello]empty@1536[]b@2048[" + std::string(512, 'x') + "]";

    for (const std::size_t piece : {1U, 7U, 512U, 513U, 100'000U})
        EXPECT_EQ(outcome(archive, piece), told) << piece;
}

TEST(TarReader, AnArchiveThatEndsEarlyIsTruncatedWhereverItIsCut) {
    const auto archive = member("a.ovf", std::string(700, 'x')) + kEnd;

    for (const std::size_t size : {0U, 1U, 511U, 512U, 600U, 1212U, 1300U, 1536U, 2048U, 2559U})
        EXPECT_EQ(outcome(archive.substr(0, size), 64), errc::kTruncated.name()) << size;
}

TEST(TarReader, RefusesWhatTwoReadersCouldReadDifferently) {
    auto damaged = member("a", "x");
    damaged[0] = 'b';
    auto size = header("a", 0);
    size[130] = 'x';
    auto padding = member("a", "x");
    padding.back() = 'x';

    for (const auto& archive : {damaged,
                                size,
                                padding + kEnd,
                                member("a", "x") + kEnd + "more",
                                std::string(512, '\0') + member("a", "x") + kEnd,
                                std::string("PK") + std::string(600, 'x')})
        EXPECT_EQ(outcome(archive, 100), errc::kArchive.name());
    for (const char type : {'1', '2', '5', 'x', 'g', 'L', 'S'})
        EXPECT_EQ(outcome(header("a", 0, type) + kEnd, 100), errc::kArchive.name()) << type;
}

TEST(TarReader, RefusesNamesThatAreNoPlainNames) {
    for (const auto* name :
         {"../a", "/a", "a/b", ".a", "-a", "", "a\nb", "a\\b", "a:b", "\xc3\xa4"})
        EXPECT_EQ(outcome(member(name, "x") + kEnd, 100), errc::kName.name()) << name;
    EXPECT_EQ(outcome(member("a", "x") + member("a", "y") + kEnd, 100), errc::kName.name());
}

}  // namespace
}  // namespace pcg::appliance
