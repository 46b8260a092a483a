// SPDX-License-Identifier: Apache-2.0
// RSA, which this product never makes, is tested against openssl in test/appliance/import_test.py.
#include "common/crypto/detached_signature.h"

#include "common/crypto/certificate_authority.h"
#include "common/crypto/errc.h"

#include <gtest/gtest.h>

namespace pcg::crypto {
namespace {

const WallTime kNow = fromUnixMilliseconds(1'800'000'000'000);

TEST(DetachedSignature, HoldsOverWhatWasSignedByThatKeyOnly) {
    const auto authority = CertificateAuthority::createRoot("signer", kNow);
    const auto other = CertificateAuthority::createRoot("other", kNow);
    const auto key = EcKey::generate(EcCurve::P256);
    ASSERT_TRUE(authority && other && key);
    const ServerProfile profile{{"signer.example.com"}, {}};
    const auto signer = authority->issueServer(key->publicSpki(), profile, kNow);
    ASSERT_TRUE(signer);
    const auto content = asBytes("SHA256(a)= 00");
    const auto signature = key->signDer(content);
    ASSERT_TRUE(signature);

    EXPECT_TRUE(verifyDetached(*signer, content, *signature));
    const auto changed = verifyDetached(*signer, asBytes("SHA256(a)= 01"), *signature);
    ASSERT_FALSE(changed);
    EXPECT_TRUE(changed.error().is(kSignature));
    EXPECT_FALSE(verifyDetached(other->certificate(), content, *signature));
    EXPECT_FALSE(verifyDetached(*signer, content, {}));
    EXPECT_FALSE(verifyDetached(*signer, content, asBytes("nonsense")));
}

}  // namespace
}  // namespace pcg::crypto
