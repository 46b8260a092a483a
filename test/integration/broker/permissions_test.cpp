// SPDX-License-Identifier: Apache-2.0
// Tenants and gateways cannot see or reach each other: enforced by the broker, shown on the broker.
// The hostile clients have genuine credentials of their own; that is the case that counts.
#include "common/wire/subjects.h"
#include "test/integration/broker/broker_lab.h"

#include <gtest/gtest.h>

namespace pcg::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class BrokerPermissions : public testing::Test {
  protected:
    static void SetUpTestSuite() { lab_ = std::make_unique<BrokerLab>(); }

    static void TearDownTestSuite() { lab_.reset(); }

    void SetUp() override {
        victimClient_ = lab_->connect(lab_->loginOf(victim_));
        platform_ = lab_->connect(lab_->controlPlaneLogin(tenant_));
    }

    std::string instance() const { return "0123456789abcdef"; }

    // Everything a hostile client may want to listen to.
    std::vector<std::string> subjectsOfTheVictim() const {
        const auto prefix = victim_.prefix();
        return {prefix + ".rpc.open",
                prefix + ".rpc.>",
                prefix + ".rpc.s." + instance(),
                prefix + ".ctl.>",
                prefix + ".ctl.unpair",
                prefix + ".inbox.>",
                prefix + ".evt.hello",
                prefix + ".evt.>",
                prefix + ".evt.s." + instance(),
                prefix + ".hb",
                prefix + ".>",
                prefix + ".*.*",
                prefix};
    }

    static std::vector<std::string> wildcards() {
        return {">",
                "*",
                "*.>",
                "pcg.>",
                "pcg.v1.>",
                "pcg.v1.*.>",
                "pcg.v1.*.rpc.>",
                "pcg.v1.*.rpc.open",
                "pcg.v1.*.ctl.>",
                "pcg.v1.*.evt.>",
                "pcg.v1.*.hb",
                "pcg.v1.*.inbox.>",
                "pcg.*.*.rpc.>",
                "_INBOX.>",
                "_INBOX_cp.>",
                "_INBOX_cp.*.*",
                "_INBOX_sys.>",
                "$SYS.>",
                "$SYS.ACCOUNT.>",
                "$SYS.REQ.>",
                "$SYS.SERVER.>",
                "$JS.>",
                "$JS.API.>",
                "$G.>",
                "$SRV.>",
                "$KV.>",
                "$O.>"};
    }

    static std::unique_ptr<BrokerLab> lab_;
    wire::TenantId tenant_ = lab_->newTenant();
    LabGateway victim_ = lab_->newGateway(tenant_);
    std::unique_ptr<NatsClient> victimClient_;
    std::unique_ptr<NatsClient> platform_;
};

std::unique_ptr<BrokerLab> BrokerPermissions::lab_;

TEST_F(BrokerPermissions, AGatewayAndItsControlPlaneReachEachOther) {
    const auto prefix = victim_.prefix();
    const auto commands = victimClient_->subscribe(prefix + ".rpc.open", "gw");
    const auto streams = victimClient_->subscribe(prefix + ".rpc.s." + instance());
    const auto control = victimClient_->subscribe(prefix + ".ctl.>");
    const auto inbox = victimClient_->subscribe(prefix + ".inbox.>");
    EXPECT_EQ(victimClient_->errorAfterFlush(), "");
    const auto answers = platform_->subscribe("pcg.v1.*.evt.s." + instance());
    const auto hellos = platform_->subscribe("pcg.v1.*.evt.hello");
    const auto beats = platform_->subscribe("pcg.v1.*.hb");
    EXPECT_EQ(platform_->errorAfterFlush(), "");

    platform_->publish(prefix + ".rpc.open", "open", "_INBOX_cp." + instance() + ".0");
    platform_->publish(prefix + ".rpc.s." + instance(), "data");
    platform_->publish(prefix + ".ctl.welcome", "welcome");
    EXPECT_EQ(platform_->errorAfterFlush(), "");
    EXPECT_EQ(commands->next(seconds(5)), prefix + ".rpc.open|open");
    EXPECT_EQ(streams->next(seconds(5)), prefix + ".rpc.s." + instance() + "|data");
    EXPECT_EQ(control->next(seconds(5)), prefix + ".ctl.welcome|welcome");

    victimClient_->publish(prefix + ".evt.s." + instance(), "answer");
    victimClient_->publish(prefix + ".evt.hello", "hello");
    victimClient_->publish(prefix + ".hb", "beat");
    EXPECT_EQ(victimClient_->errorAfterFlush(), "");
    EXPECT_EQ(answers->next(seconds(5)), prefix + ".evt.s." + instance() + "|answer");
    EXPECT_EQ(hellos->next(seconds(5)), prefix + ".evt.hello|hello");
    EXPECT_EQ(beats->next(seconds(5)), prefix + ".hb|beat");
}

