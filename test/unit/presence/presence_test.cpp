// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/presence/presence.h"

#include "common/codec/json.h"
#include "test/fakes/fake_bus.h"
#include "test/support/fake_clock.h"
#include "test/support/log_capture.h"

#include <gtest/gtest.h>

namespace pcg::controlplane {

PlatformAuthority makePlatformAuthorityForTest() { return PlatformAuthority(); }

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const auto kTenant = wire::TenantId::unchecked("tn_00000000000000000000000000");
const auto kGateway = wire::GatewayId::unchecked("gw_00000000000000000000000000");
const auto kNkey = wire::UserNkey::unchecked("U" + std::string(55, 'A'));
const auto kStranger = wire::UserNkey::unchecked("U" + std::string(55, 'B'));
constexpr const char* kHello =
    R"({"v":1,"gateway_id":"ignored","instance":"0123456789abcdef","version":"0.1.0","hostname":"dc1","link_epoch":3})";

struct PresenceTest : testing::Test {
    PresenceTest() {
        presence.expect(kTenant, kGateway, kNkey);
        EXPECT_TRUE(presence.attach(kTenant, controlPlane));
    }

    Presence::Events events() {
        Presence::Events made;
        made.onHello = [this](const auto&, const auto&, const HelloReport& hello) {
            hellos.push_back(hello);
            if (forgetOnHello) presence.forget(kTenant, kGateway);
        };
        made.onInventory = [this](const auto&, const auto&, auto endpoints) {
            inventory = std::move(endpoints);
            ++inventories;
        };
        made.onAuditHeads = [this](const auto&, const auto&, auto told) {
            auditHeads = std::move(told);
        };
        made.onChange = [this](const auto&, const auto&, const LiveGateway& live) {
            changes.push_back(live.online);
        };
        return made;
    }

    std::vector<ChainHead> auditHeads;

    void say(const std::string& subject, const std::string& json) {
        ASSERT_TRUE(gateway.publish(subject, asBytes(json)));
        settle();
    }

    void settle() {
        loop.restart();
        loop.poll();
    }

    std::vector<codec::json::Object> sent(const std::string& subject) {
        std::vector<codec::json::Object> found;
        for (const auto& seen : broker.seen()) {
            if (seen.subject == subject)
                found.push_back(*codec::json::parseObject(asText(seen.payload)));
        }
        return found;
    }

