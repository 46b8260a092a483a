// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/enrollments.h"

#include "common/base/assert.h"
#include "controlplane-sim/lifetimes.h"
#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/tenant_vault.h"

namespace pcg::controlplane {
namespace {

constexpr const char* kColumns =
    "SELECT claim_id, tenant_id, gateway_id, epoch, nkey, state, request_sha256, response FROM "
    "enrollments ";

constexpr std::int64_t kMostGateways = 1000;  // of one tenant

Result<> refuseTooMany(store::Database& database, const TenantScope& scope) {
    const auto count = PCG_TRY(database.queryOne(
        "SELECT count(*) FROM gateways WHERE tenant_id = ? AND state <> 'released'",
        {scope.tenant().text()}));
    if (count->integer(0) < kMostGateways) return {};
    return fail(kTooMany,
                "A tenant has at most " + std::to_string(kMostGateways) +
                    " gateways: release one that is not used any more, then pair again.");
}

EnrollmentState stateOf(std::string_view name) {
    if (name == "issued") return EnrollmentState::Issued;
    if (name == "active") return EnrollmentState::Active;
    if (name == "expired") return EnrollmentState::Expired;
    PCG_ASSERT(name == "released");  // the table's CHECK allows no other
    return EnrollmentState::Released;
}

Result<Enrollment> enrollmentOf(const store::Row& row) {
    auto tenant = PCG_TRY(wire::parseTenantId(row.text(1)));
    auto gateway = PCG_TRY(wire::parseGatewayId(row.text(2)));
    auto nkey = PCG_TRY(wire::parseUserNkey(row.text(4)));
    return Enrollment{row.text(0),
                      std::move(tenant),
                      std::move(gateway),
                      row.integer(3),
                      std::move(nkey),
                      stateOf(row.text(5)),
                      row.blob(6),
                      row.blob(7)};
}

}  // namespace

Result<Enrollment> Enrollments::issue(const TenantScope& scope,
                                      const NewEnrollment& wanted,
                                      WallTime now,
                                      const MakeResponse& makeResponse) {
    PCG_TRY(TenantVault(database_, scope).prepare());
    return store::transact(database_, [&]() -> Result<Enrollment> {
        if (auto existing = PCG_TRY(find(wanted.claimId))) {
            if (existing->tenant != scope.tenant() || existing->gateway != wanted.gateway ||
                existing->requestSha256 != wanted.requestSha256) {
                return fail(kEnrollmentMismatch,
                            "This claim was already answered for another request.");
            }
            return std::move(*existing);
        }
        const auto epoch = PCG_TRY(bind(scope, wanted, now));
        auto response = PCG_TRY(makeResponse(epoch));
        PCG_TRY(database_.execute(
            R"(INSERT INTO enrollments
                 (claim_id, tenant_id, gateway_id, epoch, nkey, state, request_sha256, response, issued_at_ms)
               VALUES (?, ?, ?, ?, ?, 'issued', ?, ?, ?))",
            {wanted.claimId,
             scope.tenant().text(),
             wanted.gateway.text(),
             epoch,
             wanted.nkey.text(),
             wanted.requestSha256,
             response,
             toUnixMilliseconds(now)}));
        PCG_TRY(log(scope.tenant(),
                    wanted.gateway,
                    "issued",
                    "epoch " + std::to_string(epoch) + ", nkey " + wanted.nkey.text(),
                    now));
        return Enrollment{wanted.claimId,
                          scope.tenant(),
                          wanted.gateway,
                          epoch,
                          wanted.nkey,
                          EnrollmentState::Issued,
                          wanted.requestSha256,
                          std::move(response)};
    });
}

// It may have been withdrawn while it was enrolling.
Result<> Enrollments::checkOffered(const TenantScope& scope) {
    const auto offered = PCG_TRY(database_.queryOne(
        "SELECT 1 FROM system_gateways WHERE tenant_id = ? AND state = 'offered'",
        {scope.tenant().text()}));
    if (!offered)
        return fail(kEnrollmentMismatch, "The platform offers this tenant no gateway any more.");
    return {};
}

