// SPDX-License-Identifier: Apache-2.0
#include "gateway/policy/stored_policy.h"

namespace pcg::gateway {
namespace {

Result<> makeRow(Storage storage) {
    PCG_TRY(storage.database.execute("INSERT OR IGNORE INTO policy (id) VALUES (1)", {}));
    return {};
}

}  // namespace

Result<StoredPolicy> loadPolicy(Storage storage) {
    const auto row =
        PCG_TRY(storage.database.queryOne("SELECT text, set_at, read_only, read_only_since, "
                                          "paused, paused_since, paused_why, learning, "
                                          "learning_since, learned FROM policy WHERE id = 1",
                                          {}));
    if (!row) return StoredPolicy{};
    return StoredPolicy{row->text(0),
                        row->text(1),
                        row->integer(2) != 0,
                        row->text(3),
                        row->integer(4) != 0,
                        row->text(5),
                        row->text(6),
                        row->integer(7) != 0,
                        row->text(8),
                        row->text(9)};
}

Result<> storePolicyText(Storage storage, const StoredPolicy& policy) {
    PCG_TRY(makeRow(storage));
    PCG_TRY(storage.database.execute("UPDATE policy SET text = ?, set_at = ?",
                                     {policy.text, policy.set_at}));
    return {};
}

Result<> storeReadOnly(Storage storage, const StoredPolicy& policy) {
    PCG_TRY(makeRow(storage));
    PCG_TRY(storage.database.execute("UPDATE policy SET read_only = ?, read_only_since = ?",
                                     {policy.read_only ? 1 : 0, policy.read_only_since}));
    return {};
}

Result<> storePause(Storage storage, const StoredPolicy& policy) {
    PCG_TRY(makeRow(storage));
    PCG_TRY(
        storage.database.execute("UPDATE policy SET paused = ?, paused_since = ?, paused_why = ?",
                                 {policy.paused ? 1 : 0, policy.paused_since, policy.paused_why}));
    return {};
}

Result<> storeLearning(Storage storage, const StoredPolicy& policy) {
    PCG_TRY(makeRow(storage));
    PCG_TRY(storage.database.execute("UPDATE policy SET learning = ?, learning_since = ?",
                                     {policy.learning ? 1 : 0, policy.learning_since}));
    return {};
}

Result<> storeLearned(Storage storage, const StoredPolicy& policy) {
    PCG_TRY(makeRow(storage));
    PCG_TRY(storage.database.execute("UPDATE policy SET learned = ?", {policy.learned}));
    return {};
}

Result<std::vector<OwnMachine>> loadOwnMachines(Storage storage) {
    const auto rows = PCG_TRY(storage.database.query(
        "SELECT endpoint_id, authority, key_id, machine FROM own_machines ORDER BY seq", {}));
    std::vector<OwnMachine> machines;
    machines.reserve(rows.size());
    for (const auto& row : rows)
        machines.push_back({row.text(0), row.text(1), row.text(2), row.text(3)});
    return machines;
}

Result<> storeOwnMachine(Storage storage, const OwnMachine& machine) {
    PCG_TRY(storage.database.execute(
        "INSERT OR IGNORE INTO own_machines (endpoint_id, authority, key_id, machine) SELECT ?, ?, "
        "?, ? "
        "WHERE EXISTS (SELECT 1 FROM endpoints WHERE id = ?)",
        {machine.endpoint, machine.authority, machine.key, machine.machine, machine.endpoint}));
    PCG_TRY(
        storage.database.execute("DELETE FROM own_machines WHERE seq <= (SELECT seq FROM "
                                 "own_machines ORDER BY seq DESC LIMIT 1 "
                                 "OFFSET ?)",
                                 {kMostOwnMachines}));
    return {};
}

}  // namespace pcg::gateway
