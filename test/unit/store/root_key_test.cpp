// SPDX-License-Identifier: Apache-2.0
#include "common/store/root_key.h"

#include "common/store/errc.h"
#include "test/support/seeded_random.h"
#include "test/support/temp_dir.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace pcg::store {
namespace {

class RootKeyTest : public testing::Test {
  protected:
    std::string loaded(std::string_view binding) {
        const auto key = RootKey::load(file_, binding);
        return key ? toHex(key->wrappingKey().reveal()) : "refused: " + key.error().message();
    }

    test::TempDir dir_;
    test::SeededRandom random_;
    const std::filesystem::path file_ = dir_ / "root.key";
};

TEST_F(RootKeyTest, IsTheSameAgainOnTheSameMachineAndAnotherOnAnother) {
    const auto created = RootKey::create(file_, "machine-a", random_);

    ASSERT_TRUE(created) << created.error().message();
    EXPECT_EQ(loaded("machine-a"), toHex(created->wrappingKey().reveal()));
    EXPECT_NE(loaded("machine-b"), loaded("machine-a"));
}

TEST_F(RootKeyTest, IsNotTheFilesContentAndTheFileIsForTheOwnerOnly) {
    const auto created = RootKey::create(file_, "machine-a", random_);

    ASSERT_TRUE(created);
    struct stat status{};
    ASSERT_EQ(::stat(file_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
    EXPECT_NE(test::readFile(file_), created->wrappingKey().revealText());
    EXPECT_FALSE(std::filesystem::exists(dir_ / "root.key.new"));
}

TEST_F(RootKeyTest, IsNeverReplaced) {
    ASSERT_TRUE(RootKey::create(file_, "m", random_));
    const auto before = loaded("m");

    EXPECT_FALSE(RootKey::create(file_, "m", random_));
    EXPECT_EQ(loaded("m"), before);
}

TEST_F(RootKeyTest, SurvivesACrashThatLeftADraft) {
    dir_.write("root.key.new", "half");

    EXPECT_TRUE(RootKey::create(file_, "m", random_));
}

TEST_F(RootKeyTest, SaysWhatIsWrongWithAFile) {
    EXPECT_NE(loaded("m").find("cannot be read: No such file"), std::string::npos);
    ::chmod(dir_.write("root.key", "short").c_str(), 0600);
    EXPECT_NE(loaded("m").find("is not 32 bytes long"), std::string::npos);
    ::chmod(dir_.write("root.key", std::string(32, 'k')).c_str(), 0640);
    EXPECT_NE(loaded("m").find("can be read by other users"), std::string::npos);
}

}  // namespace
}  // namespace pcg::store
