// SPDX-License-Identifier: Apache-2.0
#include "pairing/sealed_bundle.h"

#include "common/crypto/jws.h"
#include "pairing/errc.h"
#include "pairing/halves.h"
#include "test/unit/pairing/pairing_run.h"

#include <gtest/gtest.h>

namespace pcg::pairing::test {
namespace {

class Sealed : public ::testing::Test {
  protected:
    pcg::test::SeededRandom random{1};
    crypto::Scalar enc = crypto::Scalar::random(random);
    Secret encPrivate = enc.bytes();
    PointBytes encPub = crypto::Point::multiplyGenerator(enc).bytes();
    Hash pth{1};
    ClaimId claim{2};
    SealedBundle bundle = get(sealBundle("a.b.c", encPub, pth, claim, random));
};

TEST_F(Sealed, OpensForItsGatewayAndItsRun) {
    const auto again = SealedBundle::parse(bundle.write());
    ASSERT_TRUE(again) << again.error().message();

    EXPECT_EQ(get(openBundle(*again, encPrivate, pth, claim)), "a.b.c");
}

TEST_F(Sealed, OpensForNobodyElse) {
    const auto otherKey = crypto::Scalar::random(random).bytes();

    EXPECT_TRUE(openBundle(bundle, otherKey, pth, claim).error().is(kBundle));
    EXPECT_TRUE(openBundle(bundle, encPrivate, Hash{9}, claim).error().is(kBundle));
    EXPECT_TRUE(openBundle(bundle, encPrivate, pth, ClaimId{9}).error().is(kBundle));
    EXPECT_TRUE(sealBundle("x", PointBytes{}, pth, claim, random).error().is(kBundle));
}

TEST_F(Sealed, EveryFlippedBitIsRefused) {
    for (std::size_t bit = 0; bit < bundle.ciphertext.size() * 8; ++bit) {
        auto flipped = bundle;
        flipped.ciphertext[bit / 8] =
            static_cast<std::uint8_t>(flipped.ciphertext[bit / 8] ^ (1U << bit % 8));
        ASSERT_FALSE(openBundle(flipped, encPrivate, pth, claim));
    }
    for (std::size_t bit = 0; bit < bundle.controlPlaneEphemeral.size() * 8; ++bit) {
        auto flipped = bundle;
        auto& octet = flipped.controlPlaneEphemeral[bit / 8];
        octet = static_cast<std::uint8_t>(octet ^ (1U << bit % 8));
        ASSERT_FALSE(openBundle(flipped, encPrivate, pth, claim));
    }
}

class Halves : public ::testing::Test {
  protected:
    Halves() {
        if (!run.claim()) return;
        run.pump();
        run.take(run.responder->decide(true));
        run.take(run.commissioner->decide(true));
        gateway.gatewayId = run.offer.gatewayId;
        gateway.tenantId = kTenant;
        gateway.csr = toBytes(asBytes("csr"));
        gateway.nkeyPub = run.facts.nkeyPub;
        gateway.encPub = run.accepted->encPub;
        gateway.pth = run.accepted->pth;
        gateway.reportTag = run.accepted->reportTag;
        bind = {run.fixture.sid,
                run.terms.claimId,
                kTenant,
                gateway.gatewayId,
                gateway.pth,
                run.facts.csrSha256,
                gateway.nkeyPub,
                gateway.encPub,
                "console",
                0};
        sign();
    }

    void sign() {
        gateway.bind = get(crypto::signJws(run.fixture.device, kBindType, asBytes(bind.write())));
    }

    Result<> check(std::string_view tenant = kTenant) {
        const auto again = get(Enrollment::parse(gateway.write()));
        const auto approval = get(Approval::parse(run.approved->write()));
        return checkHalves(
            again, approval, run.terms.claimId, run.fixture.sid, tenant, run.offer.deviceSpki);
    }

    PairingRun run;
    Enrollment gateway;
    Bind bind;
};

TEST_F(Halves, TwoReportsOfOneRunAgree) {
    const auto result = check();
    EXPECT_TRUE(result) << result.error().message();
}

TEST_F(Halves, AnyDifferenceIsNamedAndNothingIsIssued) {
    EXPECT_TRUE(check("tn_00000000000000000000000000").error().is(kBinding));
    const auto whole = gateway;
    gateway.pth[0] ^= 1;
    EXPECT_TRUE(check().error().is(kBinding));
    gateway = whole;
    gateway.reportTag[0] ^= 1;
    EXPECT_TRUE(check().error().is(kBinding));
    gateway = whole;
    gateway.csr.push_back(0);
    EXPECT_TRUE(check().error().is(kBinding));
    gateway = whole;
    gateway.nkeyPub[5] = 'B';
    EXPECT_TRUE(check().error().is(kBinding));
    gateway = whole;
    gateway.encPub = run.fixture.random.array<65>();
    EXPECT_TRUE(check().error().is(kBinding));
}

TEST_F(Halves, ConsentForAnotherTenantOrByAnotherKeyIsRefused) {
    bind.tenantId = "tn_00000000000000000000000000";
    sign();
    EXPECT_TRUE(check().error().is(kBinding));

    bind.tenantId = kTenant;
    const auto stranger = get(crypto::EcKey::generate(crypto::EcCurve::P256));
    gateway.bind = get(crypto::signJws(stranger, kBindType, asBytes(bind.write())));
    EXPECT_FALSE(check());
}

}  // namespace
}  // namespace pcg::pairing::test
