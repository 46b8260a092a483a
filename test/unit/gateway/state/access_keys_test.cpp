// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/access_keys.h"

#include "gateway/errc.h"
#include "gateway/state/endpoints.h"

#include "state_fixture.h"

namespace pcg::gateway {
namespace {

using namespace std::chrono_literals;

class AccessKeysTest : public StateFixture {
  protected:
    wire::EndpointId addEndpointNamed(const std::string& name,
                                      const std::string& kind = "vcenter") {
        const EndpointRecord record{
            wire::newId<wire::EndpointId>(random_), name, kind, "https://vc", {}};
        const auto added =
            addEndpoint(storage(), {}, record, {Secret::fromText("u"), Secret::fromText("p")});
        EXPECT_TRUE(added);
        return record.id;
    }

    MintedKey mint(std::optional<WallTime> expiresAt = std::nullopt) {
        auto minted = createAccessKey(storage(), endpoint_, {proxy::Role::Deploy, expiresAt, "ci"});
        EXPECT_TRUE(minted) << minted.error().message();
        return std::move(*minted);
    }

    bool verifies(const MintedKey& key, const wire::EndpointId& endpoint, const Secret& password) {
        const auto verified = verifyAccessKey(storage(), endpoint, key.record.id, password);
        EXPECT_TRUE(verified);
        return verified->has_value();
    }

    const wire::EndpointId endpoint_ = addEndpointNamed("vc1");
};

// Knows the secret without showing it, as a signature does.
class Knows final : public proxy::Proof {
  public:
    explicit Knows(const Secret& secret) : secret_(secret.clone()) {}

    bool holds(const Secret& secret) const override {
        return constantTimeEqual(secret.reveal(), secret_.reveal());
    }