TEST_F(BrokerPermissions, AnOpenToAnAbsentGatewayIsAnsweredAtOnceByTheBroker) {
    const auto slot = "_INBOX_cp." + instance() + ".7";
    const auto slots = platform_->subscribe("_INBOX_cp." + instance() + ".*");
    platform_->publish(victim_.prefix() + ".rpc.open", "open", slot);
    EXPECT_EQ(platform_->errorAfterFlush(), "");
    EXPECT_EQ(slots->next(seconds(5)), "no responders");
}

// What both kinds of neighbour try, listening first, then talking.
class HostileNeighbour : public BrokerPermissions, public testing::WithParamInterface<bool> {
  protected:
    void SetUp() override {
        BrokerPermissions::SetUp();
        hostile_.emplace(lab_->newGateway(GetParam() ? lab_->newTenant() : tenant_));
        client_ = lab_->connect(lab_->loginOf(*hostile_));
    }

    void expectDenied(const std::string& subject, const std::string& queue) {
        auto subscription = client_->subscribe(subject, queue);
        if (!subscription) return;  // the library would not even send it
        // With the queue's name in it, so that it is not the objection to the attempt before.
        auto objection = "Permissions Violation for Subscription to \"" + subject + "\"";
        if (!queue.empty()) objection += " using queue \"" + queue + "\"";
        const auto error = client_->errorAfterFlush();
        EXPECT_NE(error.find(objection), std::string::npos) << objection << "\n" << error;
        held_.push_back(std::move(subscription));
    }

    // The tenant's normal life, end to end; true when all of it arrived where it should.
    bool normalLifeGoesOn() {
        const auto prefix = victim_.prefix();
        const auto commands = victimClient_->subscribe(prefix + ".rpc.>", "gw");
        const auto control = victimClient_->subscribe(prefix + ".ctl.>");
        const auto events = platform_->subscribe("pcg.v1.*.evt.>");
        victimClient_->errorAfterFlush();
        platform_->errorAfterFlush();
        bool all = true;
        for (int i = 0; i < 20; ++i) {
            platform_->publish(prefix + ".rpc.open", "secret", "_INBOX_cp." + instance() + ".1");
            platform_->publish(prefix + ".ctl.ping", "secret");
            victimClient_->publish(prefix + ".evt.s." + instance(), "secret");
            victimClient_->publish(prefix + ".hb", "secret");
            all = all && commands->next(seconds(5)) && control->next(seconds(5)) &&
                  events->next(seconds(5));
        }
        return all && commands->waiting() == 0;
    }

    std::optional<LabGateway> hostile_;
    std::unique_ptr<NatsClient> client_;
    std::vector<std::unique_ptr<NatsSubscription>> held_;
};

TEST_P(HostileNeighbour, HearsNothingByAnySubjectWildcardOrQueue) {
    auto subjects = wildcards();
    for (const auto& subject : subjectsOfTheVictim()) subjects.push_back(subject);
    for (const auto& subject : subjects) {
        for (const auto* queue : {"", "gw", "x"}) expectDenied(subject, queue);
    }
    EXPECT_TRUE(normalLifeGoesOn());
    client_->errorAfterFlush();
    for (const auto& subscription : held_) {
        ASSERT_NE(subscription, nullptr);
        EXPECT_EQ(subscription->waiting(), 0U);
    }
    EXPECT_FALSE(client_->closedWithin(milliseconds(0)));  // it heard nothing although it was there
}

