// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/open_sessions.h"

#include "gateway/errc.h"
#include "gateway/state/endpoints.h"

#include "state_fixture.h"

namespace pcg::gateway {
namespace {

class OpenSessionsTest : public StateFixture {
  protected:
    wire::EndpointId addEndpointNamed(const std::string& name) {
        const EndpointRecord record{
            wire::newId<wire::EndpointId>(random_), name, "vcenter", "https://vc", {}};
        EXPECT_TRUE(
            addEndpoint(storage(), {}, record, {Secret::fromText("u"), Secret::fromText("p")}));
        return record.id;
    }

    std::string note(const std::string& run, std::string authority = "vc") {
        proxy::JournalEntry entry;
        entry.endpoint = endpoint_;
        entry.authority = std::move(authority);
        entry.session_manager = "SessionManager";
        entry.secret = Secret::fromText("vmware_soap_session=\"x\"");
        auto id = noteOpenSession(storage(), run, entry);
        EXPECT_TRUE(id) << id.error().message();
        return id ? *id : std::string();
    }

    std::size_t leftBy(const std::string& run) {
        const auto entries = sessionsOfOtherRuns(storage(), run);
        EXPECT_TRUE(entries) << entries.error().message();
        return entries ? entries->size() : 0;
    }

    const wire::EndpointId endpoint_ = addEndpointNamed("vc1");
};

TEST_F(OpenSessionsTest, AreFoundByTheNextRunAndByNobodyInThisOne) {
    const auto id = note("one");

    EXPECT_EQ(leftBy("one"), 0U);
    const auto entries = sessionsOfOtherRuns(storage(), "two");
    ASSERT_TRUE(entries && entries->size() == 1);
    EXPECT_EQ(entries->front().id, id);
    EXPECT_EQ(entries->front().endpoint, endpoint_);
    EXPECT_EQ(entries->front().authority, "vc");
    EXPECT_EQ(entries->front().secret.revealText(), "vmware_soap_session=\"x\"");
}

TEST_F(OpenSessionsTest, AreForgottenWhenTheyAreClosed) {
    ASSERT_TRUE(forgetOpenSession(storage(), note("one")));
    EXPECT_EQ(leftBy("two"), 0U);
}

TEST_F(OpenSessionsTest, GoWithTheirEndpoint) {
    note("one");
    ASSERT_TRUE(removeEndpoint(storage(), endpoint_));
    EXPECT_EQ(leftBy("two"), 0U);
}

TEST_F(OpenSessionsTest, DoNotOpenForAnotherAddress) {
    const auto id = note("one");
    ASSERT_TRUE(storage().database.execute("UPDATE open_sessions SET authority = 'evil'"));
    EXPECT_EQ(leftBy("two"), 0U);
    EXPECT_EQ(leftBy("three"), 0U);
}

TEST_F(OpenSessionsTest, AreNotWrittenForAnEndpointThatIsNotThere) {
    proxy::JournalEntry entry;
    entry.endpoint = wire::newId<wire::EndpointId>(random_);
    const auto id = noteOpenSession(storage(), "one", entry);
    ASSERT_FALSE(id);
    EXPECT_TRUE(id.error().is(errc::kNoSuchEndpoint));
}

}  // namespace
}  // namespace pcg::gateway
