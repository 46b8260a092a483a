// SPDX-License-Identifier: Apache-2.0
#include "common/store/key_vault.h"
#include "controlplane-sim/audit/audit_store.h"
#include "controlplane-sim/observe/timeline.h"
#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/key_rotation.h"
#include "controlplane-sim/tenancy/offboarding.h"
#include "controlplane-sim/tenancy/sealed_table.h"
#include "test/unit/tenantdata/fixture.h"

namespace pcg::controlplane {

PlatformAuthority makePlatformAuthorityForTest() { return PlatformAuthority(); }

namespace tenantdata {
namespace {

class TenantKeys : public TenantData {
  protected:
    void fill(const TenantScope& scope, const std::string& mark) {
        const auto id = gateway(scope, "gw-" + mark);
        report(scope, id, "ep-" + mark, "why-" + mark);
        EXPECT_TRUE(
            Timeline(*database_)
                .add(scope, id, {kNow, "online", Severity::Info, "text-" + mark, "cause-" + mark}));
        EXPECT_TRUE(store::transact(*database_, [&]() -> Result<> {
            AuditEvent event;
            event.at = kNow;
            event.actor = {ActorKind::User, "who-" + mark};
            event.action = "gateway.pair";
            event.target = {"gateway", id.text(), "gw-" + mark};
            event.detail = "detail-" + mark;
            const std::vector<AuditEvent> events(3, event);
            return AuditStore(*database_).append(scope, events);
        }));
        EXPECT_TRUE(TenantSecrets(*database_, scope).put("bus", Secret::fromText("seed-" + mark)));
    }

    bool isWhole(const TenantScope& scope, const std::string& mark) {
        const auto gateways = Gateways(*database_).list(scope);
        if (!gateways || gateways->size() != 1 || gateways->front().name != "gw-" + mark)
            return false;
        const auto& id = gateways->front().id;
        const auto endpoints = Gateways(*database_).endpoints(scope, id);
        const auto timeline = Timeline(*database_).list(scope, id, std::nullopt, 10);
        AuditFilter filter;
        filter.actor = "who-" + mark;
        filter.words = wordsOf("detail-" + mark, 4);
        const auto audit = AuditStore(*database_).page(scope, filter, std::nullopt, 10);
        const auto secret = TenantSecrets(*database_, scope).get("bus");
        return endpoints && endpoints->size() == 1 && endpoints->front().name == "ep-" + mark &&
               endpoints->front().why == "why-" + mark && timeline && timeline->size() == 1 &&
               timeline->front().cause == "cause-" + mark && audit && audit->rows.size() == 3 &&
               secret && *secret && (*secret)->revealText() == "seed-" + mark;
    }