    net::Loop loop{1};
    fakes::FakeBroker broker{loop};
    fakes::FakeBus controlPlane{broker};
    fakes::FakeBus gateway{broker};
    test::FakeClock clock;
    bool forgetOnHello = false;
    std::vector<HelloReport> hellos;
    std::vector<ReportedEndpoint> inventory;
    std::size_t inventories = 0;
    std::vector<bool> changes;
    wire::GatewaySubjects subjects{kNkey};
    Presence presence{loop.get_executor(), clock, events()};
};

TEST_F(PresenceTest, WelcomesAHelloWithItsOwnEpoch) {
    EXPECT_FALSE(presence.live(kTenant, kGateway).online);
    say(subjects.hello(), kHello);
    ASSERT_EQ(hellos.size(), 1U);
    EXPECT_EQ(hellos[0].hostname, "dc1");
    ASSERT_EQ(sent(subjects.welcome()).size(), 1U);
    EXPECT_EQ(*sent(subjects.welcome())[0].integer("link_epoch"), 3);
    const LiveGateway live = presence.live(kTenant, kGateway);
    EXPECT_TRUE(live.online);
    EXPECT_EQ(live.version, "0.1.0");
    EXPECT_EQ(changes, std::vector<bool>{true});
}

TEST_F(PresenceTest, IsOfflineAfterThreeMissedHeartbeatsAndSaysWhy) {
    say(subjects.hello(), kHello);
    clock.advance(seconds(14));
    say(subjects.heartbeat(), R"({"seq":1,"rtt_ms":null})");
    clock.advance(seconds(15));
    presence.tick();
    EXPECT_TRUE(presence.live(kTenant, kGateway).online);
    clock.advance(milliseconds(1));
    presence.tick();
    const LiveGateway live = presence.live(kTenant, kGateway);
    EXPECT_FALSE(live.online);
    EXPECT_NE(live.why.find("three heartbeats"), std::string::npos);
    say(subjects.heartbeat(), R"({"seq":2,"rtt_ms":null})");
    EXPECT_TRUE(presence.live(kTenant, kGateway).online);
    EXPECT_EQ(changes, (std::vector<bool>{true, false, true}));
}

TEST_F(PresenceTest, MeasuresTheRoundTripAndTellsTheGateway) {
    say(subjects.hello(), kHello);
    ASSERT_EQ(sent(subjects.ping()).size(), 1U);
    clock.advance(milliseconds(7));
    say(subjects.pong(), R"({"seq":1})");
    EXPECT_EQ(presence.live(kTenant, kGateway).roundTrip, milliseconds(7));
    ASSERT_EQ(sent(subjects.ping()).size(), 2U);  // the first measurement is told at once
    EXPECT_EQ(*sent(subjects.ping())[1].integer("rtt_us"), 7000);
    clock.advance(milliseconds(9));
    say(subjects.pong(), R"({"seq":2})");
    say(subjects.pong(), R"({"seq":2})");  // a second answer to one question measures nothing
    EXPECT_EQ(presence.live(kTenant, kGateway).roundTrip, milliseconds(9));
    clock.advance(seconds(5));
    presence.tick();
    ASSERT_EQ(sent(subjects.ping()).size(), 3U);
}

TEST_F(PresenceTest, AsksEverybodyAgainAfterItsOwnLinkWasDown) {
    say(subjects.hello(), kHello);
    broker.forgetSeen();
    controlPlane.linkDown();
    controlPlane.linkUp();
    ASSERT_EQ(sent(subjects.ping()).size(), 1U);
    EXPECT_TRUE(*sent(subjects.ping())[0].boolean("hello_wanted"));
}

TEST_F(PresenceTest, ACallbackMayForgetTheVeryGateway) {
    forgetOnHello = true;
    say(subjects.hello(), kHello);
    EXPECT_EQ(hellos.size(), 1U);
    EXPECT_FALSE(presence.live(kTenant, kGateway).online);
}

TEST_F(PresenceTest, AsksForAHelloWhenItOnlyHearsHeartbeats) {
    say(subjects.heartbeat(), R"({"seq":9,"rtt_ms":1.5})");
    EXPECT_TRUE(presence.live(kTenant, kGateway).online);
    ASSERT_FALSE(sent(subjects.ping()).empty());
    EXPECT_TRUE(*sent(subjects.ping())[0].boolean("hello_wanted"));
}

TEST_F(PresenceTest, IgnoresANkeyThatNobodyExpects) {
    const wire::GatewaySubjects stranger(kStranger);
    say(stranger.hello(), kHello);
    EXPECT_TRUE(hellos.empty());
    EXPECT_TRUE(sent(stranger.welcome()).empty());
    presence.forget(kTenant, kGateway);
    say(subjects.hello(), kHello);
    EXPECT_TRUE(hellos.empty());
    EXPECT_FALSE(presence.live(kTenant, kGateway).online);
}

TEST_F(PresenceTest, ReportsTheInventory) {
    say(subjects.inventory(),
        R"({"endpoints":[{"id":"ep_00000000000000000000000000","name":"vc1","kind":"vcenter","state":"up","why":""}]})");
    ASSERT_EQ(inventory.size(), 1U);
    EXPECT_EQ(inventory[0].name, "vc1");
}

TEST_F(PresenceTest, TellsWhoStoresEndpointsOnlyWhatChanges) {
    const auto listed = [](const std::string& state, const std::string& at) {
        return R"({"endpoints":[{"id":"ep_00000000000000000000000001","name":"vc1","kind":"vcenter","state":")" +
               state + R"(","why":"","checked_at":")" + at + "\"}]}";
    };
    say(subjects.hello(), kHello);
    say(subjects.inventory(), listed("ok", "1"));
    ASSERT_EQ(inventory.size(), 1U);
    inventory.clear();
    say(subjects.inventory(), listed("ok", "2"));
    EXPECT_TRUE(inventory.empty());
    const auto scope = makePlatformAuthorityForTest().scopeOf(kTenant);
    const auto id = wire::EndpointId::unchecked("ep_00000000000000000000000001");
    EXPECT_EQ(presence.endpoint(scope, kGateway, id)->checkedAt, "2") << "and still knows the rest";
    say(subjects.inventory(), listed("unreachable", "3"));
    EXPECT_EQ(inventory.size(), 1U);
    inventory.clear();
    say(subjects.hello(), kHello);
    say(subjects.inventory(), listed("unreachable", "3"));
    EXPECT_EQ(inventory.size(), 1U) << "a new link begins anew";
}

