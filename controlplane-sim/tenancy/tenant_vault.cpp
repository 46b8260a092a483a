// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/tenant_vault.h"

#include "common/base/assert.h"
#include "common/codec/base64url.h"
#include "common/store/errc.h"
#include "common/store/key_vault.h"
#include "controlplane-sim/tenancy/errc.h"

namespace pcg::controlplane {
namespace {

using store::KeyClass;
using store::Scope;

constexpr std::int64_t kFirstEpoch = 1;
constexpr std::size_t kIndexBytes = 16;

store::Envelope& envelopeOf(store::Database& database) {
    PCG_ASSERT(database.envelope() != nullptr);
    return *database.envelope();
}

std::string indexText(const crypto::Digest256& mac) {
    return "ix." + codec::base64UrlEncode(BytesView(mac).first(kIndexBytes));
}

}  // namespace

TenantVault::TenantVault(store::Database& database, const TenantScope& scope)
    : database_(database), envelope_(envelopeOf(database)), tenant_(scope.tenant()) {}

std::int64_t TenantVault::epoch() const {
    const auto known = envelope_.scopesOf(tenant_.text());
    return known.empty() ? kFirstEpoch : known.back().epoch;
}

std::vector<std::int64_t> TenantVault::epochs() const {
    std::vector<std::int64_t> epochs;
    for (const auto& scope : envelope_.scopesOf(tenant_.text())) epochs.push_back(scope.epoch);
    return epochs;
}

Result<> TenantVault::prepare() {
    const Scope scope{tenant_.text(), epoch()};
    const bool ready =
        envelope_.isPrepared(scope, KeyClass::Data) && envelope_.isPrepared(scope, KeyClass::Index);
    if (ready) return {};
    // A late message must not give new keys to a tenant that has just lost its own.
    const auto there = PCG_TRY(database_.queryOne(
        "SELECT 1 FROM tenants WHERE id = ? AND leaving_at_ms IS NULL", {tenant_.text()}));
    if (!there) return fail(kNotFound, "There is no such tenant.");
    return prepareNew();
}

Result<> TenantVault::prepareNew() {
    const Scope scope{tenant_.text(), epoch()};
    PCG_TRY(envelope_.prepare(scope, KeyClass::Data));
    return envelope_.prepare(scope, KeyClass::Index);
}

Result<Bytes> TenantVault::seal(const store::Cell& cell, std::string_view text) {
    if (!database_.inTransaction()) PCG_TRY(prepare());
    const Scope scope{tenant_.text(), epoch()};
    if (!envelope_.isPrepared(scope, KeyClass::Data)) {
        return fail(kNotFound, "The tenant has no keys: it is not there any more.");
    }
    return envelope_.seal(scope, KeyClass::Data, cell, asBytes(text));
}

Result<std::string> TenantVault::open(const store::Cell& cell, BytesView sealed) const {
    const auto opened = PCG_TRY(openSecret(cell, sealed));
    return std::string(opened.revealText());
}

Result<Secret> TenantVault::openSecret(const store::Cell& cell, BytesView sealed) const {
    const auto scopes = envelope_.scopesOf(tenant_.text());
    for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
        auto opened = envelope_.open(*scope, KeyClass::Data, cell, sealed);
        if (opened || std::next(scope) == scopes.rend()) return opened;
    }
    return fail(kNotFound, "The tenant has no keys: it is not there any more.");
}

Result<crypto::Digest256> TenantVault::mac(const Scope& scope,
                                           std::string_view field,
                                           std::string_view text) const {
    Bytes message = toBytes(asBytes(field));
    message.push_back(0);
    append(message, asBytes(text));
    return envelope_.mac(scope, KeyClass::Index, message);
}

Result<TenantVault::Index> TenantVault::index(std::string_view field, std::string_view text) const {
    const auto scopes = envelope_.scopesOf(tenant_.text());
    if (scopes.empty()) return fail(kNotFound, "The tenant has no keys: it is not there any more.");
    const auto newest = PCG_TRY(mac(scopes.back(), field, text));
    const auto older = PCG_TRY(mac(scopes.front(), field, text));
    return Index{indexText(newest), indexText(older)};
}

Result<std::int64_t> TenantVault::term(std::int64_t epoch,
                                       std::string_view field,
                                       std::string_view text) const {
    const auto digest = PCG_TRY(mac({tenant_.text(), epoch}, field, text));
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8 | digest[i];
    return static_cast<std::int64_t>(number);
}

Result<std::optional<Secret>> TenantSecrets::get(const std::string& name) {
    TenantVault vault(database_, scope_);
    auto& envelope = envelopeOf(database_);
    const auto epochs = vault.epochs();
    for (auto epoch = epochs.rbegin(); epoch != epochs.rend(); ++epoch) {
        const store::KeyVault secrets(database_, envelope, {scope_.tenant().text(), *epoch});
        if (auto found = PCG_TRY(secrets.get(name))) return found;
    }
    store::KeyVault platform(database_, envelope, Scope{});
    auto earlier = PCG_TRY(platform.get(name));
    if (!earlier) return std::nullopt;
    PCG_TRY(put(name, *earlier));
    PCG_TRY(platform.remove(name));
    return earlier;
}

Result<> TenantSecrets::put(const std::string& name, const Secret& value) {
    TenantVault vault(database_, scope_);
    PCG_TRY(vault.prepare());
    store::KeyVault secrets(
        database_, envelopeOf(database_), {scope_.tenant().text(), vault.epoch()});
    return secrets.put(name, value);
}

}  // namespace pcg::controlplane
