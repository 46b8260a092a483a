// SPDX-License-Identifier: Apache-2.0
#include "common/store/migrations.h"

#include "common/base/assert.h"
#include "common/base/clock.h"
#include "common/store/errc.h"

#include <algorithm>
#include <cstdio>
#include <set>

namespace pcg::store {
namespace {

std::string checksum(const Migration& migration) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const auto statement : migration.statements) {
        for (const auto octet : asBytes(statement)) hash = (hash ^ octet) * 0x100000001b3ULL;
        hash = (hash ^ ';') * 0x100000001b3ULL;
    }
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

const Migration* findNumber(std::span<const Migration> known, std::int64_t number) {
    const auto found = std::find_if(known.begin(), known.end(), [number](const auto& migration) {
        return migration.number == number;
    });
    return found == known.end() ? nullptr : &*found;
}

Result<> checkApplied(const Database& database, const Row& row, std::span<const Migration> known) {
    const auto number = row.integer(0);
    const auto newest = known.empty() ? 0 : known.back().number;
    if (number > newest) {
        return fail(kNewerSchema,
                    "The database " + database.file().string() +
                        " was written by a newer version (schema " + std::to_string(number) +
                        ", this one knows " + std::to_string(newest) +
                        "). Install that version again.");
    }
    const auto* migration = findNumber(known, number);
    if (migration != nullptr && row.text(1) == checksum(*migration)) return {};
    return fail(kChangedMigration,
                "The database " + database.file().string() + ": migration " +
                    std::to_string(number) + " (" +
                    std::string(migration == nullptr ? "unknown here" : migration->name) +
                    ") is not the one that was applied. Install a released version.");
}

Result<> apply(Database& database, const Migration& migration) {
    return transact(database, [&]() -> Result<> {
        for (const auto statement : migration.statements) PCG_TRY(database.execute(statement));
        PCG_TRY(database.execute("INSERT INTO schema_migrations VALUES (?, ?, ?, ?)",
                                 {migration.number,
                                  migration.name,
                                  checksum(migration),
                                  toRfc3339(std::chrono::system_clock::now())}));
        return {};
    });
}

}  // namespace

Result<> migrate(Database& database, std::span<const Migration> migrations) {
    for (std::size_t i = 1; i < migrations.size(); ++i)
        PCG_ASSERT(migrations[i - 1].number < migrations[i].number);
    PCG_TRY(database.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations (number INTEGER PRIMARY KEY, "
        "name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT"));
    const auto applied = PCG_TRY(
        database.query("SELECT number, checksum FROM schema_migrations ORDER BY number DESC"));
    std::set<std::int64_t> done;
    for (const auto& row : applied) {
        PCG_TRY(checkApplied(database, row, migrations));
        done.insert(row.integer(0));
    }
    for (const auto& migration : migrations) {
        if (done.contains(migration.number)) continue;
        auto outcome = apply(database, migration);
        if (!outcome) {
            return fail(std::move(outcome).error().context("migration " +
                                                           std::to_string(migration.number)));
        }
    }
    return {};
}

}  // namespace pcg::store