TEST_F(PresenceTest, KnowsWhatAGatewaySaysOfItsEndpointsAndOfItself) {
    say(subjects.hello(),
        R"({"instance":"0123456789abcdef","version":"0.1.0","hostname":"dc1","link_epoch":3,"path":"direct to bus:4222"})");
    say(subjects.inventory(),
        R"({"endpoints":[{"id":"ep_00000000000000000000000001","name":"vc1","kind":"vcenter","state":"certificate_changed","why":"x","target":"vc1:443","certificate":{"sha256":"aa","subject":"CN=a","issuer":"CN=b","not_before":"n","not_after":"m"},"presented_certificate":{"sha256":"bb","subject":"CN=a","issuer":"CN=b","not_before":"n","not_after":"m"},"checked_at":"t"}],"remote":{"endpoints":true,"keys":false},"sealing":{"public_key":"P","signature":"S"}})");

    const auto live = presence.live(kTenant, kGateway);
    EXPECT_EQ(live.path, "direct to bus:4222");
    ASSERT_TRUE(live.sealing);
    EXPECT_EQ(live.sealing->publicKey, "P");
    EXPECT_TRUE(live.remote.endpoints);
    EXPECT_FALSE(live.remote.keys);
    const auto scope = makePlatformAuthorityForTest().scopeOf(kTenant);
    const auto endpoint = presence.endpoint(
        scope, kGateway, wire::EndpointId::unchecked("ep_00000000000000000000000001"));
    ASSERT_TRUE(endpoint);
    EXPECT_EQ(endpoint->target, "vc1:443");
    EXPECT_EQ(endpoint->certificate->sha256, "aa");
    EXPECT_EQ(endpoint->presented->sha256, "bb");
    EXPECT_FALSE(presence.endpoint(scope, kGateway, wire::noEndpoint()));
}

TEST_F(PresenceTest, MeasuresHowMuchTheClocksDiffer) {
    say(subjects.hello(), kHello);
    const auto pings = sent(subjects.ping());
    const auto seq = std::to_string(*pings.back().integer("seq"));
    clock.advance(milliseconds(20));
    const auto ahead = clock.wallNow() - milliseconds(10) + milliseconds(1500);
    say(subjects.pong(),
        R"({"seq":)" + seq + R"(,"at_ms":)" + std::to_string(toUnixMilliseconds(ahead)) + "}");

    const auto live = presence.live(kTenant, kGateway);
    ASSERT_TRUE(live.clockOffset);
    EXPECT_EQ(*live.clockOffset, milliseconds(1500));
}

TEST_F(PresenceTest, RefusesWhatIsNotAsAgreedButKeepsThePeer) {
    say(subjects.hello(), kHello);
    for (const char* bad : {"",
                            "[]",
                            R"({"endpoints":1})",
                            R"({"endpoints":[1]})",
                            R"({"endpoints":[{"id":"x"}]})"}) {
        say(subjects.inventory(), bad);
        say(subjects.hello(), bad);
        say(subjects.pong(), bad);
    }
    EXPECT_EQ(hellos.size(), 1U);
    EXPECT_TRUE(inventory.empty());
    EXPECT_TRUE(presence.live(kTenant, kGateway).online);
}