// Binds the id to the tenant, or raises the epoch of an id that is bound to it already.
Result<std::int64_t> Enrollments::bind(const TenantScope& scope,
                                       const NewEnrollment& wanted,
                                       WallTime now) {
    if (wanted.kind == GatewayKind::System) PCG_TRY(checkOffered(scope));
    const auto row = PCG_TRY(database_.queryOne(
        "SELECT tenant_id, epoch, state FROM gateways WHERE id = ?", {wanted.gateway.text()}));
    const bool isNew = !row || row->text(2) == "released" || row->text(0) != scope.tenant().text();
    if (isNew) PCG_TRY(refuseTooMany(database_, scope));
    TenantVault vault(database_, scope);
    const auto name = PCG_TRY(freeName(scope, wanted));
    const auto index = PCG_TRY(vault.index("gateway.name", name)).newest;
    const auto sealed =
        PCG_TRY(vault.seal({"gateways", wanted.gateway.text(), "name_sealed"}, name));
    if (!row) {
        PCG_TRY(database_.execute(
            R"(INSERT INTO gateways (id, tenant_id, name, name_sealed, key_epoch, device_spki, nkey, epoch,
                 state, bound_at_ms, renewals, kind) VALUES (?, ?, ?, ?, ?, ?, ?, 1, 'issued', ?, 0, ?))",
            {wanted.gateway.text(),
             scope.tenant().text(),
             index,
             sealed,
             vault.epoch(),
             wanted.deviceSpki,
             wanted.nkey.text(),
             toUnixMilliseconds(now),
             nameOf(wanted.kind)}));
        return 1;
    }
    if (row->text(2) != "released" && row->text(0) != scope.tenant().text()) {
        return fail(kGatewayBound,
                    "This gateway belongs to another owner. They must release it, or the gateway "
                    "must be reset.");
    }
    const auto epoch = row->integer(1) + 1;
    PCG_TRY(database_.execute(
        R"(UPDATE gateways SET tenant_id = ?, name = ?, name_sealed = ?, key_epoch = ?, device_spki = ?,
             nkey = ?, epoch = ?, state = 'issued', bound_at_ms = ?, renewals = 0, quarantine_why = NULL,
             recover_until_ms = NULL, kind = ? WHERE id = ?)",
        {scope.tenant().text(),
         index,
         sealed,
         vault.epoch(),
         wanted.deviceSpki,
         wanted.nkey.text(),
         epoch,
         toUnixMilliseconds(now),
         nameOf(wanted.kind),
         wanted.gateway.text()}));
    return epoch;
}

Result<std::string> Enrollments::freeName(const TenantScope& scope, const NewEnrollment& wanted) {
    const TenantVault vault(database_, scope);
    auto name = wanted.gatewayName;
    for (int number = 2; number < 10000; ++number) {
        const auto index = PCG_TRY(vault.index("gateway.name", name));
        const auto taken = PCG_TRY(database_.queryOne(
            "SELECT 1 FROM gateways WHERE tenant_id = ? AND name IN (?, ?) AND id <> ? LIMIT 1",
            {scope.tenant().text(), index.newest, index.older, wanted.gateway.text()}));
        if (!taken) return name;
        name = wanted.gatewayName + "-" + std::to_string(number);
    }
    return wanted.gateway.text();
}

Result<std::optional<Enrollment>> Enrollments::find(const std::string& claimId) {
    const auto row =
        PCG_TRY(database_.queryOne(std::string(kColumns) + "WHERE claim_id = ?", {claimId}));
    if (!row) return std::nullopt;
    return PCG_TRY(enrollmentOf(*row));
}

