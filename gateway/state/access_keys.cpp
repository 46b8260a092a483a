// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/access_keys.h"

#include "common/codec/base32.h"
#include "common/crypto/digest.h"
#include "common/store/errc.h"
#include "gateway/errc.h"
#include "gateway/state/endpoints.h"
#include "vcenter-proxy/phases/maas_identity.h"

namespace pcg::gateway {
namespace {

constexpr std::size_t kSecretSize = 32;
constexpr std::size_t kSaltSize = 16;
constexpr std::chrono::minutes kUseNotedEvery{1};  // a busy key must not write at each login
constexpr std::size_t kMaxRowsPerEndpoint = kMaxKeysPerEndpoint + kMaxEndedKeysPerEndpoint + 1;
constexpr auto kColumns =
    "id, endpoint_id, role, created_at, expires_at_ms, revoked_at, label, last_used_at_ms, "
    "file_role";
constexpr std::size_t kBehindColumns = 9;

Bytes hashOf(BytesView salt, const Secret& password) {
    return toBytes(crypto::Sha256().update(salt).update(password.reveal()).finish());
}

std::optional<WallTime> timeOf(const store::Row& row, std::size_t column) {
    const auto milliseconds = row.optionalInteger(column);
    if (!milliseconds) return std::nullopt;
    return fromUnixMilliseconds(*milliseconds);
}

Result<AccessKeyRecord> recordOf(const store::Row& row) {
    const auto id = wire::parseAccessKeyId(row.text(0));
    const auto endpoint = wire::parseEndpointId(row.text(1));
    const auto role = proxy::parseRole(row.text(2));
    if (!id || !endpoint || !role) {
        return fail(
            errc::kStateDamaged,
            "The table of access keys is damaged. Restore a backup of the state directory.");
    }
    return AccessKeyRecord{*id,
                           *endpoint,
                           *role,
                           row.text(6),
                           row.text(3),
                           timeOf(row, 4),
                           !row.isNull(5),
                           timeOf(row, 7),
                           row.text(8)};
}

Result<std::vector<AccessKeyRecord>> recordsOf(Result<store::Rows> rows) {
    if (!rows) return fail(std::move(rows).error());
    std::vector<AccessKeyRecord> records;
    records.reserve(rows->size());
    for (const auto& row : *rows) records.push_back(PCG_TRY(recordOf(row)));
    return records;
}

Result<> noteUse(Storage& storage, const AccessKeyRecord& record) {
    const auto now = storage.clock.wallNow();
    if (record.lastUsedAt && now - *record.lastUsedAt < kUseNotedEvery) return {};
    PCG_TRY(storage.database.execute("UPDATE access_keys SET last_used_at_ms = ? WHERE id = ?",
                                     {toUnixMilliseconds(now), record.id.text()}));
    return {};
}

// Revoked and expired keys: the newest few of the last months are kept, so that their number has a
// bound.
Result<> forgetEnded(Storage& storage, const wire::EndpointId& endpoint) {
    const auto now = storage.clock.wallNow();
    const auto ended = "endpoint_id = ? AND (revoked_at IS NOT NULL OR expires_at_ms <= ?)";
    PCG_TRY(storage.database.execute(
        std::string("DELETE FROM access_keys WHERE ") + ended +
            " AND (coalesce(revoked_at, '9999') < ? OR coalesce(expires_at_ms, ?) <= ? OR id NOT "
            "IN (SELECT id FROM access_keys WHERE " +
            ended + " ORDER BY coalesce(revoked_at, '') DESC, expires_at_ms DESC, id LIMIT ?))",
        {endpoint.text(),
         toUnixMilliseconds(now),
         toRfc3339(now - kEndedKeysKept),
         toUnixMilliseconds(now),
         toUnixMilliseconds(now - kEndedKeysKept),
         endpoint.text(),
         toUnixMilliseconds(now),
         kMaxEndedKeysPerEndpoint}));
    return {};
}

store::Cell secretCell(const wire::AccessKeyId& id) { return {"access_keys", id.text(), "secret"}; }

struct SealedSecret {
    std::optional<Bytes> sealed;
    store::Scope scope;
};

// Of a MAAS's keys only; outside of the transaction, because it may make the scope's keys.
Result<SealedSecret> sealSecret(Storage& storage,
                                const wire::EndpointId& endpoint,
                                const wire::AccessKeyId& id,
                                const Secret& password) {
    SealedSecret made;
    const auto row = PCG_TRY(storage.database.queryOne(
        "SELECT kind, scope_tenant, scope_epoch FROM endpoints WHERE id = ?", {endpoint.text()}));
    if (!row || row->text(0) != "maas") return made;
    made.scope = store::Scope{row->text(1), row->integer(2)};
    made.sealed = PCG_TRY(storage.envelope.seal(
        made.scope, store::KeyClass::Credentials, secretCell(id), password.reveal()));
    return made;
}

bool isUsable(const Storage& storage,
              const AccessKeyRecord& record,
              const wire::EndpointId& endpoint) {
    const bool expired = record.expiresAt && *record.expiresAt <= storage.clock.wallNow();
    return !record.revoked && !expired && record.endpoint == endpoint;
}

proxy::Principal principalOf(const AccessKeyRecord& record) {
    return {record.id, record.endpoint, record.role, record.expiresAt, record.fileRole};
}

Result<> checkRoom(Storage& storage, const wire::EndpointId& endpoint) {
    const auto row = PCG_TRY(storage.database.queryOne(
        "SELECT (SELECT count(*) FROM endpoints WHERE id = ?), "
        "(SELECT count(*) FROM access_keys WHERE endpoint_id = ? AND revoked_at IS NULL AND "
        "(expires_at_ms IS NULL OR expires_at_ms > ?))",
        {endpoint.text(), endpoint.text(), toUnixMilliseconds(storage.clock.wallNow())}));
    if (row->integer(0) == 0) {
        return fail(errc::kNoSuchEndpoint,
                    "endpoint: there is no " + endpoint.text() + ". See: pcgctl endpoint list.");
    }
    if (row->integer(1) < static_cast<std::int64_t>(kMaxKeysPerEndpoint)) return {};
    return fail(errc::kTooMany,
                "The endpoint has " + std::to_string(kMaxKeysPerEndpoint) +
                    " access keys, which is the most. Revoke those that are not used.");
}

}  // namespace

Result<MintedKey> createAccessKey(Storage storage, const wire::EndpointId& endpoint, NewKey key) {
    auto raw = storage.random.array<kSecretSize>();
    auto text = codec::crockfordEncode(raw);
    wipe(MutableBytes(raw));
    auto password = Secret::takeText(text);
    const auto salt = storage.random.array<kSaltSize>();
    // Whoever does not know of roles of a file is to take it for the least one.
    const auto role = key.fileRole.empty() ? key.role : proxy::Role::Inventory;
    AccessKeyRecord record{wire::newId<wire::AccessKeyId>(storage.random),
                           endpoint,
                           role,
                           std::move(key.label),
                           toRfc3339(storage.clock.wallNow()),
                           key.expiresAt,
                           false,
                           std::nullopt,
                           std::move(key.fileRole)};
    std::optional<std::int64_t> expiry;
    if (key.expiresAt) expiry = toUnixMilliseconds(*key.expiresAt);
    const auto secret = PCG_TRY(sealSecret(storage, endpoint, record.id, password));
    const auto kept = store::transact(storage.database, [&]() -> Result<> {
        PCG_TRY(forgetEnded(storage, endpoint));
        PCG_TRY(checkRoom(storage, endpoint));
        PCG_TRY(
            storage.database.execute("INSERT INTO access_keys (id, endpoint_id, role, salt, hash, "
                                     "created_at, expires_at_ms, label, secret, "
                                     "secret_tenant, secret_epoch, file_role) "
                                     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                     {record.id.text(),
                                      endpoint.text(),
                                      proxy::roleName(record.role),
                                      BytesView(salt),
                                      hashOf(salt, password),
                                      record.createdAt,
                                      expiry,
                                      record.label,
                                      secret.sealed,
                                      secret.scope.tenant,
                                      secret.scope.epoch,
                                      record.fileRole}));
        return {};
    });
    if (!kept) return fail(kept.error());
    return MintedKey{std::move(record), std::move(password)};
}

Result<std::vector<AccessKeyRecord>> listAccessKeys(Storage storage) {
    return recordsOf(storage.database.query(
        std::string("SELECT ") + kColumns +
            " FROM access_keys ORDER BY revoked_at IS NOT NULL, created_at, id LIMIT ?",
        {kMaxEndpoints * kMaxRowsPerEndpoint}));
}

Result<std::vector<AccessKeyRecord>> listAccessKeys(Storage storage,
                                                    const wire::EndpointId& endpoint) {
    return recordsOf(storage.database.query(
        std::string("SELECT ") + kColumns +
            " FROM access_keys WHERE endpoint_id = ? AND revoked_at IS NULL ORDER BY created_at, "
            "id LIMIT ?",
        {endpoint.text(), kMaxRowsPerEndpoint}));
}

Result<std::optional<AccessKeyRecord>> findAccessKey(Storage storage, const wire::AccessKeyId& id) {
    const auto row = PCG_TRY(storage.database.queryOne(
        std::string("SELECT ") + kColumns + " FROM access_keys WHERE id = ?", {id.text()}));
    if (!row) return std::nullopt;
    return std::optional(PCG_TRY(recordOf(*row)));
}

Result<> revokeAccessKey(Storage storage, const wire::AccessKeyId& id) {
    const auto changed = PCG_TRY(storage.database.execute(
        "UPDATE access_keys SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?",
        {toRfc3339(storage.clock.wallNow()), id.text()}));
    if (changed > 0) return {};
    return fail(errc::kNoSuchKey,
                "There is no access key " + id.text() + ". See: pcgctl key list.");
}

Result<std::optional<proxy::Principal>> verifyAccessKey(Storage storage,
                                                        const wire::EndpointId& endpoint,
                                                        const wire::AccessKeyId& id,
                                                        const Secret& password) {
    const auto row = PCG_TRY(storage.database.queryOne(
        std::string("SELECT ") + kColumns + ", salt, hash FROM access_keys WHERE id = ?",
        {id.text()}));
    // An unknown key costs the same hash as a known one.
    const Bytes salt = row ? row->blob(kBehindColumns) : Bytes(kSaltSize, 0);
    const auto expected = row ? row->blob(kBehindColumns + 1) : Bytes(32, 0);
    const bool matches = constantTimeEqual(hashOf(salt, password), expected);
    if (!row || !matches) return std::nullopt;
    const auto record = PCG_TRY(recordOf(*row));
    if (!isUsable(storage, record, endpoint)) return std::nullopt;
    // A disk that is full must not keep a good key out.
    static_cast<void>(noteUse(storage, record));
    return std::optional(principalOf(record));
}

Result<std::optional<proxy::Principal>> usableAccessKey(Storage storage,
                                                        const wire::EndpointId& endpoint,
                                                        const wire::AccessKeyId& id) {
    const auto record = PCG_TRY(findAccessKey(storage, id));
    if (!record || !isUsable(storage, *record, endpoint)) return std::nullopt;
    return std::optional(principalOf(*record));
}

Result<std::optional<proxy::Principal>> verifyAccessKeyBy(Storage storage,
                                                          const wire::EndpointId& endpoint,
                                                          const wire::AccessKeyId& id,
                                                          const proxy::Proof& proof) {
    const auto row = PCG_TRY(storage.database.queryOne(
        std::string("SELECT ") + kColumns +
            ", secret, secret_tenant, secret_epoch FROM access_keys WHERE id = ?",
        {id.text()}));
    const bool keeps = row && !row->isNull(kBehindColumns);
    // An unknown key costs the same signature as a known one.
    auto secret = Secret::fromText("a secret that nobody was ever given, of the same length");
    if (keeps) {
        const store::Scope scope{row->text(kBehindColumns + 1), row->integer(kBehindColumns + 2)};
        secret = PCG_TRY(storage.envelope.open(
            scope, store::KeyClass::Credentials, secretCell(id), row->blob(kBehindColumns)));
    }
    const bool proven = proof.holds(secret);
    if (!keeps || !proven) return std::nullopt;
    const auto record = PCG_TRY(recordOf(*row));
    if (!isUsable(storage, record, endpoint)) return std::nullopt;
    static_cast<void>(noteUse(storage, record));
    return std::optional(principalOf(record));
}

std::string maasApiKey(const MintedKey& key) {
    return std::string(proxy::maas::kConsumer) + ":" + key.record.id.text() + ":" +
           std::string(key.password.revealText());
}

}  // namespace pcg::gateway
