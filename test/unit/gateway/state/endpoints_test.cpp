// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/endpoints.h"

#include "common/store/errc.h"
#include "gateway/errc.h"

#include <algorithm>

#include "state_fixture.h"

namespace pcg::gateway {
namespace {

class EndpointsTest : public StateFixture {
  protected:
    Result<EndpointRecord> add(const std::string& name, const std::string& password = "swordfish") {
        EndpointRecord record{wire::newId<wire::EndpointId>(random_),
                              name,
                              "vcenter",
                              "https://vc.example.com",
                              {TrustKind::Pin, std::string(64, 'a')}};
        return addEndpoint(
            storage(),
            scope_,
            record,
            {Secret::fromText("administrator@vsphere.local"), Secret::fromText(password)});
    }

    const store::Scope scope_{"tn_a", 1};
};

TEST_F(EndpointsTest, SurviveARestartWithTheirCredentials) {
    const auto added = add("vc1");
    ASSERT_TRUE(added) << added.error().message();
    reopen();

    const auto listed = listEndpoints(storage());
    ASSERT_TRUE(listed);
    ASSERT_EQ(listed->size(), 1U);
    EXPECT_EQ((*listed)[0].id, added->id);
    EXPECT_EQ((*listed)[0].name, "vc1");
    EXPECT_EQ((*listed)[0].trust, added->trust);
    const auto credentials = endpointCredentials(storage(), added->id);
    ASSERT_TRUE(credentials) << credentials.error().message();
    EXPECT_EQ(credentials->username.revealText(), "administrator@vsphere.local");
    EXPECT_EQ(credentials->password.revealText(), "swordfish");
}

TEST_F(EndpointsTest, KeepTheirTunnelsUntilTheirAdminChangesThem) {
    const auto added = add("vc1");
    ASSERT_TRUE(added);
    EndpointChange change;
    change.tunnels = {"esx1.example:443", "[fd00::7]:902"};
    ASSERT_TRUE(changeEndpoint(storage(), scope_, added->id, change));
    reopen();
    EndpointChange other;
    other.name = "vc2";
    ASSERT_TRUE(changeEndpoint(storage(), scope_, added->id, other));
    EXPECT_EQ((*listEndpoints(storage()))[0].tunnels, change.tunnels);
    change.tunnels->clear();
    ASSERT_TRUE(changeEndpoint(storage(), scope_, added->id, change));
    EXPECT_TRUE((*listEndpoints(storage()))[0].tunnels.empty());
}

TEST_F(EndpointsTest, KeepNoCredentialInAnyFileInClear) {
    ASSERT_TRUE(add("vc1", "canary-4711-password"));

    for (const auto& entry : std::filesystem::directory_iterator(dir_ / "state")) {
        const auto text = test::readFile(entry.path());
        EXPECT_EQ(text.find("canary-4711"), std::string::npos) << entry.path();
        EXPECT_EQ(text.find("administrator@"), std::string::npos) << entry.path();
    }
}

TEST_F(EndpointsTest, RefuseANameThatIsTakenWhateverItsCase) {
    ASSERT_TRUE(add("vc1"));

    const auto again = add("VC1");

    ASSERT_FALSE(again);
    EXPECT_TRUE(again.error().is(errc::kNameTaken));
    EXPECT_EQ(listEndpoints(storage())->size(), 1U);
}

TEST_F(EndpointsTest, P26_DoNotOpenCredentialsThatWereSwappedBetweenRows) {
    const auto first = add("vc1", "one");
    const auto second = add("vc2", "two");
    ASSERT_TRUE(first && second);
    ASSERT_TRUE(
        storage().database.execute("UPDATE endpoints SET password = (SELECT password FROM "
                                   "endpoints WHERE name = 'vc1') WHERE name = 'vc2'"));

    const auto swapped = endpointCredentials(storage(), second->id);

    ASSERT_FALSE(swapped);
    EXPECT_TRUE(swapped.error().is(store::kSealBroken));
    EXPECT_TRUE(endpointCredentials(storage(), first->id));
}

TEST_F(EndpointsTest, TakeNewCredentials) {
    const auto added = add("vc1", "old");
    ASSERT_TRUE(added);

    ASSERT_TRUE(replaceCredentials(
        storage(), {"tn_a", 2}, added->id, {Secret::fromText("u"), Secret::fromText("new")}));

    EXPECT_EQ(endpointCredentials(storage(), added->id)->password.revealText(), "new");
}

TEST_F(EndpointsTest, DoNotOpenCredentialsForAnotherAddressThanTheyWereSealedFor) {
    const auto added = add("vc1");
    ASSERT_TRUE(added);
    ASSERT_TRUE(storage().database.execute("UPDATE endpoints SET url = 'https://evil.example'"));

    EXPECT_TRUE(endpointCredentials(storage(), added->id).error().is(store::kSealBroken));
}

TEST_F(EndpointsTest, OfAnEarlierVersionGetTheirCredentialsSealedForTheirAddress) {
    const auto added = add("vc1");
    ASSERT_TRUE(added);
    for (const std::string column : {"username", "password"}) {
        const auto sealed = storage().envelope.seal(scope_,
                                                    store::KeyClass::Credentials,
                                                    {"endpoints", added->id.text(), column},
                                                    asBytes(std::string_view("of before")));
        ASSERT_TRUE(sealed);
        ASSERT_TRUE(storage().database.execute(
            "UPDATE endpoints SET credentials_bound = 0, " + column + " = ?", {*sealed}));
    }
    EXPECT_FALSE(endpointCredentials(storage(), added->id)) << "never opened as they are";

    reopen();

    const auto held = endpointCredentials(storage(), added->id);
    ASSERT_TRUE(held) << held.error().message();
    EXPECT_EQ(held->password.revealText(), "of before");
    EXPECT_EQ(held->url, "https://vc.example.com");
}

TEST_F(EndpointsTest, ThatBecameAnotherOneMeanwhileAreNotChanged) {
    const auto added = add("vc1", "old");
    ASSERT_TRUE(added);
    const auto seen = EndpointIdentity::of(*added);
    EndpointChange elsewhere;
    elsewhere.url = "https://evil.example";
    elsewhere.credentials.emplace(
        EndpointCredentials{Secret::fromText("u"), Secret::fromText("theirs")});
    ASSERT_TRUE(changeEndpoint(storage(), scope_, added->id, elsewhere));

    EndpointChange late;
    late.checkedAgainst = seen;
    late.credentials.emplace(
        EndpointCredentials{Secret::fromText("u"), Secret::fromText("genuine")});
    const auto changed = changeEndpoint(storage(), scope_, added->id, late);

    EXPECT_TRUE(!changed && changed.error().is(errc::kChangedMeanwhile));
    EXPECT_EQ(endpointCredentials(storage(), added->id)->password.revealText(), "theirs");
}

TEST_F(EndpointsTest, KeepTheirCredentialsWhenTheirAdminMovesThem) {
    const auto added = add("vc1");
    ASSERT_TRUE(added);
    EndpointChange moved;
    moved.url = "https://vc2.example.com";

    ASSERT_TRUE(changeEndpoint(storage(), {"tn_a", 2}, added->id, moved));

    const auto held = endpointCredentials(storage(), added->id);
    ASSERT_TRUE(held) << held.error().message();
    EXPECT_EQ(held->url, "https://vc2.example.com");
    EXPECT_EQ(held->password.revealText(), "swordfish");
    EXPECT_EQ(held->scope, scope_) << "under the keys that they were under";
}

TEST_F(EndpointsTest, AreGoneOnceRemoved) {
    const auto added = add("vc1");
    ASSERT_TRUE(added);
    ASSERT_TRUE(removeEndpoint(storage(), added->id));

    EXPECT_TRUE(removeEndpoint(storage(), added->id).error().is(errc::kNoSuchEndpoint));
    EXPECT_TRUE(endpointCredentials(storage(), added->id).error().is(errc::kNoSuchEndpoint));
    EXPECT_TRUE(listEndpoints(storage())->empty());
}

TEST_F(EndpointsTest, OfATenantThatIsGoneAreRemovedAndThoseOfBeforeAnyPairingStay) {
    const auto of = [&](const std::string& name, const store::Scope& scope) {
        EndpointRecord record{wire::newId<wire::EndpointId>(random_),
                              name,
                              "vcenter",
                              "https://vc.example.com",
                              {TrustKind::Pin, std::string(64, 'a')}};
        return addEndpoint(
            storage(), scope, record, {Secret::fromText("u"), Secret::fromText("p")});
    };
    ASSERT_TRUE(of("unpaired", {}) && of("gone", {"tn_a", 1}) && of("old", {"tn_b", 1}));
    ASSERT_TRUE(of("mine", {"tn_b", 2}));

    const auto others = removeEndpointsOfOthers(storage(), {"tn_b", 2});

    ASSERT_TRUE(others);
    EXPECT_EQ(*others, (std::vector<store::Scope>{{"tn_a", 1}, {"tn_b", 1}}));
    const auto listed = listEndpoints(storage());
    ASSERT_TRUE(listed);
    std::vector<std::string> left;
    for (const auto& record : *listed) left.push_back(record.name);
    std::sort(left.begin(), left.end());
    EXPECT_EQ(left, (std::vector<std::string>{"mine", "unpaired"}));
    EXPECT_TRUE(removeEndpointsOfOthers(storage(), {"tn_b", 2})->empty());
}

TEST_F(EndpointsTest, AreBounded) {
    for (std::size_t i = 0; i < kMaxEndpoints; ++i) ASSERT_TRUE(add("vc" + std::to_string(i)));

    EXPECT_TRUE(add("one-more").error().is(errc::kTooMany));
}

}  // namespace
}  // namespace pcg::gateway