Result<bool> Enrollments::acknowledge(const std::string& claimId,
                                      const wire::GatewayId& gateway,
                                      WallTime now) {
    return store::transact(database_, [&]() -> Result<bool> {
        const auto enrollment = PCG_TRY(find(claimId));
        if (!enrollment || enrollment->gateway != gateway)
            return fail(kNotFound, "No such enrolment.");
        if (enrollment->state == EnrollmentState::Active) return false;
        if (enrollment->state != EnrollmentState::Issued) {
            return fail(kEnrollmentOver,
                        "This enrolment is over. Pair the gateway again with a new code.");
        }
        // A newer pairing of the same gateway has taken its place: there is one epoch, the newest.
        const auto bound = PCG_TRY(database_.queryOne(
            "SELECT 1 FROM gateways WHERE id = ? AND tenant_id = ? AND epoch = ?",
            {gateway.text(), enrollment->tenant.text(), enrollment->epoch}));
        if (!bound) {
            return fail(kEnrollmentOver,
                        "A newer pairing of this gateway has replaced this one. Pair it again if "
                        "that was not you.");
        }
        PCG_TRY(database_.execute(
            "UPDATE enrollments SET state = 'active' WHERE claim_id = ? AND state = 'issued'",
            {claimId}));
        PCG_TRY(database_.execute("UPDATE gateways SET state = 'active' WHERE id = ?",
                                  {gateway.text()}));
        PCG_TRY(log(enrollment->tenant,
                    gateway,
                    "active",
                    "epoch " + std::to_string(enrollment->epoch),
                    now));
        return true;
    });
}

Result<std::vector<Enrollment>> Enrollments::expire(const PlatformAuthority&, WallTime now) {
    return store::transact(database_, [&]() -> Result<std::vector<Enrollment>> {
        std::vector<Enrollment> expired;
        const auto rows = PCG_TRY(database_.query(
            std::string(kColumns) + "WHERE state = 'issued' AND issued_at_ms <= ? LIMIT 1000",
            {toUnixMilliseconds(now - kAcknowledgeWithin)}));
        for (const auto& row : rows) {
            const auto enrollment = PCG_TRY(enrollmentOf(row));
            PCG_TRY(database_.execute("UPDATE enrollments SET state = 'expired' WHERE claim_id = ?",
                                      {enrollment.claimId}));
            // Only if it still is this epoch's: a newer pairing of the same gateway is not touched,
            // nor is its bus key if it is the same one.
            PCG_TRY(database_.execute(
                "UPDATE gateways SET state = 'released', name = id, "
                "name_sealed = NULL WHERE id = ? AND epoch = ? AND state = 'issued'",
                {enrollment.gateway.text(), enrollment.epoch}));
            const auto inUse = PCG_TRY(
                database_.queryOne("SELECT 1 FROM gateways WHERE nkey = ? AND state <> 'released'",
                                   {enrollment.nkey.text()}));
            PCG_TRY(log(
                enrollment.tenant, enrollment.gateway, "expired", "not acknowledged in time", now));
            if (inUse) continue;
            PCG_TRY(database_.execute(
                "INSERT OR IGNORE INTO revoked_nkeys (nkey, tenant_id, at_ms) VALUES (?, ?, ?)",
                {enrollment.nkey.text(), enrollment.tenant.text(), toUnixMilliseconds(now)}));
            expired.push_back(enrollment);
        }
        return expired;
    });
}

Result<> Enrollments::log(const wire::TenantId& tenant,
                          const wire::GatewayId& gateway,
                          std::string_view what,
                          const std::string& detail,
                          WallTime now) {
    PCG_TRY(
        database_.execute("INSERT INTO issuance_log (at_ms, tenant_id, gateway_id, what, detail) "
                          "VALUES (?, ?, ?, ?, ?)",
                          {toUnixMilliseconds(now), tenant.text(), gateway.text(), what, detail}));
    // A record for whoever looks into something, not an archive.
    PCG_TRY(database_.execute("DELETE FROM issuance_log WHERE number <= last_insert_rowid() - ?",
                              {kIssuanceLogRows}));
    return {};
}

}  // namespace pcg::controlplane
