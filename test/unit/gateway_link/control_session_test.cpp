// SPDX-License-Identifier: Apache-2.0
#include "gateway/link/control_session.h"

#include "common/codec/json.h"
#include "test/fakes/fake_bus.h"
#include "test/support/fake_clock.h"

#include <gtest/gtest.h>

namespace pcg::gateway {
namespace {

using codec::json::Object;

const auto kNkey = wire::UserNkey::unchecked("U" + std::string(55, 'A'));

ControlIdentity identity() {
    return {wire::GatewayId::unchecked("gw_00000000000000000000000000"),
            kNkey,
            wire::InstanceId::unchecked("0123456789abcdef"),
            wire::InstanceId::unchecked("00000000000000b0"),
            "0.1.0",
            "dc1",
            {},
            {}};
}

struct ControlSessionTest : testing::Test {
    ControlSession::Events events() {
        ControlSession::Events made;
        made.onWelcome = [this] { ++welcomes; };
        made.onUnpair = [this](const std::string& reason) { unpaired = reason; };
        made.onRenewNow = [this] { ++renewals; };
        return made;
    }

    ControlIdentity withHeads() {
        auto made = identity();
        made.auditHeads = [this] { return heads; };
        made.uploads = [](bool whole) { return Object().set("whole", whole); };
        return made;
    }

    void welcome(int epoch) {
        control(subjects.welcome(), R"({"link_epoch":)" + std::to_string(epoch) + "}");
    }

    void settle() {
        loop.restart();
        loop.poll();
    }

    std::vector<Object> sent(const std::string& subject) {
        std::vector<Object> found;
        for (const auto& seen : broker.seen()) {
            if (seen.subject == subject)
                found.push_back(*codec::json::parseObject(asText(seen.payload)));
        }
        return found;
    }

    void control(const std::string& subject, const std::string& json) {
        ASSERT_TRUE(controlPlane.publish(subject, asBytes(json)));
        settle();
    }

