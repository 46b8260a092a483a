// SPDX-License-Identifier: Apache-2.0
#include "gateway/state/schema.h"

#include "common/store/envelope.h"

#include <vector>

namespace pcg::gateway {

std::span<const store::Migration> gatewayMigrations() {
    static const std::vector<store::Migration> kMigrations{
        {1, "envelope", store::envelopeSchema()},
        {2,
         "endpoints",
         {"CREATE TABLE endpoints (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, "
          "kind TEXT NOT NULL, url TEXT NOT NULL, trust TEXT NOT NULL CHECK (trust IN ('ca', "
          "'pin')), "
          "trust_anchor TEXT NOT NULL, scope_tenant TEXT NOT NULL, scope_epoch INTEGER NOT NULL, "
          "username BLOB NOT NULL, password BLOB NOT NULL, created_at TEXT NOT NULL) STRICT",
          "CREATE TABLE access_keys (id TEXT PRIMARY KEY, endpoint_id TEXT NOT NULL "
          "REFERENCES endpoints (id) ON DELETE CASCADE, role TEXT NOT NULL, salt BLOB NOT NULL, "
          "hash BLOB NOT NULL, created_at TEXT NOT NULL, expires_at_ms INTEGER, revoked_at TEXT) "
          "STRICT",
          "CREATE INDEX access_keys_endpoint ON access_keys (endpoint_id)"}},
        {3,
         "audit",
         {"CREATE TABLE audit (seq INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, event TEXT "
          "NOT NULL, "
          "data TEXT NOT NULL) STRICT"}},
    };
    return kMigrations;
}

}  // namespace pcg::gateway
