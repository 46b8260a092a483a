// SPDX-License-Identifier: Apache-2.0
// The gateway's link and the control plane's presence over a real nats-server in operator mode:
// account, scoped signing keys, user tokens, with the permissions of the wire contract.
#include "gateway/link/control_link.h"

#include "common/identity/nats_jwt.h"
#include "controlplane-sim/presence/presence.h"
#include "controlplane-sim/presence/tenant_buses.h"
#include "test/support/link/certificates.h"
#include "test/support/link/nats_server.h"
#include "test/support/seeded_random.h"

#include <gtest/gtest.h>

namespace pcg::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

template <class T>
T orDie(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message());
    return std::move(*result);
}

// One operator, one tenant's account with the two roles.
struct Realm {
    explicit Realm(Random& random)
        : operatorKey(orDie(identity::OperatorKeyPair::generate(random))),
          signing(orDie(identity::OperatorKeyPair::generate(random))),
          system(orDie(identity::AccountKeyPair::generate(random))),
          account(orDie(identity::AccountKeyPair::generate(random))),
          gatewayRole(orDie(identity::AccountKeyPair::generate(random))),
          controlPlaneRole(orDie(identity::AccountKeyPair::generate(random))) {}

    static identity::UserScope scope(const identity::AccountKeyPair& key,
                                     const std::string& role,
                                     const wire::Permissions& permissions) {
        return {.signingKey = key.publicKey(),
                .role = role,
                .publish = permissions.publish,
                .subscribe = permissions.subscribe,
                .subscriptions = 64,
                .maxPayload = 1'048'576};
    }

