// SPDX-License-Identifier: Apache-2.0
// Two tenants over a real database, and what an intruder finds in its files.
#pragma once

#include "controlplane-sim/tenancy/accounts.h"
#include "controlplane-sim/tenancy/enrollments.h"
#include "controlplane-sim/tenancy/gateways.h"
#include "controlplane-sim/tenancy/tenant_vault.h"
#include "test/fakes/tenant_database.h"
#include "test/support/seeded_random.h"
#include "test/support/temp_dir.h"

namespace pcg::controlplane {

PlatformAuthority makePlatformAuthorityForTest();

namespace tenantdata {

inline const WallTime kNow = fromUnixMilliseconds(1'795'290'321'000);

class TenantData : public ::testing::Test {
  protected:
    TenantData() : database_(test::openTenantDatabase(dir_.path(), random_)) {}

    void reopen() {
        database_.reset();
        database_ = test::openTenantDatabase(dir_.path(), random_);
    }

    TenantScope tenant(const std::string& name) {
        const auto id = wire::newId<wire::TenantId>(random_);
        EXPECT_TRUE(Accounts(*database_)
                        .create({id, name, "admin", "scrypt$x", toBytes(asBytes(name))}, kNow));
        return authority_.scopeOf(id);
    }

    wire::GatewayId gateway(const TenantScope& scope, const std::string& name) {
        const auto id = wire::newId<wire::GatewayId>(random_);
        const auto fill = static_cast<char>('A' + nkeys_++);
        const auto nkey = wire::parseUserNkey("U" + std::string(55, fill));
        const auto issued =
            Enrollments(*database_)
                .issue(scope,
                       {"claim" + std::to_string(nkeys_), id, name, {1, 2}, *nkey, {3}},
                       kNow,
                       [](std::int64_t) -> Result<Bytes> { return Bytes{4}; });
        EXPECT_TRUE(issued) << issued.error().message();
        return id;
    }

    void report(const TenantScope& scope,
                const wire::GatewayId& gateway,
                const std::string& name,
                const std::string& why) {
        const ReportedEndpoint endpoint{
            wire::newId<wire::EndpointId>(random_), name, "vcenter", "unreachable", why};
        EXPECT_TRUE(Gateways(*database_).report(scope, gateway, {endpoint}));
    }

    // What strings(1) would look through: the database and its write-ahead log.
    bool isOnDisk(const std::string& text) const {
        for (const auto* name : {"cp.db", "cp.db-wal"}) {
            if (std::filesystem::exists(dir_ / name) &&
                test::readFile(dir_ / name).find(text) != std::string::npos) {
                return true;
            }
        }
        return false;
    }

    test::TempDir dir_;
    test::SeededRandom random_{5};
    PlatformAuthority authority_ = makePlatformAuthorityForTest();
    std::unique_ptr<store::Database> database_;
    int nkeys_ = 0;
};

}  // namespace tenantdata
}  // namespace pcg::controlplane
