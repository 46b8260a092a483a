// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/tokens.h"

#include "controlplane-sim/tenancy/errc.h"

namespace pcg::controlplane {
namespace {

constexpr const char* kColumns =
    "SELECT id, label, role, username, created_at_ms, expires_at_ms, last_used_at_ms FROM "
    "api_tokens ";

std::optional<WallTime> timeAt(const store::Row& row, std::size_t column) {
    const auto at = row.optionalInteger(column);
    if (!at) return std::nullopt;
    return fromUnixMilliseconds(*at);
}

Token tokenOf(const store::Row& row) {
    return {row.text(0),
            row.text(1),
            parseRole(row.text(2)),
            row.text(3),
            fromUnixMilliseconds(row.integer(4)),
            timeAt(row, 5),
            timeAt(row, 6)};
}

}  // namespace

Result<std::vector<Token>> Tokens::list(const TenantScope& scope,
                                        const std::string& username,
                                        const std::string& after,
                                        std::size_t limit) {
    std::vector<Token> tokens;
    const auto rows = PCG_TRY(database_.query(
        std::string(kColumns) + "WHERE tenant_id = ? AND (? = '' OR username = ?) AND id > ? "
                                "ORDER BY id LIMIT ?",
        {scope.tenant().text(), username, username, after, static_cast<std::int64_t>(limit)}));
    for (const auto& row : rows) tokens.push_back(tokenOf(row));
    return tokens;
}

Result<std::optional<Token>> Tokens::find(const TenantScope& scope, const std::string& id) {
    const auto row = PCG_TRY(database_.queryOne(
        std::string(kColumns) + "WHERE tenant_id = ? AND id = ?", {scope.tenant().text(), id}));
    if (!row) return std::nullopt;
    return tokenOf(*row);
}

Result<Token> Tokens::add(const TenantScope& scope, const NewToken& token, WallTime now) {
    const auto& tenant = scope.tenant().text();
    const auto at = toUnixMilliseconds(now);
    // What expired is nobody's any more, and does not count.
    PCG_TRY(database_.execute("DELETE FROM api_tokens WHERE tenant_id = ? AND expires_at_ms <= ?",
                              {tenant, at}));
    const auto count = PCG_TRY(
        database_.queryOne("SELECT count(*) FROM api_tokens WHERE tenant_id = ? AND username = ?",
                           {tenant, token.username}));
    if (count->integer(0) >= static_cast<std::int64_t>(kMaxTokensPerUser)) {
        return fail(kTooMany,
                    "A user has at most " + std::to_string(kMaxTokensPerUser) +
                        " API tokens: delete one that is not used any more.");
    }
    std::optional<std::int64_t> expires;
    if (token.expiresAt) expires = toUnixMilliseconds(*token.expiresAt);
    PCG_TRY(database_.execute(
        "INSERT INTO api_tokens (sha256, tenant_id, username, created_at_ms, expires_at_ms, id, "
        "label, role) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        {token.sha256,
         tenant,
         token.username,
         at,
         expires,
         token.id,
         token.label,
         roleName(token.role)}));
    return Token{token.id,
                 token.label,
                 token.role,
                 token.username,
                 fromUnixMilliseconds(at),
                 token.expiresAt,
                 std::nullopt};
}

Result<> Tokens::remove(const TenantScope& scope, const std::string& id) {
    const auto removed = PCG_TRY(database_.execute(
        "DELETE FROM api_tokens WHERE tenant_id = ? AND id = ?", {scope.tenant().text(), id}));
    if (removed == 0)
        return fail(kNotFound, "There is no such token. GET /api/v1/tokens lists them.");
    return {};
}

}  // namespace pcg::controlplane