TEST_P(HostileNeighbour, ReachesNobody) {
    const auto everything = platform_->subscribe("pcg.v1.*.evt.>");
    const auto beats = platform_->subscribe("pcg.v1.*.hb");
    const auto slots = platform_->subscribe("_INBOX_cp.>");
    const auto commands = victimClient_->subscribe(victim_.prefix() + ".rpc.>");
    const auto control = victimClient_->subscribe(victim_.prefix() + ".ctl.>");
    const auto inbox = victimClient_->subscribe(victim_.prefix() + ".inbox.>");
    platform_->errorAfterFlush();
    victimClient_->errorAfterFlush();

    std::vector<std::string> targets{"_INBOX_cp." + instance() + ".0",
                                     "_INBOX.x",
                                     "$SYS.REQ.CLAIMS.UPDATE",
                                     "$SYS.REQ.CLAIMS.DELETE",
                                     "$SYS.REQ.CLAIMS.LIST",
                                     "$SYS.REQ.SERVER.PING",
                                     "$SYS.REQ.ACCOUNT.PING.CONNZ",
                                     "$SYS.REQ.USER.INFO",
                                     "$JS.API.INFO",
                                     "$JS.API.STREAM.CREATE.x",
                                     "pcg.v1.none",
                                     "pcg"};
    const auto prefix = victim_.prefix();
    for (const auto* suffix : {".rpc.open",
                               ".rpc.s.0123456789abcdef",
                               ".ctl.unpair",
                               ".ctl.welcome",
                               ".inbox.x",
                               ".evt.hello",
                               ".evt.inventory",
                               ".evt.s.0123456789abcdef",
                               ".hb"}) {
        targets.push_back(prefix + suffix);
    }
    // Its own incoming subjects: a gateway may not command itself either.
    targets.push_back(hostile_->prefix() + ".rpc.open");
    targets.push_back(hostile_->prefix() + ".ctl.unpair");
    for (const auto& target : targets) {
        client_->publish(target, "forged");
        const auto error = client_->errorAfterFlush();
        EXPECT_NE(error.find("Permissions Violation for Publish to \"" + target + "\""),
                  std::string::npos)
            << target << ": " << error;
    }
    for (auto* subscription : {everything.get(), beats.get(), slots.get()}) {
        platform_->errorAfterFlush();
        EXPECT_EQ(subscription->waiting(), 0U);
    }
    for (auto* subscription : {commands.get(), control.get(), inbox.get()}) {
        victimClient_->errorAfterFlush();
        EXPECT_EQ(subscription->waiting(), 0U);
    }
}

TEST_P(HostileNeighbour, CannotAnswerInTheVictimsPlaceByAReplySubject) {
    // What it may publish arrives with a reply subject of its choice; whoever answers it answers as
    // themselves, so this must not become a way to make the platform publish to the victim.
    const auto events = platform_->subscribe("pcg.v1.*.evt.>");
    platform_->errorAfterFlush();
    client_->publish(hostile_->prefix() + ".evt.hello", "hello", victim_.prefix() + ".ctl.unpair");
    client_->errorAfterFlush();
    const auto heard = events->next(GetParam() ? milliseconds(300) : milliseconds(5000));
    if (GetParam()) {
        EXPECT_FALSE(heard);  // another account: not even that
    } else {
        EXPECT_EQ(heard, hostile_->prefix() + ".evt.hello|hello");
    }
}

INSTANTIATE_TEST_SUITE_P(Broker,
                         HostileNeighbour,
                         testing::Values(false, true),
                         [](const auto& which) {
                             return which.param ? "OfAnotherTenant" : "OfTheSameTenant";
                         });