TEST_F(PresenceTest, SaysThatItsOwnLinkIsDown) {
    say(subjects.hello(), kHello);
    controlPlane.linkDown();
    presence.tick();
    const LiveGateway live = presence.live(kTenant, kGateway);
    EXPECT_FALSE(live.online);
    EXPECT_NE(live.why.find("own link"), std::string::npos);
}

TEST_F(PresenceTest, TellsTheGatewayThatItWasRemoved) {
    presence.sendUnpair(kTenant, kGateway, "removed by admin");
    ASSERT_EQ(sent(subjects.unpair()).size(), 1U);
    EXPECT_EQ(*sent(subjects.unpair())[0].string("reason", 64), "removed by admin");
}

std::string pongOf(std::uint64_t sequence, const std::string& boot) {
    return R"({"seq":)" + std::to_string(sequence) + R"(,"boot":")" + boot + R"("})";
}

TEST_F(PresenceTest, TwoAnswersToOnePingFromTwoRunsAreACopy) {
    say(subjects.hello(), kHello);
    say(subjects.pong(), pongOf(1, "00000000000000aa"));
    EXPECT_TRUE(presence.live(kTenant, kGateway).warnings.empty());

    presence.connected({kNkey.text(), "192.0.2.1"});
    clock.advance(seconds(1));
    presence.connected({kNkey.text(), "192.0.2.2"});
    settle();
    const auto asked = sent(subjects.ping()).back().integer("seq", 0).value();
    say(subjects.pong(), pongOf(static_cast<std::uint64_t>(asked), "00000000000000aa"));
    say(subjects.pong(), pongOf(static_cast<std::uint64_t>(asked), "00000000000000bb"));

    const auto warnings = presence.live(kTenant, kGateway).warnings;
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_NE(warnings[0].find("192.0.2.1 and 192.0.2.2"), std::string::npos) << warnings[0];
    clock.advance(Presence::kCopyRemembered);
    EXPECT_TRUE(presence.live(kTenant, kGateway).warnings.empty());
}

TEST_F(PresenceTest, OneRunWithTwoLinksAndARestartAreNoCopies) {
    say(subjects.hello(), kHello);
    say(subjects.pong(), pongOf(1, "00000000000000aa"));
    say(subjects.pong(), pongOf(1, "00000000000000aa"));
    clock.advance(seconds(5));
    presence.tick();
    settle();
    const auto asked = sent(subjects.ping()).back().integer("seq", 0).value();
    say(subjects.pong(), pongOf(static_cast<std::uint64_t>(asked), "00000000000000bb"));
    say(subjects.pong(), pongOf(1, "00000000000000aa"));

    EXPECT_TRUE(presence.live(kTenant, kGateway).warnings.empty());
}

TEST_F(PresenceTest, AConnectionOfAKnownUserIsFollowedByAQuestionButNotByManyASecond) {
    say(subjects.hello(), kHello);
    clock.advance(seconds(1));
    const auto before = sent(subjects.ping()).size();
    for (int i = 0; i < 20; ++i) presence.connected({kNkey.text(), "192.0.2.1"});
    presence.connected({kStranger.text(), "192.0.2.9"});
    settle();
    EXPECT_EQ(sent(subjects.ping()).size(), before + 1);
}

TEST_F(PresenceTest, AQuarantineIsTheReasonWhateverTheLinkDoes) {
    say(subjects.hello(), kHello);
    presence.quarantine(kTenant, kGateway, "Quarantined: copied.");
    EXPECT_EQ(presence.live(kTenant, kGateway).why, "Quarantined: copied.");
}

