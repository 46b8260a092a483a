// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/tokens.h"

#include "controlplane-sim/tenancy/errc.h"
#include "controlplane-sim/tenancy/user_names.h"

namespace pcg::controlplane {
namespace {

constexpr const char* kColumns =
    R"(SELECT k.id, k.label_sealed, k.role, u.id, u.username_sealed, k.created_at_ms,
              k.expires_at_ms, k.last_used_at_ms
         FROM api_tokens k JOIN users u ON u.tenant_id = k.tenant_id AND u.id = k.user_id )";

store::Cell labelCell(const std::string& id) { return {"api_tokens", id, "label_sealed"}; }

std::optional<WallTime> timeAt(const store::Row& row, std::size_t column) {
    const auto at = row.optionalInteger(column);
    if (!at) return std::nullopt;
    return fromUnixMilliseconds(*at);
}

Result<Token> tokenOf(store::Database& database, const TenantScope& scope, const store::Row& row) {
    auto label = PCG_TRY(TenantVault(database, scope).open(labelCell(row.text(0)), row.blob(1)));
    auto username = PCG_TRY(UserNames(database, scope).open(row.text(3), row.blob(4)));
    return Token{row.text(0),
                 std::move(label),
                 parseRole(row.text(2)),
                 std::move(username),
                 fromUnixMilliseconds(row.integer(5)),
                 timeAt(row, 6),
                 timeAt(row, 7)};
}

}  // namespace

Result<std::vector<Token>> Tokens::list(const TenantScope& scope,
                                        const std::string& username,
                                        const std::string& after,
                                        std::size_t limit) {
    std::optional<std::string> user;
    if (!username.empty()) {
        user = PCG_TRY(UserNames(database_, scope).idOf(username));
        if (!user) return std::vector<Token>();
    }
    std::vector<Token> tokens;
    const auto rows = PCG_TRY(database_.query(
        std::string(kColumns) + "WHERE k.tenant_id = ? AND (? IS NULL OR k.user_id = ?) AND "
                                "k.id > ? ORDER BY k.id LIMIT ?",
        {scope.tenant().text(), user, user, after, static_cast<std::int64_t>(limit)}));
    for (const auto& row : rows) tokens.push_back(PCG_TRY(tokenOf(database_, scope, row)));
    return tokens;
}

Result<std::optional<Token>> Tokens::find(const TenantScope& scope, const std::string& id) {
    const auto row = PCG_TRY(database_.queryOne(
        std::string(kColumns) + "WHERE k.tenant_id = ? AND k.id = ?", {scope.tenant().text(), id}));
    if (!row) return std::nullopt;
    return PCG_TRY(tokenOf(database_, scope, *row));
}

Result<Token> Tokens::add(const TenantScope& scope, const NewToken& token, WallTime now) {
    const auto& tenant = scope.tenant().text();
    const auto at = toUnixMilliseconds(now);
    // What expired is nobody's any more, and does not count.
    PCG_TRY(database_.execute("DELETE FROM api_tokens WHERE tenant_id = ? AND expires_at_ms <= ?",
                              {tenant, at}));
    const auto user = PCG_TRY(UserNames(database_, scope).require(token.username));
    const auto count = PCG_TRY(database_.queryOne(
        "SELECT count(*) FROM api_tokens WHERE tenant_id = ? AND user_id = ?", {tenant, user}));
    if (count->integer(0) >= static_cast<std::int64_t>(kMaxTokensPerUser)) {
        return fail(kTooMany,
                    "A user has at most " + std::to_string(kMaxTokensPerUser) +
                        " API tokens: delete one that is not used any more.");
    }
    std::optional<std::int64_t> expires;
    if (token.expiresAt) expires = toUnixMilliseconds(*token.expiresAt);
    TenantVault vault(database_, scope);
    auto label = PCG_TRY(vault.seal(labelCell(token.id), token.label));
    PCG_TRY(database_.execute(
        R"(INSERT INTO api_tokens (sha256, tenant_id, user_id, created_at_ms, expires_at_ms, id,
             label, label_sealed, role, key_epoch)
           VALUES (?, ?, ?, ?, ?, ?, '', ?, ?, ?))",
        {token.sha256,
         tenant,
         user,
         at,
         expires,
         token.id,
         std::move(label),
         roleName(token.role),
         vault.epoch()}));
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
