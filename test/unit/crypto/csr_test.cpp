// SPDX-License-Identifier: Apache-2.0
#include "common/crypto/csr.h"

#include "common/crypto/errc.h"

#include <gtest/gtest.h>

namespace pcg::crypto {
namespace {

TEST(Csr, CarriesTheKeyThatSignedIt) {
    for (const auto curve : {EcCurve::P256, EcCurve::P384}) {
        const auto key = EcKey::generate(curve).value();
        const auto verified = VerifiedCsr::fromDer(createCsr(key, "gw_example").value());
        ASSERT_TRUE(verified);
        EXPECT_EQ(verified->publicSpki(), key.publicSpki());
        EXPECT_EQ(verified->curve(), curve);
    }
}

TEST(Csr, EverySingleChangedBitIsRefusedOrLeavesTheKeyAsItWas) {
    const auto key = EcKey::generate(EcCurve::P256).value();
    const auto csr = createCsr(key, "gw_example").value();
    std::size_t refused = 0;
    for (std::size_t i = 0; i < csr.size() * 8; ++i) {
        auto changed = csr;
        changed[i / 8] ^= static_cast<std::uint8_t>(1U << (i % 8));
        const auto verified = VerifiedCsr::fromDer(changed);
        if (!verified) {
            ++refused;
            EXPECT_TRUE(verified.error().is(kCsr));
        } else {
            EXPECT_EQ(verified->publicSpki(), key.publicSpki()) << "bit " << i;
        }
    }
    EXPECT_GE(refused, csr.size() * 8 - 16);
}

TEST(Csr, RefusesARequestWithoutPossession) {
    // A public key of somebody else put in place of the own one: the signature no longer fits.
    const auto mine = EcKey::generate(EcCurve::P256).value();
    const auto theirs = EcKey::generate(EcCurve::P256).value();
    auto csr = createCsr(mine, "gw_example").value();
    const auto at =
        std::search(csr.begin(), csr.end(), mine.publicSpki().begin(), mine.publicSpki().end());
    ASSERT_NE(at, csr.end());
    std::copy(theirs.publicSpki().begin(), theirs.publicSpki().end(), at);
    const auto verified = VerifiedCsr::fromDer(csr);
    ASSERT_FALSE(verified);
    EXPECT_TRUE(verified.error().is(kCsr));
    EXPECT_NE(verified.error().message().find("possession"), std::string::npos);
}

TEST(Csr, RefusesWhatIsCutOffLongerOrEmpty) {
    auto csr = createCsr(EcKey::generate(EcCurve::P256).value(), "gw_example").value();
    EXPECT_FALSE(VerifiedCsr::fromDer({}));
    EXPECT_FALSE(VerifiedCsr::fromDer(BytesView(csr).first(csr.size() - 1)));
    csr.push_back(0);
    EXPECT_FALSE(VerifiedCsr::fromDer(csr));
    EXPECT_FALSE(VerifiedCsr::fromDer(Bytes(9000, 0x30)));
}

}  // namespace
}  // namespace pcg::crypto
