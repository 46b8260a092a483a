// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/endpoints.h"

#include "common/base/text.h"
#include "common/store/errc.h"
#include "gateway/errc.h"

namespace pcg::gateway {
namespace {

using store::KeyClass;

// The address is part of the cell: a row that comes to another address by whatever way has
// credentials that do not open.
store::Cell cellOf(const wire::EndpointId& id, const std::string& column, const std::string& url) {
    return {"endpoints", id.text(), column + "@" + url};
}

constexpr auto kColumns = "id, name, kind, url, trust, trust_anchor, certificate, tunnels";

std::vector<std::string> tunnelsOf(const std::string& text) {
    std::vector<std::string> tunnels;
    for (const auto one : split(text, ' ')) {
        if (!one.empty()) tunnels.emplace_back(one);
    }
    return tunnels;
}

std::string storedTunnels(const EndpointRecord& record) {
    std::string text;
    for (const auto& one : record.tunnels) text += (text.empty() ? "" : " ") + one;
    return text;
}

// A certificate that waits for its approval is kept as a pin that nothing matches.
EndpointTrust trustOf(const std::string& kind, std::string anchor) {
    if (kind == "ca") return {TrustKind::Ca, std::move(anchor)};
    return {anchor.empty() ? TrustKind::Ask : TrustKind::Pin, std::move(anchor)};
}

std::string_view storedKind(const EndpointTrust& trust) {
    return trust.kind == TrustKind::Ca ? "ca" : "pin";
}

Error nameTaken(const std::string& name) {
    return {errc::kNameTaken,
            "name: there is an endpoint \"" + name +
                "\" already. Choose another name, or remove that one first."};
}

Result<EndpointRecord> recordOf(const store::Row& row) {
    auto id = wire::parseEndpointId(row.text(0));
    if (!id) {
        return fail(errc::kStateDamaged,
                    "The table of endpoints is damaged: " + id.error().message() +
                        " Restore a backup of the state directory.");
    }
    return EndpointRecord{*id,
                          row.text(1),
                          row.text(2),
                          row.text(3),
                          trustOf(row.text(4), row.text(5)),
                          row.isNull(6) ? Bytes() : row.blob(6),
                          tunnelsOf(row.text(7))};
}

Error noSuchEndpoint(const wire::EndpointId& id) {
    return {errc::kNoSuchEndpoint,
            "There is no endpoint " + id.text() + ". See: pcgctl endpoint list."};
}

struct SealedPair {
    Bytes username;
    Bytes password;
};

Result<SealedPair> sealBoth(Storage& storage,
                            const store::Scope& scope,
                            const wire::EndpointId& id,
                            const std::string& url,
                            const EndpointCredentials& credentials) {
    auto username = PCG_TRY(storage.envelope.seal(
        scope, KeyClass::Credentials, cellOf(id, "username", url), credentials.username.reveal()));
    auto password = PCG_TRY(storage.envelope.seal(
        scope, KeyClass::Credentials, cellOf(id, "password", url), credentials.password.reveal()));
    return SealedPair{std::move(username), std::move(password)};
}

}  // namespace

Result<EndpointRecord> addEndpoint(Storage storage,
                                   const store::Scope& scope,
                                   EndpointRecord record,
                                   const EndpointCredentials& credentials) {
    const auto sealed = PCG_TRY(sealBoth(storage, scope, record.id, record.url, credentials));
    return store::transact(storage.database, [&]() -> Result<EndpointRecord> {
        const auto count = PCG_TRY(storage.database.queryOne("SELECT count(*) FROM endpoints"));
        if (count->integer(0) >= static_cast<std::int64_t>(kMaxEndpoints)) {
            return fail(errc::kTooMany,
                        "This gateway has " + std::to_string(kMaxEndpoints) +
                            " endpoints, which is the most. Remove one, or add a gateway.");
        }
        auto added = storage.database.execute(
            "INSERT INTO endpoints (id, name, kind, url, trust, trust_anchor, scope_tenant, "
            "scope_epoch, username, password, created_at, credentials_bound, tunnels) VALUES (?, "
            "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",
            {record.id.text(),
             record.name,
             record.kind,
             record.url,
             storedKind(record.trust),
             record.trust.anchor,
             scope.tenant,
             scope.epoch,
             sealed.username,
             sealed.password,
             toRfc3339(storage.clock.wallNow()),
             storedTunnels(record)});
        if (!added && added.error().is(store::kConstraint)) {
            return fail(nameTaken(record.name));
        }
        if (!added) return fail(std::move(added).error());
        return record;
    });
}

Result<std::vector<EndpointRecord>> listEndpoints(Storage storage) {
    const auto rows = PCG_TRY(storage.database.query(
        std::string("SELECT ") + kColumns + " FROM endpoints ORDER BY name LIMIT ?",
        {kMaxEndpoints}));
    std::vector<EndpointRecord> records;
    records.reserve(rows.size());
    for (const auto& row : rows) records.push_back(PCG_TRY(recordOf(row)));
    return records;
}

Result<> removeEndpoint(Storage storage, const wire::EndpointId& id) {
    const auto removed =
        PCG_TRY(storage.database.execute("DELETE FROM endpoints WHERE id = ?", {id.text()}));
    if (removed == 0) return fail(noSuchEndpoint(id));
    return {};
}

Result<std::vector<store::Scope>> removeEndpointsOfOthers(Storage storage,
                                                          const store::Scope& now) {
    return store::transact(storage.database, [&]() -> Result<std::vector<store::Scope>> {
        std::vector<store::Scope> others;
        const auto rows = PCG_TRY(storage.database.query(
            "SELECT DISTINCT scope_tenant, scope_epoch FROM endpoints WHERE scope_tenant <> '' AND "
            "NOT (scope_tenant = ? AND scope_epoch = ?) LIMIT 256",
            {now.tenant, now.epoch}));
        for (const auto& row : rows) {
            others.push_back({row.text(0), row.integer(1)});
            PCG_TRY(storage.database.execute(
                "DELETE FROM endpoints WHERE scope_tenant = ? AND scope_epoch = ?",
                {others.back().tenant, others.back().epoch}));
        }
        return others;
    });
}

Result<HeldCredentials> endpointCredentials(Storage storage, const wire::EndpointId& id) {
    const auto row = PCG_TRY(storage.database.queryOne(
        "SELECT scope_tenant, scope_epoch, username, password, url FROM endpoints WHERE id = ?",
        {id.text()}));
    if (!row) return fail(noSuchEndpoint(id));
    store::Scope scope{row->text(0), row->integer(1)};
    auto url = row->text(4);
    auto username = PCG_TRY(storage.envelope.open(
        scope, KeyClass::Credentials, cellOf(id, "username", url), row->blob(2)));
    auto password = PCG_TRY(storage.envelope.open(
        scope, KeyClass::Credentials, cellOf(id, "password", url), row->blob(3)));
    return HeldCredentials{
        {std::move(username), std::move(password)}, std::move(url), std::move(scope)};
}

Result<> replaceCredentials(Storage storage,
                            const store::Scope& scope,
                            const wire::EndpointId& id,
                            const EndpointCredentials& credentials) {
    const auto row =
        PCG_TRY(storage.database.queryOne("SELECT url FROM endpoints WHERE id = ?", {id.text()}));
    if (!row) return fail(noSuchEndpoint(id));
    const auto sealed = PCG_TRY(sealBoth(storage, scope, id, row->text(0), credentials));
    PCG_TRY(storage.database.execute(
        "UPDATE endpoints SET scope_tenant = ?, scope_epoch = ?, username = ?, password = ?, "
        "credentials_bound = 1 WHERE id = ?",
        {scope.tenant, scope.epoch, sealed.username, sealed.password, id.text()}));
    return {};
}

namespace {

Result<EndpointCredentials> openUnbound(Storage& storage,
                                        const wire::EndpointId& id,
                                        const store::Scope& scope,
                                        const store::Row& row) {
    const auto cell = [&](const char* column) {
        return store::Cell{"endpoints", id.text(), column};
    };
    auto username =
        PCG_TRY(storage.envelope.open(scope, KeyClass::Credentials, cell("username"), row.blob(3)));
    auto password =
        PCG_TRY(storage.envelope.open(scope, KeyClass::Credentials, cell("password"), row.blob(4)));
    return EndpointCredentials{std::move(username), std::move(password)};
}

}  // namespace

Result<> bindEarlierCredentials(Storage storage) {
    return store::transact(storage.database, [&]() -> Result<> {
        const auto rows = PCG_TRY(storage.database.query(
            "SELECT id, scope_tenant, scope_epoch, username, password FROM endpoints WHERE "
            "credentials_bound = 0 LIMIT ?",
            {kMaxEndpoints}));
        for (const auto& row : rows) {
            const auto id = wire::parseEndpointId(row.text(0));
            if (!id) continue;  // listEndpoints() says what is wrong
            const store::Scope scope{row.text(1), row.integer(2)};
            // Of a tenant whose keys are destroyed: nobody opens them any more.
            const auto credentials = openUnbound(storage, *id, scope, row);
            if (credentials) PCG_TRY(replaceCredentials(storage, scope, *id, *credentials));
        }
        return {};
    });
}

namespace {

Result<EndpointRecord> readEndpoint(Storage& storage, const wire::EndpointId& id) {
    const auto row = PCG_TRY(storage.database.queryOne(
        std::string("SELECT ") + kColumns + " FROM endpoints WHERE id = ?", {id.text()}));
    if (!row) return fail(noSuchEndpoint(id));
    return recordOf(*row);
}

Result<> writeRecord(Storage& storage, const EndpointRecord& record) {
    const auto written = storage.database.execute(
        "UPDATE endpoints SET name = ?, url = ?, trust = ?, trust_anchor = ?, certificate = ?, "
        "tunnels = ? WHERE id = ?",
        {record.name,
         record.url,
         storedKind(record.trust),
         record.trust.anchor,
         record.certificate,
         storedTunnels(record),
         record.id.text()});
    if (!written && written.error().is(store::kConstraint)) return fail(nameTaken(record.name));
    if (!written) return fail(written.error());
    return {};
}

Result<> stillIs(const EndpointRecord& record, const EndpointChange& change) {
    if (!change.checkedAgainst || *change.checkedAgainst == EndpointIdentity::of(record)) return {};
    return fail(errc::kChangedMeanwhile,
                "The endpoint became another one while this change was asked for; it is " +
                    record.name + " at " + record.url +
                    " now, and nothing was changed. Look at it again, then repeat what is still "
                    "right.");
}

}  // namespace

Result<EndpointRecord> changeEndpoint(Storage storage,
                                      const store::Scope& scope,
                                      const wire::EndpointId& id,
                                      const EndpointChange& change) {
    // Outside of the transaction: it may make the scope's keys.
    if (change.credentials) PCG_TRY(storage.envelope.prepare(scope, KeyClass::Credentials));
    return store::transact(storage.database, [&]() -> Result<EndpointRecord> {
        auto record = PCG_TRY(readEndpoint(storage, id));
        PCG_TRY(stillIs(record, change));
        const bool isElsewhere = change.url && *change.url != record.url;
        std::optional<HeldCredentials> kept;
        if (isElsewhere && !change.credentials) kept = PCG_TRY(endpointCredentials(storage, id));
        if (isElsewhere || (change.trust && *change.trust != record.trust)) {
            record.certificate.clear();
        }
        if (change.name) record.name = *change.name;
        if (change.url) record.url = *change.url;
        if (change.trust) record.trust = *change.trust;
        if (change.tunnels) record.tunnels = *change.tunnels;
        PCG_TRY(writeRecord(storage, record));
        if (change.credentials) {
            PCG_TRY(replaceCredentials(storage, scope, id, *change.credentials));
        }
        if (kept) PCG_TRY(replaceCredentials(storage, kept->scope, id, *kept));
        return record;
    });
}

Result<> rememberCertificate(Storage storage, const wire::EndpointId& id, BytesView certificate) {
    const auto changed = PCG_TRY(storage.database.execute(
        "UPDATE endpoints SET certificate = ? WHERE id = ?", {certificate, id.text()}));
    if (changed == 0) return fail(noSuchEndpoint(id));
    return {};
}

}  // namespace pcg::gateway
