// SPDX-License-Identifier: Apache-2.0
#include "common/store/sealed_values.h"

#include "common/store/errc.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

namespace pcg::store {
namespace {

class SealedValuesTest : public testing::Test {
  protected:
    DataKey key(std::uint64_t seed, Scope scope = {"tn_a", 1}, std::int64_t version = 1) {
        test::SeededRandom random(seed);
        return {Secret(random.array<32>()), random.array<4>(), version, std::move(scope)};
    }

    test::SeededRandom random_{9};
    const Cell cell_{"endpoints", "ep_1", "credentials"};
    const std::string plain_ = "administrator@vsphere.local";
};

TEST_F(SealedValuesTest, OpensWhatItSealedAndDoesNotShowIt) {
    const auto sealed = sealValue(key(1), cell_, asBytes(plain_), random_);
    const auto opened = openValue(key(1), cell_, sealed);

    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->revealText(), plain_);
    EXPECT_EQ(std::string(asText(sealed)).find("administrator"), std::string::npos);
    EXPECT_EQ(sealed.size(), 1 + 4 + 12 + plain_.size() + 16);
    EXPECT_EQ(sealed[0], 1);
}

TEST_F(SealedValuesTest, NeverSealsTheSameValueTwiceAlike) {
    EXPECT_NE(sealValue(key(1), cell_, asBytes(plain_), random_),
              sealValue(key(1), cell_, asBytes(plain_), random_));
}

TEST_F(SealedValuesTest, P26_RefusesAValueMovedToAnotherRowColumnOrTable) {
    const auto sealed = sealValue(key(1), cell_, asBytes(plain_), random_);

    for (const auto& elsewhere : {Cell{"endpoints", "ep_2", "credentials"},
                                  Cell{"endpoints", "ep_1", "note"},
                                  Cell{"keys", "ep_1", "credentials"},
                                  Cell{"endpoints|ep_1", "", "credentials"}}) {
        const auto opened = openValue(key(1), elsewhere, sealed);
        ASSERT_FALSE(opened);
        EXPECT_TRUE(opened.error().is(kSealBroken));
    }
}

TEST_F(SealedValuesTest, P26_RefusesAnotherTenantEpochKeyOrOlderKeyVersion) {
    const auto sealed = sealValue(key(1), cell_, asBytes(plain_), random_);

    EXPECT_FALSE(openValue(key(1, {"tn_b", 1}), cell_, sealed));
    EXPECT_FALSE(openValue(key(1, {"tn_a", 2}), cell_, sealed));
    EXPECT_FALSE(openValue(key(1, {"tn_a", 1}, 2), cell_, sealed));
    EXPECT_FALSE(openValue(key(2), cell_, sealed));
}

TEST_F(SealedValuesTest, DoesNotConfuseFieldsThatHoldTheSeparator) {
    const auto sealed = sealValue(key(1), {"t", "a|b", "c"}, asBytes(plain_), random_);

    EXPECT_FALSE(openValue(key(1), {"t", "a", "b|c"}, sealed));
    EXPECT_FALSE(openValue(key(1), {"t", "a%7Cb", "c"}, sealed));
    EXPECT_TRUE(openValue(key(1), {"t", "a|b", "c"}, sealed));
}

TEST_F(SealedValuesTest, RefusesEverySingleFlippedBitAndEveryTruncation) {
    const auto sealed = sealValue(key(1), cell_, asBytes(plain_), random_);

    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        auto changed = sealed;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_FALSE(openValue(key(1), cell_, changed)) << "bit " << bit;
    }
    for (std::size_t length = 0; length < sealed.size(); ++length) {
        EXPECT_FALSE(openValue(key(1), cell_, BytesView(sealed).first(length)))
            << "length " << length;
    }
}

}  // namespace
}  // namespace pcg::store