  private:
    Secret secret_;
};

TEST_F(AccessKeysTest, OfAMaasAreProvenByASignatureAndSurviveARestart) {
    const auto maas = addEndpointNamed("maas1", "maas");
    const auto key = createAccessKey(storage(), maas, {proxy::Role::Deploy, std::nullopt, ""});
    ASSERT_TRUE(key);
    reopen();

    const auto prove = [&](const wire::EndpointId& endpoint, const Secret& secret) {
        const auto proven = verifyAccessKeyBy(storage(), endpoint, key->record.id, Knows(secret));
        EXPECT_TRUE(proven);
        return proven->has_value();
    };
    EXPECT_TRUE(prove(maas, key->password));
    EXPECT_FALSE(prove(maas, Secret::fromText("another")));
    EXPECT_FALSE(prove(endpoint_, key->password)) << "of another endpoint";
    EXPECT_EQ(maasApiKey(*key),
              "pcg:" + key->record.id.text() + ":" + std::string(key->password.revealText()));
    ASSERT_TRUE(revokeAccessKey(storage(), key->record.id));
    EXPECT_FALSE(prove(maas, key->password));
}

TEST_F(AccessKeysTest, OfAVcenterCannotSign) {
    const auto key = mint();

    const auto proven = verifyAccessKeyBy(storage(), endpoint_, key.record.id, Knows(key.password));

    ASSERT_TRUE(proven);
    EXPECT_FALSE(*proven) << "its secret is not kept";
}

TEST_F(AccessKeysTest, LetInWithTheirRoleAfterARestart) {
    const auto key = mint();
    reopen();

    const auto principal = verifyAccessKey(storage(), endpoint_, key.record.id, key.password);

    ASSERT_TRUE(principal && *principal);
    EXPECT_EQ((*principal)->role, proxy::Role::Deploy);
    EXPECT_EQ((*principal)->key, key.record.id);
    EXPECT_EQ(key.password.size(), 52U) << "256 bits in base32";
}

TEST_F(AccessKeysTest, WithARoleOfThePolicyFileHaveNoneOfTheBuiltInOnesBesideIt) {
    const auto key =
        createAccessKey(storage(), endpoint_, {proxy::Role::Full, std::nullopt, "", "builder"});
    ASSERT_TRUE(key);
    reopen();

    const auto principal = verifyAccessKey(storage(), endpoint_, key->record.id, key->password);
    ASSERT_TRUE(principal && *principal);
    EXPECT_EQ((*principal)->file_role, "builder");
    EXPECT_EQ((*principal)->role, proxy::Role::Inventory);
    EXPECT_EQ(listAccessKeys(storage())->front().roleName(), "builder");
    EXPECT_EQ(mint().record.roleName(), "deploy");
}

TEST_F(AccessKeysTest, RefuseAWrongSecretAnotherEndpointAndAnUnknownKey) {
    const auto key = mint();
    const auto other = mint();

    EXPECT_FALSE(verifies(key, endpoint_, other.password));
    EXPECT_FALSE(verifies(key, endpoint_, Secret()));
    EXPECT_FALSE(verifies(key, addEndpointNamed("vc2"), key.password));
    const auto unknown = verifyAccessKey(
        storage(), endpoint_, wire::newId<wire::AccessKeyId>(random_), key.password);
    ASSERT_TRUE(unknown);
    EXPECT_FALSE(unknown->has_value());
}

TEST_F(AccessKeysTest, EndWhenTheyExpire) {
    const auto key = mint(clock_.wallNow() + 1h);
    const auto principal = verifyAccessKey(storage(), endpoint_, key.record.id, key.password);
    ASSERT_TRUE(principal && *principal);
    EXPECT_EQ((*principal)->expires_at, key.record.expiresAt) << "so that its sessions end with it";

    clock_.advance(1h);

    EXPECT_FALSE(verifies(key, endpoint_, key.password));
}

TEST_F(AccessKeysTest, EndWhenTheyAreRevoked) {
    const auto key = mint();

    ASSERT_TRUE(revokeAccessKey(storage(), key.record.id));
    ASSERT_TRUE(revokeAccessKey(storage(), key.record.id));

    EXPECT_FALSE(verifies(key, endpoint_, key.password));
    ASSERT_EQ(listAccessKeys(storage())->size(), 1U);
    EXPECT_TRUE(listAccessKeys(storage())->front().revoked);
    EXPECT_TRUE(listAccessKeys(storage(), endpoint_)->empty());
    EXPECT_TRUE(revokeAccessKey(storage(), wire::newId<wire::AccessKeyId>(random_))
                    .error()
                    .is(errc::kNoSuchKey));
}

TEST_F(AccessKeysTest, GoWithTheirEndpoint) {
    mint();
    ASSERT_TRUE(removeEndpoint(storage(), endpoint_));

    EXPECT_TRUE(listAccessKeys(storage())->empty());
    EXPECT_TRUE(createAccessKey(storage(), endpoint_, {proxy::Role::Full, std::nullopt, ""})
                    .error()
                    .is(errc::kNoSuchEndpoint));
}

TEST_F(AccessKeysTest, AreListedHoweverManyWereRevokedBefore) {
    std::optional<wire::AccessKeyId> first;
    for (std::size_t i = 0; i < kMaxEndedKeysPerEndpoint + 10; ++i) {
        const auto key = mint();
        if (!first) first = key.record.id;
        ASSERT_TRUE(revokeAccessKey(storage(), key.record.id));
        clock_.advance(1s);
    }
    const auto live = mint();

    const auto listed = listAccessKeys(storage(), endpoint_);
    ASSERT_EQ(listed->size(), 1U);
    EXPECT_EQ(listed->front().id, live.record.id);
    const auto all = listAccessKeys(storage());
    EXPECT_EQ(all->size(), kMaxEndedKeysPerEndpoint + 1);
    EXPECT_EQ(all->front().id, live.record.id) << "before those that were revoked";
    EXPECT_TRUE(listAccessKeys(storage(), addEndpointNamed("vc2"))->empty());
    EXPECT_FALSE(*findAccessKey(storage(), *first)) << "the oldest that ended are forgotten";
}

TEST_F(AccessKeysTest, AreForgottenAWhileAfterTheyEnded) {
    const auto revoked = mint();
    const auto expired = mint(clock_.wallNow() + 1h);
    ASSERT_TRUE(revokeAccessKey(storage(), revoked.record.id));
    clock_.advance(std::chrono::days(89));
    mint();
    EXPECT_TRUE(*findAccessKey(storage(), revoked.record.id));
    EXPECT_TRUE(*findAccessKey(storage(), expired.record.id));

    clock_.advance(std::chrono::days(2));
    const auto last = mint();

    EXPECT_FALSE(*findAccessKey(storage(), revoked.record.id));
    EXPECT_FALSE(*findAccessKey(storage(), expired.record.id));
    EXPECT_EQ(listAccessKeys(storage())->size(), 2U);
    EXPECT_TRUE(verifies(last, endpoint_, last.password));
}

TEST_F(AccessKeysTest, AreBoundedAndThoseThatEndedMakeRoom) {
    for (std::size_t i = 0; i < kMaxKeysPerEndpoint; ++i) mint(clock_.wallNow() + 1h);
    const auto refused = createAccessKey(storage(), endpoint_, {proxy::Role::Full, {}, ""});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(errc::kTooMany));

    clock_.advance(1h);

    EXPECT_TRUE(createAccessKey(storage(), endpoint_, {proxy::Role::Full, {}, ""}));
}

TEST_F(AccessKeysTest, AreNotOnTheDiskInClear) {
    const auto key = mint();

    for (const auto& entry : std::filesystem::directory_iterator(dir_ / "state")) {
        EXPECT_EQ(test::readFile(entry.path()).find(key.password.revealText()), std::string::npos);
    }
}

}  // namespace
}  // namespace pcg::gateway
