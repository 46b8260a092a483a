// SPDX-License-Identifier: Apache-2.0
// Which columns of the tenants' tables are sealed, and how a row comes under the newest key.
//
// A sealed column is a pair: "name_sealed" holds the sealed text; the text column "name" holds the
// blind index where one is needed, nothing otherwise. "key_epoch" says which generation of keys a
// row is under, -1 that an older version of this program wrote it in plain. A table that is listed
// here is brought up to date by migration and rotation alike. Storage thread.
#pragma once

#include "controlplane-sim/tenancy/tenant_vault.h"

#include <span>
#include <string_view>

namespace pcg::controlplane {

inline constexpr std::int64_t kPlainEpoch = -1;

struct SealedColumn {
    std::string_view plain;    // "name"
    std::string_view sealed;   // "name_sealed"
    std::string_view field;    // of the blind index, "gateway.name"; empty: there is none
    bool ignoresCase = false;  // the index is of the text in lower case
};

struct SealedTable {
    std::string_view name;
    std::string_view key;  // the text column that names a row, together with tenant_id
    std::vector<SealedColumn> columns;
};

// Every table with sealed columns; the audit has its own way (audit_store.h).
std::span<const SealedTable> sealedTables();

// Seals anew what is plain or under an older key, at most `limit` rows, in one transaction. How
// many it were: fewer than `limit` is the end.
Result<std::size_t> reseal(store::Database& database,
                           const TenantScope& scope,
                           const SealedTable& table,
                           std::size_t limit);

// What an older version left in plain, of every tenant. Run at start, before anybody waits.
Result<std::size_t> sealPlainRows(store::Database& database, const PlatformAuthority& authority);

}  // namespace pcg::controlplane