    std::size_t rowsWith(const std::string& table) {
        return static_cast<std::size_t>(
            (*database_->queryOne("SELECT count(*) FROM " + table))->integer(0));
    }
};

TEST_F(TenantKeys, NothingThatATenantWroteCanBeReadInTheFiles) {
    const auto acme = tenant("acme");
    fill(acme, "canary");

    EXPECT_TRUE(isWhole(acme, "canary"));
    for (const auto* what : {"gw-", "ep-", "why-", "text-", "cause-", "who-", "detail-", "seed-"}) {
        EXPECT_FALSE(isOnDisk(std::string(what) + "canary")) << what;
    }
    EXPECT_FALSE(isOnDisk("canary"));
}

TEST_F(TenantKeys, OpenAgainAfterARestart) {
    const auto acme = tenant("acme");
    fill(acme, "canary");

    reopen();

    EXPECT_TRUE(isWhole(acme, "canary"));
}

TEST_F(TenantKeys, ASealedTextDoesNotOpenForAnotherTenantOrInAnotherRow) {
    const auto acme = tenant("acme");
    const auto umbra = tenant("umbra");
    const store::Cell cell{"t", "1", "c"};
    TenantVault vault(*database_, acme);
    const auto sealed = vault.seal(cell, "text");
    ASSERT_TRUE(sealed);

    EXPECT_TRUE(TenantVault(*database_, umbra).prepare());
    EXPECT_FALSE(TenantVault(*database_, umbra).open(cell, *sealed));
    EXPECT_FALSE(vault.open({"t", "2", "c"}, *sealed));
    EXPECT_EQ(*vault.open(cell, *sealed), "text");
}

TEST_F(TenantKeys, ABlindIndexDiffersBetweenTenantsAndFields) {
    const auto acme = tenant("acme");
    const auto umbra = tenant("umbra");
    TenantVault a(*database_, acme);
    TenantVault u(*database_, umbra);
    ASSERT_TRUE(a.prepare() && u.prepare());

    EXPECT_EQ(a.index("f", "x")->newest, a.index("f", "x")->newest);
    EXPECT_NE(a.index("f", "x")->newest, u.index("f", "x")->newest);
    EXPECT_NE(a.index("f", "x")->newest, a.index("g", "x")->newest);
}

TEST_F(TenantKeys, ATakenGatewayNameIsFoundBehindItsIndex) {
    const auto acme = tenant("acme");
    gateway(acme, "dc1");
    gateway(acme, "dc1");

    const auto list = Gateways(*database_).list(acme);

    ASSERT_EQ(list->size(), 2U);
    EXPECT_EQ((*list)[0].name, "dc1");
    EXPECT_EQ((*list)[1].name, "dc1-2");
}

TEST_F(TenantKeys, AreRotatedInStepsWhileEverythingStaysReadable) {
    const auto acme = tenant("acme");
    fill(acme, "canary");
    KeyRotation rotation(*database_, acme);

    ASSERT_TRUE(rotation.begin());
    gateway(acme, "dc2");
    int steps = 0;
    for (bool isOver = false; !isOver; ++steps) {
        ASSERT_LT(steps, 50);
        const auto over = rotation.step();
        ASSERT_TRUE(over) << over.error().message();
        isOver = *over;
        EXPECT_EQ(Gateways(*database_).list(acme)->size(), 2U);
    }

    EXPECT_GT(steps, 4);
    EXPECT_EQ(TenantVault(*database_, acme).epochs(), std::vector<std::int64_t>{2});
    EXPECT_EQ(rowsWith("gateways WHERE key_epoch <> 2"), 0U);
    EXPECT_EQ(rowsWith("audit_blocks WHERE key_epoch <> 2"), 0U);
    EXPECT_EQ(rowsWith("sealed_secrets WHERE epoch = 1"), 0U);
}

TEST_F(TenantKeys, TheOldKeyOpensNothingAfterItsRotation) {
    const auto acme = tenant("acme");
    fill(acme, "canary");
    const store::Cell cell{"t", "1", "c"};
    const auto sealed = TenantVault(*database_, acme).seal(cell, "text");
    KeyRotation rotation(*database_, acme);
    ASSERT_TRUE(rotation.begin());
    EXPECT_TRUE(TenantVault(*database_, acme).open(cell, *sealed));
    while (!*rotation.step()) {
    }

    EXPECT_FALSE(TenantVault(*database_, acme).open(cell, *sealed));
    EXPECT_TRUE(isWhole(acme, "canary"));
    EXPECT_FALSE(*rotation.isUnderWay());
    EXPECT_EQ(rowsWith("envelope_tenant_keys WHERE tenant <> ''"), 1U);
}

TEST_F(TenantKeys, ARotationThatACrashInterruptedGoesOnAtAnyStep) {
    const auto acme = tenant("acme");
    fill(acme, "canary");
    ASSERT_TRUE(KeyRotation(*database_, acme).begin());
    for (int steps = 0; steps < 50; ++steps) {
        reopen();
        EXPECT_TRUE(isWhole(acme, "canary")) << steps;
        if (*KeyRotation(*database_, acme).step()) break;
    }

    reopen();
    EXPECT_FALSE(*KeyRotation(*database_, acme).isUnderWay());
    EXPECT_TRUE(isWhole(acme, "canary"));
}

TEST_F(TenantKeys, TwoRotationsAtOnceAreOne) {
    const auto acme = tenant("acme");
    fill(acme, "canary");
    KeyRotation rotation(*database_, acme);

    ASSERT_TRUE(rotation.begin());
    ASSERT_TRUE(rotation.begin());

    EXPECT_EQ(TenantVault(*database_, acme).epochs().size(), 2U);
}

TEST_F(TenantKeys, ANameIsStillTakenInTheMiddleOfARotation) {
    const auto acme = tenant("acme");
    gateway(acme, "dc1");
    ASSERT_TRUE(KeyRotation(*database_, acme).begin());

    gateway(acme, "dc1");

    EXPECT_EQ((*Gateways(*database_).list(acme))[1].name, "dc1-2");
}

TEST_F(TenantKeys, ATenantThatLeavesTakesItsKeysAndEveryRowWithIt) {
    const auto acme = tenant("acme");
    const auto umbra = tenant("umbra");
    fill(acme, "canary");
    fill(umbra, "other");
    const auto before = rowsWith("audit_groups");

    ASSERT_TRUE(Offboarding(*database_).begin(acme, "tombstone.jwt", kNow));
    EXPECT_FALSE(Gateways(*database_).list(acme).has_value() && isWhole(acme, "canary"));
    while (!*Offboarding(*database_).step(acme)) {
    }

    const auto tables = *database_->query(
        "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = "
        "'table' "
        "AND c.name = 'tenant_id'");
    ASSERT_GE(tables.size(), 9U);
    for (const auto& table : tables) {
        EXPECT_EQ(rowsWith(table.text(0) + " WHERE tenant_id = '" + acme.tenant().text() + "'"), 0U)
            << table.text(0);
    }
    EXPECT_EQ(rowsWith("envelope_tenant_keys WHERE tenant = '" + acme.tenant().text() + "'"), 0U);
    EXPECT_LT(rowsWith("audit_groups"), before);
    EXPECT_FALSE(isOnDisk("acme"));
    EXPECT_TRUE(isWhole(umbra, "other"));
    const auto tombs = Offboarding(*database_).tombstones(authority_);
    ASSERT_EQ(tombs->size(), 1U);
    EXPECT_EQ(tombs->front().jwt, "tombstone.jwt");
    ASSERT_TRUE(Offboarding(*database_).tombstoneTaken(authority_, acme.tenant()));
    EXPECT_TRUE(Offboarding(*database_).tombstones(authority_)->empty());
}

TEST_F(TenantKeys, ALeavingTenantIsFinishedAfterACrashAndGetsNoNewKeys) {
    const auto acme = tenant("acme");
    fill(acme, "canary");
    ASSERT_TRUE(Offboarding(*database_).begin(acme, "t", kNow));

    reopen();

    ASSERT_EQ(Offboarding(*database_).leaving(authority_)->size(), 1U);
    const auto late = TenantVault(*database_, acme).prepare();
    ASSERT_FALSE(late);
    EXPECT_TRUE(late.error().is(kNotFound));
    EXPECT_FALSE(Accounts(*database_).find(acme.tenant())->has_value());
    EXPECT_FALSE(Offboarding(*database_).begin(acme, "t", kNow));
    while (!*Offboarding(*database_).step(acme)) {
    }
    EXPECT_TRUE(Offboarding(*database_).leaving(authority_)->empty());
}

TEST_F(TenantKeys, RowsOfAnEarlierVersionAreSealedAtStart) {
    const auto acme = tenant("acme");
    const auto id = wire::newId<wire::GatewayId>(random_);
    const auto endpoint = wire::newId<wire::EndpointId>(random_);
    const auto& tn = acme.tenant().text();
    ASSERT_TRUE(database_->execute(
        "INSERT INTO gateways (id, tenant_id, name, device_spki, nkey, epoch, state, bound_at_ms) "
        "VALUES (?, ?, 'plaindc', x'01', ?, 1, 'active', 0)",
        {id.text(), tn, "U" + std::string(55, 'Z')}));
    ASSERT_TRUE(database_->execute(
        "INSERT INTO endpoints (id, tenant_id, gateway_id, name, kind, state, why, present) VALUES "
        "(?, ?, ?, 'plainvc', 'vcenter', 'ok', 'plainwhy', 1)",
        {endpoint.text(), tn, id.text()}));
    ASSERT_TRUE(isOnDisk("plainvc"));

    EXPECT_EQ(*sealPlainRows(*database_, authority_), 2U);

    EXPECT_EQ(Gateways(*database_).list(acme)->front().name, "plaindc");
    const auto endpoints = Gateways(*database_).endpoints(acme, id);
    EXPECT_EQ(endpoints->front().name, "plainvc");
    EXPECT_EQ(endpoints->front().why, "plainwhy");
    for (const auto* text : {"plaindc", "plainvc", "plainwhy"})
        EXPECT_FALSE(isOnDisk(text)) << text;
    EXPECT_EQ(*sealPlainRows(*database_, authority_), 0U);
}

TEST_F(TenantKeys, SecretsOfAnEarlierVersionMoveUnderTheTenantsKey) {
    const auto acme = tenant("acme");
    store::KeyVault platform(*database_, *database_->envelope(), {});
    ASSERT_TRUE(platform.put("bus", Secret::fromText("seed")));

    const auto found = TenantSecrets(*database_, acme).get("bus");

    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->revealText(), "seed");
    EXPECT_FALSE(platform.get("bus")->has_value());
    EXPECT_TRUE(TenantSecrets(*database_, acme).get("bus")->has_value());
}

TEST_F(TenantKeys, AnotherRootKeyChangesNothingForTheTenants) {
    const auto acme = tenant("acme");
    fill(acme, "canary");
    const auto before = test::readFile(dir_ / "root.key");

    ASSERT_TRUE(database_->envelope()->rotateRoot());

    EXPECT_NE(test::readFile(dir_ / "root.key"), before);
    EXPECT_TRUE(isWhole(acme, "canary"));
    reopen();
    EXPECT_TRUE(isWhole(acme, "canary"));
}

}  // namespace
}  // namespace tenantdata
}  // namespace pcg::controlplane
