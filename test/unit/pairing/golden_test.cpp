// SPDX-License-Identifier: Apache-2.0
// One whole run with fixed numbers, from the code to the comparison number. The vectors were made
// by two other implementations (Python, JavaScript) that agree.
#include "pairing/errc.h"
#include "pairing/spake2.h"
#include "pairing/transcript.h"
#include "test/support/vectors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace pcg::pairing {
namespace {

using pcg::test::hexOf;
using pcg::test::textOf;

template <std::size_t N>
ByteArray<N> fixed(const Bytes& bytes) {
    ByteArray<N> array{};
    EXPECT_EQ(bytes.size(), N);
    std::copy_n(bytes.begin(), std::min(N, bytes.size()), array.begin());
    return array;
}

class Golden : public ::testing::Test {
  protected:
    Golden() {
        for (const auto& item : **vectors.array("context_fields", 32)) {
            const auto& pair = *item.asArray();
            fields[*pair[0].asString()] = *fromHex(*pair[1].asString());
        }
    }

    std::string text(const std::string& name) { return std::string(asText(fields.at(name))); }

    RunContext context() {
        RunContext run;
        run.suite = text("suite");
        run.sid = fixed<32>(fields.at("sid"));
        run.claimId = fixed<16>(fields.at("claim_id"));
        run.gatewayId = text("gateway_id");
        run.deviceSpkiSha256 = fixed<32>(fields.at("device_spki_sha256"));
        run.encPub = fixed<65>(fields.at("enc_pub"));
        run.nkeyPub = text("nkey_pub");
        run.csrSha256 = fixed<32>(fields.at("csr_sha256"));
        run.tenantId = text("tenant_id");
        run.tenantName = text("tenant_name");
        run.portalOrigin = text("portal_origin");
        run.controlPlaneRootSpkiSha256 = fixed<32>(fields.at("cp_root_spki_sha256"));
        run.offerSha256 = fixed<32>(fields.at("offer_sha256"));
        run.claimSha256 = fixed<32>(fields.at("claim_sha256"));
        run.attempt = fields.at("attempt").at(0);
        return run;
    }

    codec::json::Object vectors = pcg::test::loadVectors("pairing_golden.json");
    std::map<std::string, Bytes> fields;
};

TEST_F(Golden, TheSuiteAndTheLabelAreOurs) {
    EXPECT_EQ(text("suite"), kSuite);
    EXPECT_EQ(text("label"), kLabel);
}

TEST_F(Golden, TheOfferIdIsMadeOfBothNonces) {
    EXPECT_EQ(toHex(sidOf(fixed<32>(hexOf(vectors, "boot_nonce")),
                          fixed<32>(hexOf(vectors, "server_nonce")))),
              textOf(vectors, "sid"));
}

TEST_F(Golden, FromTheCodeToTheComparisonNumber) {
    const auto code = PairingCode::parse(textOf(vectors, "code"));
    ASSERT_TRUE(code);
    EXPECT_EQ(asText(code->password()), textOf(vectors, "code_data"));
    const auto w = passwordScalar(*code, fixed<32>(hexOf(vectors, "sid")));
    ASSERT_TRUE(w);
    EXPECT_EQ(toHex(w->bytes().reveal()), textOf(vectors, "w"));

    const auto associated = associatedData(context());
    EXPECT_EQ(toHex(associated), textOf(vectors, "AAD"));
    const auto identityA = commissionerIdentity(text("tenant_id"));
    const auto identityB = gatewayIdentity(text("gateway_id"));
    EXPECT_EQ(identityA, textOf(vectors, "A"));
    EXPECT_EQ(identityB, textOf(vectors, "B"));

    auto a =
        *Spake2::startWith(Role::Commissioner, *w, *crypto::Scalar::parse(hexOf(vectors, "x")));
    auto b = *Spake2::startWith(Role::Gateway, *w, *crypto::Scalar::parse(hexOf(vectors, "y")));
    const auto pA = a.share();
    const auto pB = b.share();
    EXPECT_EQ(toHex(pA), textOf(vectors, "pA"));
    EXPECT_EQ(toHex(pB), textOf(vectors, "pB"));
    const auto keysA = std::move(a).finish(pB, identityA, identityB, associated);
    const auto keysB = std::move(b).finish(pA, identityA, identityB, associated);
    ASSERT_TRUE(keysA && keysB);
    for (const auto* keys : {&*keysA, &*keysB}) {
        EXPECT_EQ(toHex(keys->ke.reveal()), textOf(vectors, "Ke"));
        EXPECT_EQ(toHex(keys->commissionerConfirm), textOf(vectors, "cA"));
        EXPECT_EQ(toHex(keys->gatewayConfirm), textOf(vectors, "cB"));
        const auto session = deriveSession(keys->ke.reveal(), associated, pA, pB);
        EXPECT_EQ(toHex(session.commissionerToGateway.reveal()), textOf(vectors, "K_a2b"));
        EXPECT_EQ(toHex(session.gatewayToCommissioner.reveal()), textOf(vectors, "K_b2a"));
        EXPECT_EQ(toHex(session.pth), textOf(vectors, "pth"));
        EXPECT_EQ(toHex(session.reportTag), textOf(vectors, "report_tag"));
        EXPECT_EQ(session.sas, textOf(vectors, "sas"));
    }
    EXPECT_EQ(groupedSas("811529"), "811 529");
}

TEST_F(Golden, EveryFieldOfTheContextCounts) {
    const auto base = associatedData(context());
    std::vector<RunContext> others(15, context());
    others[0].suite += "2";
    others[1].sid[0] ^= 1;
    others[2].claimId[15] ^= 1;
    others[3].gatewayId.back() = 'x';
    others[4].deviceSpkiSha256[3] ^= 1;
    others[5].encPub[64] ^= 1;
    others[6].nkeyPub += "A";
    others[7].csrSha256[0] ^= 1;
    others[8].tenantId.back() = 'x';
    others[9].tenantName += " ";
    others[10].portalOrigin += "/";
    others[11].controlPlaneRootSpkiSha256[0] ^= 1;
    others[12].offerSha256[0] ^= 1;
    others[13].claimSha256[0] ^= 1;
    others[14].attempt = 2;
    for (const auto& other : others) EXPECT_NE(associatedData(other), base);
}

TEST_F(Golden, MovingABorderBetweenTwoFieldsCounts) {
    auto moved = context();
    moved.portalOrigin = moved.tenantName.back() + moved.portalOrigin;
    moved.tenantName.pop_back();

    EXPECT_NE(associatedData(moved), associatedData(context()));
}

TEST(Box, OpensOnlyAsWhatItWasSealed) {
    const Secret key(Bytes(32, 1));
    const Secret otherKey(Bytes(32, 2));
    const ClaimId claim{1};
    const auto box = sealBox(key, "confirm_a", claim, 2, "text");

    EXPECT_EQ(openBox(key, "confirm_a", claim, 2, box)->revealText(), "text");
    EXPECT_FALSE(openBox(otherKey, "confirm_a", claim, 2, box));
    EXPECT_FALSE(openBox(key, "confirm_b", claim, 2, box));
    EXPECT_FALSE(openBox(key, "confirm_a", ClaimId{2}, 2, box));
    EXPECT_FALSE(openBox(key, "confirm_a", claim, 3, box));
    EXPECT_TRUE(openBox(key, "confirm_a", claim, 2, {}).error().is(kBox));
}

}  // namespace
}  // namespace pcg::pairing