    net::Loop loop{1};
    fakes::FakeBroker broker{loop};
    fakes::FakeBus gateway{broker, false};
    fakes::FakeBus controlPlane{broker};
    test::FakeClock clock;
    wire::GatewaySubjects subjects{kNkey};
    int welcomes = 0;
    int renewals = 0;
    std::string unpaired;
    std::optional<AuditHeads> heads;
    ControlSession session{loop.get_executor(), gateway, withHeads(), clock, events()};
};

TEST_F(ControlSessionTest, SaysHelloAndInventoryAtEachConnection) {
    ASSERT_TRUE(session.start());
    EXPECT_TRUE(broker.seen().empty());
    gateway.linkUp();
    ASSERT_EQ(sent(subjects.hello()).size(), 1U);
    EXPECT_EQ(*sent(subjects.hello())[0].string("version", 64), "0.1.0");
    EXPECT_EQ(*sent(subjects.hello())[0].integer("link_epoch"), 1);
    EXPECT_EQ(sent(subjects.inventory()).size(), 1U);
    EXPECT_EQ(sent(subjects.heartbeat()).size(), 1U);
    gateway.linkDown();
    gateway.linkUp();
    ASSERT_EQ(sent(subjects.hello()).size(), 2U);
    EXPECT_EQ(*sent(subjects.hello())[1].integer("link_epoch"), 2);
}

TEST_F(ControlSessionTest, TellsOfUploadsWholeAtEachConnectionAndThenWhatChanged) {
    ASSERT_TRUE(session.start());
    session.uploadsChanged();
    EXPECT_TRUE(broker.seen().empty()) << "there is no link: the next one begins with everything";
    gateway.linkUp();
    ASSERT_EQ(sent(subjects.uploads()).size(), 1U);
    EXPECT_TRUE(*sent(subjects.uploads())[0].boolean("whole"));
    session.uploadsChanged();
    ASSERT_EQ(sent(subjects.uploads()).size(), 2U);
    EXPECT_FALSE(*sent(subjects.uploads())[1].boolean("whole"));
    control(subjects.ping(), R"({"seq":1,"hello_wanted":true})");
    ASSERT_EQ(sent(subjects.uploads()).size(), 3U);
    EXPECT_TRUE(*sent(subjects.uploads())[2].boolean("whole")) << "it knows nothing any more";
}

TEST_F(ControlSessionTest, IsWelcomedOnceForEachLinkAndOnlyForThePresentOne) {
    ASSERT_TRUE(session.start());
    gateway.linkUp();
    control(subjects.welcome(), R"({"link_epoch":1})");
    control(subjects.welcome(), R"({"link_epoch":1})");
    EXPECT_EQ(welcomes, 1);
    EXPECT_TRUE(session.welcomed());
    gateway.linkDown();
    EXPECT_FALSE(session.welcomed());
    gateway.linkUp();
    control(subjects.welcome(), R"({"link_epoch":1})");  // late, of the link before
    EXPECT_FALSE(session.welcomed());
    control(subjects.welcome(), R"({"link_epoch":2})");
    EXPECT_EQ(welcomes, 2);
}

TEST_F(ControlSessionTest, RepeatsHelloUntilWelcomed) {
    ASSERT_TRUE(session.start());
    gateway.linkUp();
    for (int i = 0; i < 4; ++i) session.heartbeat();
    const auto before = sent(subjects.hello()).size();
    EXPECT_GT(before, 1U);
    control(subjects.welcome(), R"({"link_epoch":1})");
    for (int i = 0; i < 4; ++i) session.heartbeat();
    EXPECT_EQ(sent(subjects.hello()).size(), before);
}

TEST_F(ControlSessionTest, AnswersPingsAndRepeatsTheMeasuredRoundTrip) {
    ASSERT_TRUE(session.start());
    gateway.linkUp();
    EXPECT_TRUE(sent(subjects.heartbeat())[0].find("rtt_ms")->isNull());
    control(subjects.ping(), R"({"seq":7,"rtt_us":4200})");
    ASSERT_EQ(sent(subjects.pong()).size(), 1U);
    EXPECT_EQ(*sent(subjects.pong())[0].integer("seq"), 7);
    EXPECT_EQ(*sent(subjects.pong())[0].string("boot", 64), "00000000000000b0");
    EXPECT_EQ(session.roundTrip(), std::chrono::microseconds(4200));
    session.heartbeat();
    EXPECT_DOUBLE_EQ(*sent(subjects.heartbeat()).back().number("rtt_ms"), 4.2);
    EXPECT_EQ(*sent(subjects.heartbeat()).back().integer("seq"), 2);
}

TEST_F(ControlSessionTest, IntroducesItselfAgainWhenTheControlPlaneForgotIt) {
    ASSERT_TRUE(session.start());
    gateway.linkUp();
    control(subjects.ping(), R"({"seq":1,"hello_wanted":true})");
    EXPECT_EQ(sent(subjects.hello()).size(), 2U);
    EXPECT_EQ(sent(subjects.inventory()).size(), 2U);
}

TEST_F(ControlSessionTest, SendsTheInventoryOnlyWhenItChanged) {
    ASSERT_TRUE(session.start());
    gateway.linkUp();
    Inventory items;
    items.endpoints.push_back({wire::EndpointId::unchecked("ep_00000000000000000000000000"),
                               "vc1",
                               "vcenter",
                               "ok",
                               "",
                               "vc1:443"});
    session.setInventory(items);
    session.setInventory(items);
    const auto inventories = sent(subjects.inventory());
    ASSERT_EQ(inventories.size(), 2U);
    const auto* endpoints = *inventories[1].array("endpoints", 8);
    ASSERT_EQ(endpoints->size(), 1U);
    EXPECT_EQ(*endpoints->front().asObject()->string("name", 64), "vc1");
}

TEST_F(ControlSessionTest, PassesOnUnpairAndRenewNow) {
    ASSERT_TRUE(session.start());
    gateway.linkUp();
    control(subjects.renewNow(), "{}");
    control(subjects.unpair(), R"({"reason":"removed by admin"})");
    EXPECT_EQ(renewals, 1);
    EXPECT_EQ(unpaired, "removed by admin");
}

TEST_F(ControlSessionTest, SurvivesControlMessagesThatAreNotWhatTheyShouldBe) {
    ASSERT_TRUE(session.start());
    gateway.linkUp();
    for (const char* bad :
         {"", "[]", "{", "{\"seq\":-1}", "{\"seq\":\"x\"}", "{\"link_epoch\":1.5}"}) {
        control(subjects.ping(), bad);
        control(subjects.welcome(), bad);
    }
    control(subjects.prefix() + ".ctl.no-such-verb", "{}");
    EXPECT_EQ(welcomes, 0);
    EXPECT_TRUE(sent(subjects.pong()).empty());
}

TEST_F(ControlSessionTest, SaysHowFarTheAuditGoesOnceAMinuteWhenItGrew) {
    ASSERT_TRUE(session.start());
    gateway.linkUp();
    welcome(1);
    session.heartbeat();
    EXPECT_TRUE(sent(subjects.auditHeads()).empty());  // nothing is known yet
    heads.emplace();
    heads->at(0).place = 7;
    session.heartbeat();
    session.heartbeat();
    ASSERT_EQ(sent(subjects.auditHeads()).size(), 1U);
    const auto first = sent(subjects.auditHeads())[0];
    EXPECT_EQ(*(*first.object("events"))->integer("place"), 7);
    EXPECT_EQ((*first.object("calls"))->string("chain", 64)->size(), 64U);
    heads->at(0).place = 8;
    session.heartbeat();
    EXPECT_EQ(sent(subjects.auditHeads()).size(), 1U);
    clock.advance(ControlSession::kAuditHeadsEvery);
    session.heartbeat();
    EXPECT_EQ(sent(subjects.auditHeads()).size(), 2U);
}

TEST_F(ControlSessionTest, SaysHowFarTheAuditGoesOnlyToWhoKnowsUs) {
    heads.emplace();
    ASSERT_TRUE(session.start());
    gateway.linkUp();
    session.heartbeat();
    EXPECT_TRUE(sent(subjects.auditHeads()).empty());
}

}  // namespace
}  // namespace pcg::gateway