TEST_F(BrokerPermissions, OddUserNamesOpenNothing) {
    const auto seeds = lab_->seedsOf(tenant_);
    const std::string claims = R"({"pub":{},"sub":{},"issuer_account":")" + seeds.account.text() +
                               R"(","type":"user","version":2})";
    for (const auto* name : {"*", ">", "a.>", "{{subject()}}", "..", "*.*"}) {
        const auto hostile = lab_->newGateway(tenant_);
        auto login = lab_->loginOf(hostile);
        login.jwt = signUserToken(seeds.gateways, hostile.nkey(), name, claims);
        const auto client = lab_->connect(login);
        for (const auto& subject : {std::string("pcg.v1.*.rpc.>"),
                                    std::string("pcg.v1.>"),
                                    victim_.prefix() + ".rpc.>"}) {
            const auto subscription = client->subscribe(subject);
            EXPECT_NE(client->errorAfterFlush().find("Permissions Violation"), std::string::npos)
                << name << subject;
        }
        client->publish(victim_.prefix() + ".hb", "forged");
        EXPECT_NE(client->errorAfterFlush().find("Permissions Violation for Publish"),
                  std::string::npos)
            << name;
    }
}

TEST_F(BrokerPermissions, TheControlPlanesUserOfOneTenantIsNobodyInAnother) {
    const auto other = lab_->connect(lab_->controlPlaneLogin(lab_->newTenant()));
    const auto heard = other->subscribe("pcg.v1.*.evt.>");
    const auto beats = other->subscribe("pcg.v1.*.hb");
    EXPECT_EQ(other->errorAfterFlush(), "");
    const auto commands = victimClient_->subscribe(victim_.prefix() + ".rpc.>");
    victimClient_->publish(victim_.prefix() + ".evt.hello", "hello");
    victimClient_->publish(victim_.prefix() + ".hb", "beat");
    victimClient_->errorAfterFlush();
    other->publish(victim_.prefix() + ".rpc.open", "open");
    EXPECT_EQ(other->errorAfterFlush(),
              "");  // it may publish there: in its own account, where nobody listens
    EXPECT_EQ(heard->waiting(), 0U);
    EXPECT_EQ(beats->waiting(), 0U);
    victimClient_->errorAfterFlush();
    EXPECT_EQ(commands->waiting(), 0U);
}

TEST_F(BrokerPermissions, TheSystemUserCanPushClaimsAndNothingElse) {
    for (const auto* subject :
         {"$SYS.REQ.CLAIMS.DELETE", "$SYS.REQ.SERVER.PING.CONNZ", "pcg.v1.x.rpc.open"}) {
        lab_->system_->publish(subject, "x");
        EXPECT_NE(lab_->system_->errorAfterFlush().find("Permissions Violation"), std::string::npos)
            << subject;
    }
}

TEST_F(BrokerPermissions, AGatewayThatSendsTooMuchAtOnceIsCutAlone) {
    const auto neighbour = lab_->newGateway(tenant_);
    const auto client = lab_->connect(lab_->loginOf(neighbour));
    client->publish(neighbour.prefix() + ".evt.hello", std::string(1024 * 1024 + 1, 'x'));
    client->errorAfterFlush();
    EXPECT_EQ(victimClient_->errorAfterFlush(), "");
    const auto events = platform_->subscribe("pcg.v1.*.evt.hello");
    platform_->errorAfterFlush();
    victimClient_->publish(victim_.prefix() + ".evt.hello", "still here");
    EXPECT_EQ(events->next(seconds(5)), victim_.prefix() + ".evt.hello|still here");
}

TEST_F(BrokerPermissions, SubscriptionsOfOneGatewayAreLimited) {
    const auto neighbour = lab_->newGateway(tenant_);
    const auto client = lab_->connect(lab_->loginOf(neighbour));
    std::vector<std::unique_ptr<NatsSubscription>> held;
    for (int i = 0; i < 40; ++i)
        held.push_back(client->subscribe(neighbour.prefix() + ".ctl.x" + std::to_string(i)));
    client->errorAfterFlush();
    EXPECT_NE(client->lastError().find("ubscription"), std::string::npos) << client->lastError();
    EXPECT_EQ(victimClient_->errorAfterFlush(), "");
}

}  // namespace
}  // namespace pcg::test
