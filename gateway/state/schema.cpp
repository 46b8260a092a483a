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
        {4,
         "remote administration",
         {// The certificate that the endpoint had when it was last trusted; DER.
          "ALTER TABLE endpoints ADD COLUMN certificate BLOB",
          "ALTER TABLE access_keys ADD COLUMN label TEXT NOT NULL DEFAULT ''",
          "ALTER TABLE access_keys ADD COLUMN last_used_at_ms INTEGER",
          // What the data center lets a tenant do from the portal; gone with the pairing.
          "CREATE TABLE remote_access (scope_tenant TEXT NOT NULL, scope_epoch INTEGER NOT NULL, "
          "endpoints INTEGER NOT NULL, keys INTEGER NOT NULL, PRIMARY KEY (scope_tenant, "
          "scope_epoch)) STRICT"}},
        {5,
         "credentials for one address",
         {// 0: sealed by an earlier version, for an endpoint at whatever address
          // (bindEarlierCredentials).
          "ALTER TABLE endpoints ADD COLUMN credentials_bound INTEGER NOT NULL DEFAULT 0"}},
        {6,
         "calls apart from events",
         {"ALTER TABLE audit ADD COLUMN call INTEGER NOT NULL DEFAULT 0",
          "UPDATE audit SET call = 1 WHERE event = 'proxy.call'",
          "CREATE INDEX audit_by_kind ON audit (call, seq)"}},
        {7,
         "signing keys",
         {// Of endpoints whose clients sign with the secret (MAAS): sealed, under this scope's
          // keys.
          "ALTER TABLE access_keys ADD COLUMN secret BLOB",
          "ALTER TABLE access_keys ADD COLUMN secret_tenant TEXT NOT NULL DEFAULT ''",
          "ALTER TABLE access_keys ADD COLUMN secret_epoch INTEGER NOT NULL DEFAULT 0"}},
        {8,
         "policy",
         {// One row: the data center's own, whoever the tenant is.
          "CREATE TABLE policy (id INTEGER PRIMARY KEY CHECK (id = 1), text TEXT NOT NULL DEFAULT "
          "'', "
          "set_at TEXT NOT NULL DEFAULT '', read_only INTEGER NOT NULL DEFAULT 0, read_only_since "
          "TEXT "
          "NOT NULL DEFAULT '', paused INTEGER NOT NULL DEFAULT 0, paused_since TEXT NOT NULL "
          "DEFAULT "
          "'', paused_why TEXT NOT NULL DEFAULT '', learning INTEGER NOT NULL DEFAULT 0, "
          "learning_since "
          "TEXT NOT NULL DEFAULT '', learned TEXT NOT NULL DEFAULT '') STRICT",
          "CREATE TABLE own_machines (seq INTEGER PRIMARY KEY AUTOINCREMENT, endpoint_id TEXT NOT "
          "NULL "
          "REFERENCES endpoints (id) ON DELETE CASCADE, authority TEXT NOT NULL, key_id TEXT NOT "
          "NULL, "
          "machine TEXT NOT NULL, UNIQUE (endpoint_id, authority, key_id, machine)) STRICT"}},
        {9,
         "open sessions",
         {"CREATE TABLE open_sessions (id TEXT PRIMARY KEY, endpoint_id TEXT NOT NULL REFERENCES "
          "endpoints (id) ON DELETE CASCADE, authority TEXT NOT NULL, session_manager TEXT NOT "
          "NULL, rest_path TEXT NOT NULL, scope_tenant TEXT NOT NULL, scope_epoch INTEGER NOT "
          "NULL, secret BLOB NOT NULL, run TEXT NOT NULL, opened_at_ms INTEGER NOT NULL) STRICT",
          "CREATE INDEX open_sessions_endpoint ON open_sessions (endpoint_id)"}},
        {10,
         "tunnels",
         {// Where tunnels may lead: host:port, separated by blanks; empty: nowhere.
          "ALTER TABLE endpoints ADD COLUMN tunnels TEXT NOT NULL DEFAULT ''"}},
        {13,
         "keys with roles of the policy file",
         {// Empty: the built-in role counts. With a name, `role` is inventory.
          "ALTER TABLE access_keys ADD COLUMN file_role TEXT NOT NULL DEFAULT ''"}},
        {30,
         "chained audit",
         {// Place 0: written before there was a chain.
          "ALTER TABLE audit ADD COLUMN place INTEGER NOT NULL DEFAULT 0",
          "ALTER TABLE audit ADD COLUMN chain BLOB",
          // The last line that left of each kind: the chain begins after it.
          "CREATE TABLE audit_cuts (call INTEGER PRIMARY KEY, place INTEGER NOT NULL, chain BLOB "
          "NOT NULL) STRICT"}},
        {40,
         "uploads by reference",
         {// `ordered` is sealed, under this scope's keys; `progress` holds no secret.
          "CREATE TABLE uploads (id TEXT PRIMARY KEY, endpoint_id TEXT NOT NULL REFERENCES "
          "endpoints (id) ON DELETE CASCADE, scope_tenant TEXT NOT NULL, scope_epoch INTEGER NOT "
          "NULL, ordered BLOB NOT NULL, state TEXT NOT NULL, is_over INTEGER NOT NULL, progress "
          "TEXT NOT NULL, created_at_ms INTEGER NOT NULL, changed_at_ms INTEGER NOT NULL) STRICT",
          "CREATE INDEX uploads_endpoint ON uploads (endpoint_id)"}},
    };
    return kMigrations;
}

}  // namespace pcg::gateway