TEST(ConnectEvents, AreReadAsTheBrokerWritesThem) {
    const std::string text =
        R"({"type":"io.nats.server.advisory.v1.client_connect","id":"x","timestamp":"2026-11-22T00:00:00Z",)"
        R"("server":{"name":"b","host":"0.0.0.0","id":"N","ver":"2.9.10","jetstream":false,"seq":3,"time":"t"},)"
        R"("client":{"start":"t","host":"192.0.2.7","id":5,"acc":"A","user":"U","name":"gw_x","lang":"C","ver":"3.4.1",)"
        R"("jwt":"e","issuer_key":"A","name_tag":"gateway","kind":"Client","client_type":"nats"}})";
    const auto event = parseConnectEvent(asBytes(text));
    ASSERT_TRUE(event) << event.error().message();
    EXPECT_EQ(event->user, "U");
    EXPECT_EQ(event->host, "192.0.2.7");
    for (const std::string bad : {"", "{}", R"({"client":{}})", R"({"client":{"user":5}})"}) {
        EXPECT_FALSE(parseConnectEvent(asBytes(bad))) << bad;
    }
}

std::string inventoryOf(const std::string& name) {
    return R"({"endpoints":[{"id":"ep_00000000000000000000000000","name":")" + name +
           R"(","kind":"vcenter","state":"ok","why":""}]})";
}

TEST_F(PresenceTest, ReadsOfAFloodOfInventoriesTheFirstFewAndTheLatest) {
    say(subjects.hello(), kHello);
    for (int i = 0; i < 100; ++i) say(subjects.inventory(), inventoryOf("v" + std::to_string(i)));
    EXPECT_EQ(inventories, 64U);
    EXPECT_EQ(inventory.at(0).name, "v63");

    presence.tick();
    EXPECT_EQ(inventories, 64U);
    clock.advance(seconds(1));
    presence.tick();

    EXPECT_EQ(inventories, 65U);
    EXPECT_EQ(inventory.at(0).name, "v99");
}

TEST_F(PresenceTest, AnInventoryThatIsReadReplacesTheOneThatWaited) {
    say(subjects.hello(), kHello);
    for (int i = 0; i < 66; ++i) say(subjects.inventory(), inventoryOf("v" + std::to_string(i)));
    clock.advance(seconds(3));
    say(subjects.inventory(), inventoryOf("newest"));
    presence.tick();

    EXPECT_EQ(inventory.at(0).name, "newest");
    EXPECT_EQ(inventories, 65U);
}

TEST_F(PresenceTest, CountsALongInventoryForSeveral) {
    say(subjects.hello(), kHello);
    const std::string room(200'000, ' ');
    for (int i = 0; i < 10; ++i)
        say(subjects.inventory(), room + inventoryOf("v" + std::to_string(i)));

    EXPECT_EQ(inventories, 4U);
}

TEST_F(PresenceTest, AnswersAFloodOfHellosAtItsOwnPace) {
    for (int i = 0; i < 100; ++i) say(subjects.hello(), kHello);
    EXPECT_EQ(sent(subjects.welcome()).size(), 8U);
    clock.advance(seconds(1));
    presence.tick();
    EXPECT_EQ(sent(subjects.welcome()).size(), 9U);
}

TEST_F(PresenceTest, LogsAFloodOfUnreadableMessagesByNumber) {
    test::LogCapture log;
    say(subjects.hello(), kHello);
    for (int i = 0; i < 50; ++i) say(subjects.pong(), "nonsense");
    EXPECT_EQ(log.count("presence.bad_message"), 4U);
}

TEST_F(PresenceTest, HandsOnHowFarAnAuditGoes) {
    const std::string digest(64, 'a');
    say(subjects.auditHeads(),
        R"({"events":{"place":12,"chain":")" + digest + R"("},"calls":{"place":0,"chain":")" +
            digest + R"("}})");
    ASSERT_EQ(auditHeads.size(), 2U);
    EXPECT_EQ(auditHeads[0], (ChainHead{"events", 12, digest}));
    EXPECT_EQ(auditHeads[1].chain, "calls");
}

TEST_F(PresenceTest, RefusesHeadsThatAreNone) {
    for (const auto* text : {"{}",
                             R"({"events":{"place":-1,"chain":"aa"},"calls":{"place":0}})",
                             R"({"events":{"place":1,"chain":"zz"},"calls":{"place":0}})"}) {
        say(subjects.auditHeads(), text);
    }
    EXPECT_TRUE(auditHeads.empty());
}

}  // namespace
}  // namespace pcg::controlplane
