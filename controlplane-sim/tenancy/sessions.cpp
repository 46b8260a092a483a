// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/sessions.h"

#include "controlplane-sim/tenancy/user_names.h"

#include <algorithm>

namespace pcg::controlplane {
namespace {

constexpr std::chrono::minutes kNoteUse{1};

}  // namespace

Result<> Sessions::open(const TenantScope& scope,
                        const std::string& username,
                        BytesView sha256,
                        WallTime now) {
    const auto& tenant = scope.tenant().text();
    const auto at = toUnixMilliseconds(now);
    return store::transact(database_, [&]() -> Result<> {
        const auto user = PCG_TRY(UserNames(database_, scope).require(username));
        PCG_TRY(database_.execute(
            "DELETE FROM sessions WHERE created_at_ms <= ? OR seen_at_ms <= ?",
            {toUnixMilliseconds(now - kSessionLifetime), toUnixMilliseconds(now - kSessionIdle)}));
        PCG_TRY(database_.execute(
            R"(DELETE FROM sessions WHERE sha256 IN (
                 SELECT sha256 FROM sessions WHERE tenant_id = ? AND user_id = ?
                  ORDER BY created_at_ms DESC LIMIT -1 OFFSET ?))",
            {tenant, user, kMaxPerUser - 1}));
        PCG_TRY(database_.execute(
            "INSERT INTO sessions (sha256, tenant_id, user_id, created_at_ms, seen_at_ms) VALUES "
            "(?, ?, ?, ?, ?)",
            {sha256, tenant, user, at, at}));
        PCG_TRY(database_.execute(
            "UPDATE users SET last_sign_in_at_ms = ? WHERE tenant_id = ? AND id = ?",
            {at, tenant, user}));
        return {};
    });
}

Result<std::optional<Authenticated>> Sessions::byDigest(BytesView sha256, WallTime now, Use use) {
    const auto row = PCG_TRY(database_.queryOne(
        R"(SELECT t.id, t.name, u.id, u.username_sealed, u.role, s.created_at_ms, s.seen_at_ms,
                  s.stepped_up_until_ms
             FROM sessions s
             JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
             JOIN tenants t ON t.id = s.tenant_id
            WHERE s.sha256 = ? AND t.leaving_at_ms IS NULL)",
        {sha256}));
    if (!row) return std::nullopt;
    const auto ends = fromUnixMilliseconds(row->integer(5)) + kSessionLifetime;
    const auto seen = fromUnixMilliseconds(row->integer(6));
    if (now >= ends || now >= seen + kSessionIdle) {
        PCG_TRY(database_.execute("DELETE FROM sessions WHERE sha256 = ?", {sha256}));
        return std::nullopt;
    }
    if (use == Use::Attended && now - seen > kNoteUse) {
        PCG_TRY(database_.execute("UPDATE sessions SET seen_at_ms = ? WHERE sha256 = ?",
                                  {toUnixMilliseconds(now), sha256}));
    }
    const TenantScope scope(PCG_TRY(wire::parseTenantId(row->text(0))));
    auto username = PCG_TRY(UserNames(database_, scope).open(row->text(2), row->blob(3)));
    Authenticated who{scope, row->text(1), std::move(username), parseRole(row->text(4))};
    who.userId = row->text(2);
    who.sessionSha256 = toBytes(sha256);
    const auto used = use == Use::Attended ? now : seen;
    who.sessionEnds = std::min(ends, used + kSessionIdle);
    if (const auto until = row->optionalInteger(7))
        who.steppedUpUntil = fromUnixMilliseconds(*until);
    return who;
}

Result<> Sessions::stepUp(const TenantScope& scope, BytesView sha256, WallTime until) {
    PCG_TRY(database_.execute(
        "UPDATE sessions SET stepped_up_until_ms = ? WHERE tenant_id = ? AND sha256 = ?",
        {toUnixMilliseconds(until), scope.tenant().text(), sha256}));
    return {};
}

Result<> Sessions::end(const TenantScope& scope, BytesView sha256) {
    PCG_TRY(database_.execute("DELETE FROM sessions WHERE tenant_id = ? AND sha256 = ?",
                              {scope.tenant().text(), sha256}));
    return {};
}

Result<> Sessions::endAll(const TenantScope& scope, const std::string& username) {
    const auto user = PCG_TRY(UserNames(database_, scope).require(username));
    PCG_TRY(database_.execute("DELETE FROM sessions WHERE tenant_id = ? AND user_id = ?",
                              {scope.tenant().text(), user}));
    return {};
}

Result<> Sessions::endOthers(const TenantScope& scope,
                             const std::string& username,
                             BytesView keep) {
    const auto user = PCG_TRY(UserNames(database_, scope).require(username));
    PCG_TRY(database_.execute(
        "DELETE FROM sessions WHERE tenant_id = ? AND user_id = ? AND sha256 <> ?",
        {scope.tenant().text(), user, keep}));
    return {};
}

}  // namespace pcg::controlplane
