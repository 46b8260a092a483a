// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/upload_journal.h"

#include "common/log/log.h"
#include "gateway/errc.h"

namespace pcg::gateway {
namespace {

using store::KeyClass;

constexpr log::Logger kLog("state");
constexpr std::int64_t kMostRows = 512;

store::Cell cellOf(const std::string& id) { return {"uploads", id, "ordered"}; }

Result<upload::Record> recordOf(Storage& storage, const store::Row& row) {
    const store::Scope scope{row.text(1), row.integer(2)};
    const auto opened =
        PCG_TRY(storage.envelope.open(scope, KeyClass::Spool, cellOf(row.text(0)), row.blob(3)));
    const auto ordered = PCG_TRY(codec::json::parseObject(opened.revealText()));
    upload::Record record(PCG_TRY(upload::Order::parse(ordered)));
    const auto state = wire::parseUploadState(row.text(4));
    if (!state) return fail(errc::kStateDamaged, "The state of an upload is not known.");
    record.state = *state;
    const auto progress = PCG_TRY(codec::json::parseObject(row.text(5)));
    PCG_TRY(record.restore(progress));
    return record;
}

Result<> prune(Storage& storage) {
    PCG_TRY(storage.database.execute(
        "DELETE FROM uploads WHERE is_over = 1 AND id NOT IN (SELECT id FROM uploads WHERE is_over "
        "= 1 ORDER BY changed_at_ms DESC, id LIMIT ?)",
        {kMostUploadsOver}));
    return {};
}

}  // namespace

Result<> storeUpload(Storage storage, const upload::Record& record) {
    const auto id = record.order.id.text();
    const auto endpoint = record.order.endpoint.text();
    const auto progress = codec::json::write(record.toJson());
    const auto changed = toUnixMilliseconds(record.changedAt);
    const auto known =
        PCG_TRY(storage.database.queryOne("SELECT id FROM uploads WHERE id = ?", {id}));
    if (known) {
        PCG_TRY(storage.database.execute(
            "UPDATE uploads SET state = ?, is_over = ?, progress = ?, changed_at_ms = ? WHERE id = "
            "?",
            {wire::nameOf(record.state), record.isOver() ? 1 : 0, progress, changed, id}));
        if (record.isOver()) PCG_TRY(prune(storage));
        return {};
    }
    const auto row = PCG_TRY(storage.database.queryOne(
        "SELECT scope_tenant, scope_epoch FROM endpoints WHERE id = ?", {endpoint}));
    if (!row) return fail(errc::kNoSuchEndpoint, "endpoint: there is no " + endpoint + ".");
    const store::Scope scope{row->text(0), row->integer(1)};
    auto text = codec::json::write(record.order.toJson());
    const auto sealed =
        PCG_TRY(storage.envelope.seal(scope, KeyClass::Spool, cellOf(id), asBytes(text)));
    wipe(text);
    PCG_TRY(storage.database.execute(
        "INSERT INTO uploads (id, endpoint_id, scope_tenant, scope_epoch, ordered, state, is_over, "
        "progress, created_at_ms, changed_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {id,
         endpoint,
         scope.tenant,
         scope.epoch,
         sealed,
         wire::nameOf(record.state),
         record.isOver() ? 1 : 0,
         progress,
         toUnixMilliseconds(record.createdAt),
         changed}));
    return {};
}

Result<std::vector<upload::Record>> loadUploads(Storage storage) {
    const auto rows = PCG_TRY(storage.database.query(
        "SELECT id, scope_tenant, scope_epoch, ordered, state, progress FROM uploads ORDER BY "
        "created_at_ms, id LIMIT ?",
        {kMostRows}));
    std::vector<upload::Record> records;
    for (const auto& row : rows) {
        auto record = recordOf(storage, row);
        if (record) {
            records.push_back(std::move(*record));
            continue;
        }
        kLog.failure(
            log::Level::Warn, "state.upload_lost", record.error(), {{"upload", row.text(0)}});
        PCG_TRY(storage.database.execute("DELETE FROM uploads WHERE id = ?", {row.text(0)}));
    }
    return records;
}

}  // namespace pcg::gateway
