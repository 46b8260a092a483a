// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/session_table.h"

#include "test/support/fake_clock.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

namespace pcg::proxy {
namespace {

using std::chrono::minutes;

class SessionTableTest : public testing::Test {
  protected:
    std::shared_ptr<Session> newSession(const char* key = "ak_1") {
        const Principal principal{
            wire::AccessKeyId::unchecked(key), wire::EndpointId::unchecked("ep_1"), Role::Full};
        return std::make_shared<Session>(principal);
    }

    pcg::test::FakeClock clock_;
    pcg::test::SeededRandom random_;
    SessionTable table_{random_, clock_};
};

TEST_F(SessionTableTest, FindsASessionByItsToken) {
    const auto opened = table_.open(newSession());

    EXPECT_EQ(table_.find(opened.token), opened.session);
}

TEST_F(SessionTableTest, MakesTokensOf384BitsThatDiffer) {
    const auto one = table_.open(newSession());
    const auto two = table_.open(newSession());

    EXPECT_EQ(one.token.size(), 96U);
    EXPECT_NE(one.token, two.token);
}

TEST_F(SessionTableTest, FindsNothingByATokenThatIsAlmostRight) {
    const auto opened = table_.open(newSession());
    for (const std::size_t at : {0U, 31U, 32U, 95U}) {
        auto wrong = opened.token;
        wrong[at] = wrong[at] == 'a' ? 'b' : 'a';
        EXPECT_EQ(table_.find(wrong), nullptr) << at;
    }
    EXPECT_EQ(table_.find(opened.token.substr(0, 95)), nullptr);
    EXPECT_EQ(table_.find(opened.token + "0"), nullptr);
    EXPECT_EQ(table_.find(""), nullptr);
}

TEST_F(SessionTableTest, FindsNothingOnceTheAccessKeyHasExpired) {
    auto session = newSession();
    session->principal.expires_at = clock_.wallNow() + minutes(1);
    const auto opened = table_.open(session);
    const auto lasting = table_.open(newSession());
    EXPECT_EQ(table_.find(opened.token), session);
    EXPECT_TRUE(table_.takeExpired().empty());

    clock_.advance(minutes(1));

    EXPECT_EQ(table_.find(opened.token), nullptr);
    EXPECT_EQ(table_.takeExpired(), std::vector{session});
    EXPECT_EQ(table_.find(lasting.token), lasting.session);
}

TEST_F(SessionTableTest, DoesNotKnowTheTokensOfAnotherTable) {
    SessionTable other(random_, clock_);
    const auto opened = table_.open(newSession());

    EXPECT_EQ(other.find(opened.token), nullptr);
}

TEST_F(SessionTableTest, RemovesASessionOnce) {
    const auto opened = table_.open(newSession());

    EXPECT_TRUE(table_.remove(*opened.session));
    EXPECT_FALSE(table_.remove(*opened.session));
    EXPECT_EQ(table_.find(opened.token), nullptr);
}

TEST_F(SessionTableTest, EvictsTheSessionThatWasIdleLongest) {
    const auto old = table_.open(newSession());
    clock_.advance(minutes(1));
    const auto young = table_.open(newSession());
    clock_.advance(minutes(1));
    {
        const SessionUse use(old.session, clock_);
    }

    EXPECT_EQ(table_.evictIdlest(), young.session);
    EXPECT_EQ(table_.evictIdlest(), old.session);
    EXPECT_EQ(table_.evictIdlest(), nullptr);
}

TEST_F(SessionTableTest, EvictsNoSessionInUse) {
    const auto opened = table_.open(newSession());
    const SessionUse use(opened.session, clock_);

    EXPECT_EQ(table_.evictIdlest(), nullptr);
}

TEST_F(SessionTableTest, TakesOutWhatIsIdleAndNothingElse) {
    const auto idle = table_.open(newSession());
    const auto busy = table_.open(newSession());
    const SessionUse use(busy.session, clock_);
    clock_.advance(minutes(29));
    const auto young = table_.open(newSession());

    EXPECT_TRUE(table_.takeIdle(minutes(30)).empty());
    clock_.advance(minutes(1));
    const auto taken = table_.takeIdle(minutes(30));

    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken.front(), idle.session);
    EXPECT_EQ(table_.size(), 2U);
}

TEST_F(SessionTableTest, CountsIdlenessFromTheEndOfTheLastRequest) {
    const auto opened = table_.open(newSession());
    {
        const SessionUse long_poll(opened.session, clock_);
        clock_.advance(minutes(60));
    }

    EXPECT_TRUE(table_.takeIdle(minutes(30)).empty());
}

TEST_F(SessionTableTest, TakesOutEverySessionOfAKeyBusyOrNot) {
    const auto one = table_.open(newSession("ak_1"));
    const auto two = table_.open(newSession("ak_2"));
    const SessionUse use(one.session, clock_);

    const auto taken = table_.takeOf(wire::AccessKeyId::unchecked("ak_1"));

    ASSERT_EQ(taken.size(), 1U);
    EXPECT_EQ(taken.front(), one.session);
    EXPECT_EQ(table_.find(two.token), two.session);
}

}  // namespace
}  // namespace pcg::proxy
