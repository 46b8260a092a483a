// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/pki/pki.h"

#include <gtest/gtest.h>

#include <map>

namespace pcg::controlplane {
namespace {

const WallTime kNow = fromUnixMilliseconds(1'795'290'321'000);

struct MapStorage {
    std::map<std::string, Bytes> values;

    PkiStorage storage() {
        return {[this](const std::string& name) -> Result<std::optional<Secret>> {
                    const auto found = values.find(name);
                    if (found == values.end()) return std::nullopt;
                    return std::optional<Secret>(Secret(found->second));
                },
                [this](const std::string& name, const Secret& value) -> Result<> {
                    values[name] = toBytes(value.reveal());
                    return {};
                }};
    }
};

TEST(Pki, KeepsItsRootOverARestart) {
    MapStorage kept;
    const auto first = Pki::open(kept.storage(), kNow);
    const auto second = Pki::open(kept.storage(), kNow + crypto::Days{1});

    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->root().sha256(), second->root().sha256());
    EXPECT_EQ(first->enrollSigner().chain.front().sha256(),
              second->enrollSigner().chain.front().sha256());
    EXPECT_EQ(first->commandKey().publicSpki(), second->commandKey().publicSpki());
}

TEST(Pki, ReplacesABundleSignerThatIsAboutToExpire) {
    MapStorage kept;
    const auto first = Pki::open(kept.storage(), kNow);
    const auto later = kNow + crypto::Days{340};
    const auto second = Pki::open(kept.storage(), later);

    ASSERT_TRUE(first && second);
    EXPECT_NE(first->enrollSigner().chain.front().sha256(),
              second->enrollSigner().chain.front().sha256());
    EXPECT_TRUE(crypto::verifyChain(second->enrollSigner().chain,
                                    {&second->root(), 1},
                                    crypto::Purpose::EnrollmentSigning,
                                    later));
}

TEST(Pki, AServerLeafIsNoGatewayAndAGatewayLeafIsNoServer) {
    MapStorage kept;
    const auto pki = Pki::open(kept.storage(), kNow);
    ASSERT_TRUE(pki);
    const auto server = pki->serverIdentity({"saas.test"}, {"127.0.0.1"}, kNow);
    const auto key = crypto::EcKey::generate(crypto::EcCurve::P256);
    ASSERT_TRUE(server && key);
    const auto gateway = pki->issueGateway(key->publicSpki(), "tn_x", "gw_y", kNow);
    ASSERT_TRUE(gateway);
    const auto serverChain = crypto::parsePemCertificates(server->chainPem);
    ASSERT_TRUE(serverChain);
    const std::span<const crypto::Certificate> roots{&pki->root(), 1};

    EXPECT_TRUE(crypto::verifyChain(*serverChain, roots, crypto::Purpose::ServerAuth, kNow));
    EXPECT_FALSE(crypto::verifyChain(*serverChain, roots, crypto::Purpose::ClientAuth, kNow));
    EXPECT_TRUE(crypto::verifyChain(*gateway, roots, crypto::Purpose::ClientAuth, kNow));
    EXPECT_FALSE(crypto::verifyChain(*gateway, roots, crypto::Purpose::ServerAuth, kNow));
    EXPECT_EQ(gateway->front().names().uris,
              std::vector<std::string>{"spiffe://pcg/tenant/tn_x/gateway/gw_y"});
}

}  // namespace
}  // namespace pcg::controlplane