    std::string serverConfig() const {
        const WallTime now = std::chrono::system_clock::now();
        identity::OperatorClaims top{"test", {signing.publicKey()}, system.publicKey()};
        identity::AccountClaims tenant{
            .subject = account.publicKey(),
            .name = "T-test",
            .limits = {16, 1'024, 1'048'576},
            .scopes = {scope(gatewayRole, "gateway", wire::gatewayPermissions("{{subject()}}")),
                       scope(controlPlaneRole, "cp", wire::controlPlanePermissions())},
            .revokedUsers = {},
            .allRevokedUntil = {}};
        identity::AccountClaims sys{.subject = system.publicKey(),
                                    .name = "SYS",
                                    .limits = {16, 1'024, 1'048'576},
                                    .scopes = {},
                                    .revokedUsers = {},
                                    .allRevokedUntil = {}};
        return "operator: \"" + orDie(identity::makeOperatorJwt(operatorKey, top, now)) +
               "\"\nsystem_account: " + system.publicKey().text() +
               "\nresolver: MEMORY\nresolver_preload: {\n" + account.publicKey().text() + ": \"" +
               orDie(identity::makeAccountJwt(signing, tenant, now)) + "\"\n" +
               system.publicKey().text() + ": \"" +
               orDie(identity::makeAccountJwt(signing, sys, now)) + "\"\n}\n";
    }

    std::string mint(const identity::AccountKeyPair& role,
                     const identity::UserKey& user,
                     seconds lifetime) const {
        const WallTime now = std::chrono::system_clock::now();
        const identity::UserClaims claims{user, "user", account.publicKey(), now + lifetime};
        return orDie(identity::makeUserJwt(role, claims, now));
    }

    identity::OperatorKeyPair operatorKey;
    identity::OperatorKeyPair signing;
    identity::AccountKeyPair system;
    identity::AccountKeyPair account;
    identity::AccountKeyPair gatewayRole;
    identity::AccountKeyPair controlPlaneRole;
};

struct ControlLinkTest : testing::Test {
    void SetUp() override {
        ASSERT_TRUE(NatsServer::available())
            << "nats-server is missing: apt-get install nats-server";
    }

    // The next `unlucky` signatures begin with a zero octet, as one in 256 does by itself.
    std::shared_ptr<gateway::LinkCredentials> credentials(
        const std::shared_ptr<identity::UserKeyPair>& key, std::string jwt, int unlucky = 0) {
        auto sign = [key, unlucky](std::string_view nonce) mutable -> Result<Bytes> {
            const auto signature = PCG_TRY(key->sign(asBytes(nonce)));
            Bytes made(signature.begin(), signature.end());
            if (unlucky > 0) made.front() = 0;
            if (unlucky > 0) --unlucky;
            return made;
        };
        return std::make_shared<gateway::LinkCredentials>(
            key->publicKey().text(), std::move(jwt), sign);
    }

    std::shared_ptr<net::Dialer> dialer() {
        auto context = net::TlsClientContext::create(net::TrustCa{ca.pem()});
        return std::make_shared<net::Dialer>(orDie(std::move(context)));
    }

    // The control plane, as after a start of its process.
    struct ControlPlane {
        ControlPlane(ControlLinkTest& test)
            : buses(test.loop, test.dialer(), {{"127.0.0.1", test.server.port()}}, test.random),
              presence(test.loop.get_executor(), test.clock, events()) {
            const auto key = std::make_shared<identity::UserKeyPair>(
                orDie(identity::UserKeyPair::generate(test.random)));
            const auto jwt =
                test.realm.mint(test.realm.controlPlaneRole, key->publicKey(), seconds(3'600));
            presence.expect(test.tenant, test.gatewayId, test.nkey);
            EXPECT_TRUE(
                presence.attach(test.tenant, buses.open(test.tenant, test.credentials(key, jwt))));
        }

        controlplane::Presence::Events events() {
            controlplane::Presence::Events made;
            made.onInventory = [this](const auto&, const auto&, auto endpoints) {
                inventory = std::move(endpoints);
            };
            return made;
        }

        std::vector<controlplane::ReportedEndpoint> inventory;
        controlplane::TenantBuses buses;
        controlplane::Presence presence;
    };

    std::unique_ptr<gateway::ControlLink> newLink(seconds lifetime, int unluckySignatures = 0) {
        const auto jwt = realm.mint(realm.gatewayRole, userKey->publicKey(), lifetime);
        gateway::ControlLinkOptions options{.brokers = {{"127.0.0.1", server.port()}},
                                            .tlsFirst = {},
                                            .webSockets = {},
                                            .identity = {gatewayId,
                                                         nkey,
                                                         wire::newId<wire::InstanceId>(random),
                                                         wire::newId<wire::InstanceId>(random),
                                                         "0.1.0",
                                                         "dc1"}};
        linkCredentials = credentials(userKey, jwt, unluckySignatures);
        auto link = std::make_unique<gateway::ControlLink>(loop,
                                                           dialer(),
                                                           std::move(options),
                                                           linkCredentials,
                                                           random,
                                                           clock,
                                                           gateway::ControlSession::Events{});
        EXPECT_TRUE(link->start());
        return link;
    }

    template <class Condition>
    bool runUntil(Condition condition) {
        const auto end = std::chrono::steady_clock::now() + seconds(30);
        loop.restart();
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) return false;
            loop.run_one_for(milliseconds(50));
        }
        return true;
    }

    gateway::Inventory inventory() {
        gateway::Inventory made;
        made.endpoints.push_back({wire::newId<wire::EndpointId>(random),
                                  "vc1",
                                  "vcenter",
                                  "ok",
                                  "",
                                  "vc1.example.com:443"});
        return made;
    }

    bool online(const ControlPlane& controlPlane) {
        return controlPlane.presence.live(tenant, gatewayId).online;
    }

    net::Loop loop{1};
    SeededRandom random{42};
    SystemClock clock;
    TestCa ca;
    Realm realm{random};
    NatsServer server{ca.issue(), realm.serverConfig()};
    wire::TenantId tenant = wire::newId<wire::TenantId>(random);
    wire::GatewayId gatewayId = wire::newId<wire::GatewayId>(random);
    std::shared_ptr<identity::UserKeyPair> userKey =
        std::make_shared<identity::UserKeyPair>(orDie(identity::UserKeyPair::generate(random)));
    wire::UserNkey nkey = wire::UserNkey::unchecked(userKey->publicKey().text());
    std::shared_ptr<gateway::LinkCredentials> linkCredentials;
};

TEST_F(ControlLinkTest, IsWelcomedIsOnlineAndBothSidesKnowTheRoundTrip) {
    ControlPlane controlPlane(*this);
    const auto link = newLink(seconds(3'600));
    link->setInventory(inventory());
    ASSERT_TRUE(runUntil([&] {
        return link->view().welcomed && controlPlane.inventory.size() == 1;
    })) << link->view().text();
    ASSERT_TRUE(runUntil([&] { return link->view().roundTrip.has_value(); }));
    EXPECT_EQ(controlPlane.inventory[0].name, "vc1");
    const auto live = controlPlane.presence.live(tenant, gatewayId);
    EXPECT_TRUE(live.online);
    EXPECT_EQ(live.version, "0.1.0");
    ASSERT_TRUE(live.roundTrip);
    EXPECT_LT(*live.roundTrip, seconds(5));
    EXPECT_TRUE(link->view().text().starts_with("up, ")) << link->view().text();
}

TEST_F(ControlLinkTest, UsesARenewedTokenWhenTheBrokerEndsTheOldOne) {
    const auto link = newLink(seconds(2));
    ASSERT_TRUE(runUntil([&] { return link->view().epoch == 1; })) << link->view().text();
    link->renewJwt(realm.mint(realm.gatewayRole, userKey->publicKey(), seconds(3'600)));
    ASSERT_TRUE(runUntil([&] { return link->view().epoch == 2; })) << link->view().text();
    EXPECT_EQ(link->view().status.lastFailure->code().name(), "bus.refused")
        << link->view().status.lastFailure->message();
}

TEST_F(ControlLinkTest, SaysThatTheBrokerRefusesAnExpiredToken) {
    const auto link = newLink(seconds(-10));
    ASSERT_TRUE(runUntil([&] { return link->view().status.failedAttempts >= 2; }));
    EXPECT_EQ(link->view().status.lastFailure->code().name(), "bus.refused") << link->view().text();
}

TEST_F(ControlLinkTest, DialsAgainWithinTheAttemptWhenCnatsCannotCarryASignature) {
    const auto link = newLink(seconds(3'600), 3);
    ASSERT_TRUE(runUntil([&] { return link->view().epoch == 1; })) << link->view().text();
    EXPECT_FALSE(link->view().status.lastFailure) << link->view().status.lastFailure->message();
}

TEST_F(ControlLinkTest, BothSidesComeBackAfterTheBrokerDied) {
    ControlPlane controlPlane(*this);
    const auto link = newLink(seconds(3'600));
    ASSERT_TRUE(runUntil([&] { return link->view().welcomed; })) << link->view().text();
    server.kill();
    ASSERT_TRUE(runUntil([&] { return link->view().status.state != bus::LinkState::Up; }));
    EXPECT_FALSE(link->view().welcomed);
    server.restart();
    EXPECT_TRUE(runUntil([&] { return link->view().welcomed && online(controlPlane); }))
        << link->view().text();
}

TEST_F(ControlLinkTest, ARestartedControlPlaneLearnsOfALinkThatStayedUp) {
    auto controlPlane = std::make_unique<ControlPlane>(*this);
    const auto link = newLink(seconds(3'600));
    link->setInventory(inventory());
    ASSERT_TRUE(runUntil([&] { return link->view().welcomed; })) << link->view().text();
    controlPlane.reset();
    controlPlane = std::make_unique<ControlPlane>(*this);
    EXPECT_TRUE(
        runUntil([&] { return online(*controlPlane) && controlPlane->inventory.size() == 1; }));
    EXPECT_EQ(link->view().epoch, 1U);
    EXPECT_EQ(controlPlane->presence.live(tenant, gatewayId).version, "0.1.0");
}

TEST_F(ControlLinkTest, MayNotSpeakForAnotherGateway) {
    const auto link = newLink(seconds(3'600));
    ControlPlane controlPlane(*this);
    const auto other = wire::UserNkey::unchecked(
        orDie(identity::UserKeyPair::generate(random)).publicKey().text());
    const auto otherId = wire::newId<wire::GatewayId>(random);
    controlPlane.presence.expect(tenant, otherId, other);
    ASSERT_TRUE(runUntil([&] { return link->view().welcomed; }));
    const std::string forged = R"({"seq":1,"rtt_ms":null})";
    ASSERT_TRUE(link->bus().publish(wire::GatewaySubjects(other).heartbeat(), asBytes(forged)));
    // Its own heartbeat after the forged one: when that arrived, the other would have, too.
    int own = 0;
    bus::SubscriptionHandlers handlers;
    handlers.onMessage = [&own](const bus::Message& message) {
        own += message.payload.size() == 3 ? 1 : 0;
    };
    const auto watch = controlPlane.buses.find(tenant)->subscribe("pcg.v1.*.hb", {}, handlers);
    ASSERT_TRUE(runUntil([&] {
        (void)link->bus().publish(wire::GatewaySubjects(nkey).heartbeat(), asBytes("\"x\""));
        return own > 0;
    }));
    EXPECT_FALSE(controlPlane.presence.live(tenant, otherId).online);
}

}  // namespace
}  // namespace pcg::test
