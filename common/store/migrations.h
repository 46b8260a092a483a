// SPDX-License-Identifier: Apache-2.0
// Brings a database to the schema that this program was written for, forwards only.
//
// Each migration runs once, in a transaction of its own, and is recorded with a checksum of its
// text, whatever was applied before it: a migration must not rely on a higher number. A released
// migration that was edited is found (store.changed_migration), and so is a database that a newer
// program has already moved on (store.newer_schema). The checksum is FNV-1a: it is against mistakes
// only.
#pragma once

#include "common/store/database.h"

#include <span>
#include <string_view>
#include <vector>

namespace pcg::store {

struct Migration {
    int number = 0;  // rising; gaps are allowed, so that independent changes can have ranges
    std::string_view name;
    std::vector<std::string_view> statements;
};

Result<> migrate(Database& database, std::span<const Migration> migrations);

}  // namespace pcg::store
