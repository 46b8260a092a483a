// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/open_sessions.h"

#include "common/log/log.h"
#include "gateway/errc.h"

namespace pcg::gateway {
namespace {

using store::KeyClass;

constexpr log::Logger kLog("state");

// The address is part of the cell, as for credentials: it opens for no other.
store::Cell cellOf(const std::string& id, const std::string& authority) {
    return {"open_sessions", id, "secret@" + authority};
}

std::int64_t millisecondsOf(WallTime time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

Result<proxy::JournalEntry> entryOf(Storage& storage, const store::Row& row) {
    proxy::JournalEntry entry;
    entry.id = row.text(0);
    entry.endpoint = PCG_TRY(wire::parseEndpointId(row.text(1)));
    entry.authority = row.text(2);
    entry.session_manager = row.text(3);
    entry.rest_path = row.text(4);
    const store::Scope scope{row.text(5), row.integer(6)};
    entry.secret = PCG_TRY(storage.envelope.open(
        scope, KeyClass::Credentials, cellOf(entry.id, entry.authority), row.blob(7)));
    return entry;
}

}  // namespace

Result<std::string> noteOpenSession(Storage storage,
                                    const std::string& run,
                                    const proxy::JournalEntry& entry) {
    const auto row = PCG_TRY(storage.database.queryOne(
        "SELECT scope_tenant, scope_epoch FROM endpoints WHERE id = ?", {entry.endpoint.text()}));
    if (!row) {
        return fail(errc::kNoSuchEndpoint, "There is no endpoint " + entry.endpoint.text() + ".");
    }
    const store::Scope scope{row->text(0), row->integer(1)};
    auto id = toHex(storage.random.array<16>());
    const auto sealed = PCG_TRY(storage.envelope.seal(
        scope, KeyClass::Credentials, cellOf(id, entry.authority), entry.secret.reveal()));
    PCG_TRY(storage.database.execute(
        "INSERT INTO open_sessions SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM "
        "open_sessions) < ?",
        {id,
         entry.endpoint.text(),
         entry.authority,
         entry.session_manager,
         entry.rest_path,
         scope.tenant,
         scope.epoch,
         sealed,
         run,
         millisecondsOf(storage.clock.wallNow()),
         static_cast<std::int64_t>(kMaxOpenSessions)}));
    return id;
}

Result<> forgetOpenSession(Storage storage, const std::string& id) {
    PCG_TRY(storage.database.execute("DELETE FROM open_sessions WHERE id = ?", {id}));
    return {};
}

Result<std::vector<proxy::JournalEntry>> sessionsOfOtherRuns(Storage storage,
                                                             const std::string& run) {
    const auto oldest = millisecondsOf(storage.clock.wallNow() - kForgetAfter);
    PCG_TRY(storage.database.execute("DELETE FROM open_sessions WHERE opened_at_ms < ?", {oldest}));
    const auto rows = PCG_TRY(storage.database.query(
        "SELECT id, endpoint_id, authority, session_manager, rest_path, scope_tenant, scope_epoch, "
        "secret FROM open_sessions WHERE run <> ? ORDER BY opened_at_ms LIMIT ?",
        {run, static_cast<std::int64_t>(kMaxOpenSessions)}));
    std::vector<proxy::JournalEntry> entries;
    for (const auto& row : rows) {
        auto entry = entryOf(storage, row);
        if (entry) {
            entries.push_back(std::move(*entry));
        } else {
            PCG_TRY(forgetOpenSession(storage, row.text(0)));
        }
    }
    return entries;
}

net::Task<Result<std::string>> StoredSessions::opened(proxy::JournalEntry entry) {
    auto work = [run = run_, entry = std::move(entry)](Storage storage) {
        return noteOpenSession(storage, run, entry);
    };
    co_return co_await state_.run(std::move(work));
}

net::Task<void> StoredSessions::closed(std::string id) {
    auto work = [id = std::move(id)](Storage storage) { return forgetOpenSession(storage, id); };
    const auto done = co_await state_.run(std::move(work));
    if (!done) kLog.failure(log::Level::Warn, "state.session_not_forgotten", done.error(), {});
}

net::Task<Result<std::vector<proxy::JournalEntry>>> StoredSessions::leftOver() {
    auto work = [run = run_](Storage storage) { return sessionsOfOtherRuns(storage, run); };
    co_return co_await state_.run(std::move(work));
}

}  // namespace pcg::gateway
