// SPDX-License-Identifier: Apache-2.0
#include "common/store/envelope.h"

#include "common/base/assert.h"
#include "common/base/clock.h"
#include "common/crypto/aead.h"
#include "common/crypto/kdf.h"
#include "common/store/errc.h"

#include <algorithm>
#include <array>
#include <optional>

namespace pcg::store {
namespace {

constexpr std::array kClasses{KeyClass::Credentials,
                              KeyClass::Keys,
                              KeyClass::Config,
                              KeyClass::Spool,
                              KeyClass::Data,
                              KeyClass::Index};

std::string_view className(KeyClass keyClass) {
    switch (keyClass) {
        case KeyClass::Credentials:
            return "creds";
        case KeyClass::Keys:
            return "keys";
        case KeyClass::Config:
            return "config";
        case KeyClass::Spool:
            return "spool";
        case KeyClass::Data:
            return "data";
        case KeyClass::Index:
            return "index";
    }
    return "";
}

std::optional<KeyClass> parseClass(std::string_view name) {
    for (const auto keyClass : kClasses) {
        if (className(keyClass) == name) return keyClass;
    }
    return std::nullopt;
}

Bytes wrapKey(const Secret& wrapping, const std::string& role, const Secret& key, Random& random) {
    const auto nonce = random.array<std::tuple_size_v<crypto::AeadNonce>>();
    Bytes wrapped = toBytes(nonce);
    append(wrapped,
           crypto::aesGcmSeal(wrapping, nonce, asBytes("pcg|1|wrap|" + role), key.reveal()));
    return wrapped;
}

Result<Secret> unwrapKey(const Secret& wrapping, const std::string& role, BytesView wrapped) {
    crypto::AeadNonce nonce{};
    if (wrapped.size() > nonce.size()) {
        std::copy_n(wrapped.begin(), nonce.size(), nonce.begin());
        auto key = crypto::aesGcmOpen(
            wrapping, nonce, asBytes("pcg|1|wrap|" + role), wrapped.subspan(nonce.size()));
        if (key && key->size() == crypto::kAeadKeySize) return key;
    }
    return fail(
        kSealBroken,
        "The keys of the state directory do not open with this root key on this machine: it was "
        "moved, copied, or restored in part. Move it back, or start with an empty one and pair "
        "again.");
}

// A TK or DEK under another tenant, epoch or class does not unwrap.
std::string tenantRole(const Scope& scope) {
    return "tk|" + std::to_string(scope.epoch) + "|" + scope.tenant;
}

std::string dataRole(const Scope& scope, KeyClass keyClass, std::int64_t version) {
    return "dek|" + std::string(className(keyClass)) + "|" + std::to_string(version) + "|" +
           std::to_string(scope.epoch) + "|" + scope.tenant;
}

Secret randomKey(Random& random) {
    auto bytes = random.array<crypto::kAeadKeySize>();
    Secret key{BytesView(bytes)};
    wipe(MutableBytes(bytes));
    return key;
}

Result<RootKey> rootKey(Database& database,
                        const std::filesystem::path& file,
                        std::string_view binding,
                        Random& random) {
    const auto sealedBefore =
        PCG_TRY(database.queryOne("SELECT count(*) FROM envelope_tenant_keys"));
    std::error_code ignored;
    if (sealedBefore->integer(0) == 0 && !std::filesystem::exists(file, ignored)) {
        return RootKey::create(file, binding, random);
    }
    return RootKey::load(file, binding);
}

}  // namespace

const std::vector<std::string_view>& envelopeSchema() {
    static const std::vector<std::string_view> kStatements{
        "CREATE TABLE envelope_tenant_keys (tenant TEXT NOT NULL, epoch INTEGER NOT NULL, "
        "wrapped BLOB NOT NULL, PRIMARY KEY (tenant, epoch)) STRICT",
        "CREATE TABLE envelope_data_keys (tenant TEXT NOT NULL, epoch INTEGER NOT NULL, "
        "class TEXT NOT NULL, version INTEGER NOT NULL, key_id BLOB NOT NULL UNIQUE, "
        "wrapped BLOB NOT NULL, created_at TEXT NOT NULL, PRIMARY KEY (tenant, epoch, class, "
        "version), "
        "FOREIGN KEY (tenant, epoch) REFERENCES envelope_tenant_keys (tenant, epoch) ON DELETE "
        "CASCADE) "
        "STRICT",
        "CREATE TABLE sealed_secrets (tenant TEXT NOT NULL, epoch INTEGER NOT NULL, name TEXT NOT "
        "NULL, "
        "sealed BLOB NOT NULL, PRIMARY KEY (tenant, epoch, name)) STRICT"};
    return kStatements;
}

Result<std::unique_ptr<Envelope>> Envelope::open(Database& database,
                                                 const std::filesystem::path& rootKeyFile,
                                                 std::string_view machineBinding,
                                                 Random& random) {
    const RootHome home{rootKeyFile, std::string(machineBinding)};
    const auto openWith = [&](Result<RootKey> root) -> Result<std::unique_ptr<Envelope>> {
        RootKey key = PCG_TRY(std::move(root));
        std::unique_ptr<Envelope> envelope(new Envelope(database, std::move(key), home, random));
        PCG_TRY(envelope->loadAll());
        return envelope;
    };
    auto opened = openWith(rootKey(database, rootKeyFile, machineBinding, random));
    std::error_code ignored;
    if (!std::filesystem::exists(home.nextFile(), ignored)) return opened;
    // A rotation of the root key was cut short: which one wraps the tenant keys says how far it
    // was.
    if (opened) {
        std::filesystem::remove(home.nextFile(), ignored);
        return opened;
    }
    auto next = openWith(RootKey::load(home.nextFile(), machineBinding));
    if (!next) return opened;
    PCG_TRY(RootKey::replace(home.nextFile(), home.file));
    return next;
}

Result<> Envelope::loadAll() {
    const auto tenants =
        PCG_TRY(database_.query("SELECT tenant, epoch, wrapped FROM envelope_tenant_keys"));
    for (const auto& row : tenants) {
        Scope scope{row.text(0), row.integer(1)};
        auto key = PCG_TRY(unwrapKey(root_.wrappingKey(), tenantRole(scope), row.blob(2)));
        tenantKeys_.emplace(std::move(scope), std::move(key));
    }
    const auto dataKeys =
        PCG_TRY(database_.query("SELECT tenant, epoch, class, version, key_id, wrapped FROM "
                                "envelope_data_keys ORDER BY version"));
    for (const auto& row : dataKeys) {
        const Scope scope{row.text(0), row.integer(1)};
        const auto keyClass = parseClass(row.text(2));
        const auto tenant = tenantKeys_.find(scope);
        DataKey key{.key = {}, .id = {}, .version = row.integer(3), .scope = scope};
        if (!keyClass || tenant == tenantKeys_.end() || row.blob(4).size() != key.id.size()) {
            return fail(kCorrupt,
                        "The table of data keys is damaged. Restore the state directory.");
        }
        key.key = PCG_TRY(
            unwrapKey(tenant->second, dataRole(scope, *keyClass, key.version), row.blob(5)));
        std::copy_n(row.blob(4).begin(), key.id.size(), key.id.begin());
        dataKeys_[{scope, *keyClass}].push_back(std::move(key));
    }
    return {};
}

Result<const Secret*> Envelope::tenantKey(const Scope& scope) {
    if (const auto known = tenantKeys_.find(scope); known != tenantKeys_.end())
        return &known->second;
    auto key = randomKey(random_);
    PCG_TRY(database_.execute("INSERT INTO envelope_tenant_keys VALUES (?, ?, ?)",
                              {scope.tenant,
                               scope.epoch,
                               wrapKey(root_.wrappingKey(), tenantRole(scope), key, random_)}));
    return &tenantKeys_.emplace(scope, std::move(key)).first->second;
}

Result<const DataKey*> Envelope::makeDataKey(const Scope& scope, KeyClass keyClass) {
    // A rolled back transaction would leave keys in memory that the disk does not have.
    PCG_ASSERT(!database_.inTransaction());
    auto& versions = dataKeys_[{scope, keyClass}];
    const auto& tenant = *PCG_TRY(tenantKey(scope));
    DataKey made{.key = randomKey(random_),
                 .id = random_.array<std::tuple_size_v<KeyId>>(),
                 .version = versions.empty() ? 1 : versions.back().version + 1,
                 .scope = scope};
    PCG_TRY(database_.execute(
        "INSERT INTO envelope_data_keys VALUES (?, ?, ?, ?, ?, ?, ?)",
        {scope.tenant,
         scope.epoch,
         className(keyClass),
         made.version,
         BytesView(made.id),
         wrapKey(tenant, dataRole(scope, keyClass, made.version), made.key, random_),
         toRfc3339(std::chrono::system_clock::now())}));
    versions.push_back(std::move(made));
    return &versions.back();
}

Result<> Envelope::prepare(const Scope& scope, KeyClass keyClass) {
    if (!dataKeys_[{scope, keyClass}].empty()) return {};
    PCG_TRY(makeDataKey(scope, keyClass));
    return {};
}

Result<Bytes> Envelope::seal(const Scope& scope,
                             KeyClass keyClass,
                             const Cell& cell,
                             BytesView plaintext) {
    PCG_TRY(prepare(scope, keyClass));
    return sealValue(dataKeys_[{scope, keyClass}].back(), cell, plaintext, random_);
}

Result<Secret> Envelope::open(const Scope& scope,
                              KeyClass keyClass,
                              const Cell& cell,
                              BytesView sealed) const {
    const auto id = PCG_TRY(keyIdOf(sealed));
    if (const auto versions = dataKeys_.find({scope, keyClass}); versions != dataKeys_.end()) {
        for (const auto& key : versions->second) {
            if (key.id == id) return openValue(key, cell, sealed);
        }
    }
    return fail(kSealBroken,
                "A sealed value belongs to another tenant, or its key was destroyed. Enter the "
                "value again.");
}

Result<crypto::Digest256> Envelope::mac(const Scope& scope,
                                        KeyClass keyClass,
                                        BytesView message) const {
    const auto versions = dataKeys_.find({scope, keyClass});
    if (versions == dataKeys_.end() || versions->second.empty()) {
        return fail(kSealBroken, "The keys of this tenant are not there: it is being removed.");
    }
    return crypto::hmacSha256(versions->second.back().key.reveal(), message);
}

bool Envelope::isPrepared(const Scope& scope, KeyClass keyClass) const {
    const auto versions = dataKeys_.find({scope, keyClass});
    return versions != dataKeys_.end() && !versions->second.empty();
}

std::vector<Scope> Envelope::scopesOf(const std::string& tenant) const {
    std::vector<Scope> scopes;
    for (auto at = tenantKeys_.lower_bound(Scope{tenant, 0});
         at != tenantKeys_.end() && at->first.tenant == tenant;
         ++at) {
        scopes.push_back(at->first);
    }
    return scopes;
}

Result<> Envelope::rotateRoot() {
    PCG_ASSERT(!database_.inTransaction());
    std::error_code ignored;
    std::filesystem::remove(home_.nextFile(), ignored);
    auto fresh = PCG_TRY(RootKey::create(home_.nextFile(), home_.machineBinding, random_));
    PCG_TRY(transact(database_, [&]() -> Result<> {
        for (const auto& [scope, key] : tenantKeys_) {
            PCG_TRY(database_.execute(
                "UPDATE envelope_tenant_keys SET wrapped = ? WHERE tenant = ? AND epoch = ?",
                {wrapKey(fresh.wrappingKey(), tenantRole(scope), key, random_),
                 scope.tenant,
                 scope.epoch}));
        }
        return {};
    }));
    root_ = std::move(fresh);
    PCG_TRY(RootKey::replace(home_.nextFile(), home_.file));
    // What the old key wrapped must not stay in the write-ahead log.
    PCG_TRY(database_.query("PRAGMA wal_checkpoint(TRUNCATE)"));
    return {};
}

Result<> Envelope::rotate(const Scope& scope, KeyClass keyClass) {
    PCG_TRY(makeDataKey(scope, keyClass));
    return {};
}

Result<> Envelope::destroy(const Scope& scope) {
    PCG_TRY(database_.execute("DELETE FROM envelope_tenant_keys WHERE tenant = ? AND epoch = ?",
                              {scope.tenant, scope.epoch}));
    PCG_TRY(database_.execute("DELETE FROM sealed_secrets WHERE tenant = ? AND epoch = ?",
                              {scope.tenant, scope.epoch}));
    // secure_delete overwrites the row; the old pages in the write-ahead log must go too.
    PCG_TRY(database_.query("PRAGMA wal_checkpoint(TRUNCATE)"));
    tenantKeys_.erase(scope);
    std::erase_if(dataKeys_, [&](const auto& entry) { return entry.first.first == scope; });
    return {};
}

}  // namespace pcg::store
