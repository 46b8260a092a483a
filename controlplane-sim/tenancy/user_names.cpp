// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/user_names.h"

#include "common/base/text.h"
#include "controlplane-sim/tenancy/errc.h"

namespace pcg::controlplane {
namespace {

constexpr const char* kIndexField = "user.name";

store::Cell nameCell(const std::string& id) { return {"users", id, "username_sealed"}; }

store::Cell hashCell(const std::string& id) { return {"users", id, "password_hash_sealed"}; }

}  // namespace

Result<std::optional<std::string>> UserNames::idOf(std::string_view username) const {
    const auto index = PCG_TRY(vault_.index(kIndexField, toLowerAscii(username)));
    const auto row = PCG_TRY(
        database_.queryOne("SELECT id FROM users WHERE tenant_id = ? AND username IN (?, ?)",
                           {tenant_, index.newest, index.older}));
    if (!row) return std::nullopt;
    return row->text(0);
}

Result<std::string> UserNames::require(std::string_view username) const {
    auto id = PCG_TRY(idOf(username));
    if (!id) return fail(kNotFound, "There is no such user. GET /api/v1/users lists them.");
    return std::move(*id);
}

Result<std::string> UserNames::open(const std::string& id, BytesView sealed) const {
    return vault_.open(nameCell(id), sealed);
}

Result<std::string> UserNames::openPasswordHash(const std::string& id, BytesView sealed) const {
    return vault_.open(hashCell(id), sealed);
}

Result<std::string> UserNames::insert(const NewRow& row) {
    const auto made = PCG_TRY(database_.queryOne("SELECT 'usr_' || lower(hex(randomblob(16)))"));
    auto id = made->text(0);
    const auto index = PCG_TRY(vault_.index(kIndexField, toLowerAscii(row.username)));
    auto name = PCG_TRY(vault_.seal(nameCell(id), row.username));
    auto hash = PCG_TRY(vault_.seal(hashCell(id), row.passwordHash));
    PCG_TRY(database_.execute(
        R"(INSERT INTO users (tenant_id, id, username, username_sealed, role, password_hash,
             password_hash_sealed, created_at_ms, key_epoch)
           VALUES (?, ?, ?, ?, ?, '', ?, ?, ?))",
        {tenant_,
         id,
         index.newest,
         std::move(name),
         row.role,
         std::move(hash),
         row.createdAtMs,
         vault_.epoch()}));
    return id;
}

Result<> UserNames::setPasswordHash(const std::string& id, std::string_view hash) {
    // Its own key may be older than the row's: openSecret() tries both, and a rotation goes by
    // key_epoch, which stays.
    auto sealed = PCG_TRY(vault_.seal(hashCell(id), hash));
    PCG_TRY(database_.execute(
        "UPDATE users SET password_hash = '', password_hash_sealed = ? WHERE tenant_id = ? AND "
        "id = ?",
        {std::move(sealed), tenant_, id}));
    return {};
}

}  // namespace pcg::controlplane
