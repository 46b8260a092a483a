// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/schema.h"

#include "common/store/envelope.h"
#include "controlplane-sim/audit/audit_store.h"
#include "controlplane-sim/deploy/schema.h"
#include "controlplane-sim/observe/audit_witness.h"
#include "controlplane-sim/observe/metrics_keeper.h"
#include "controlplane-sim/observe/timeline.h"
#include "controlplane-sim/tenancy/uploads.h"

namespace pcg::controlplane {
namespace {

// A user has an id, which the other tables name; the name, the password's hash and the labels of
// tokens are sealed at the next start, and plain (key_epoch -1) until then (sealed_table.h).
const std::vector<std::string_view>& sealedUsersSchema() {
    static const std::vector<std::string_view> statements = {
        R"(CREATE TABLE users_by_id (
             tenant_id TEXT NOT NULL REFERENCES tenants(id),
             id TEXT NOT NULL,
             username TEXT NOT NULL,
             username_sealed BLOB,
             role TEXT NOT NULL CHECK (role IN ('admin','operator','auditor')),
             password_hash TEXT NOT NULL,
             password_hash_sealed BLOB,
             created_at_ms INTEGER NOT NULL,
             last_sign_in_at_ms INTEGER,
             key_epoch INTEGER NOT NULL DEFAULT -1,
             PRIMARY KEY (tenant_id, id),
             UNIQUE (tenant_id, username)) STRICT)",
        R"(INSERT INTO users_by_id (tenant_id, id, username, role, password_hash, created_at_ms,
             last_sign_in_at_ms)
           SELECT tenant_id, 'usr_' || lower(hex(randomblob(16))), username, role, password_hash,
                  created_at_ms, last_sign_in_at_ms
             FROM users)",
        R"(CREATE TABLE tokens_by_id (
             sha256 BLOB PRIMARY KEY,
             tenant_id TEXT NOT NULL,
             id TEXT NOT NULL,
             user_id TEXT NOT NULL,
             label TEXT NOT NULL,
             label_sealed BLOB,
             role TEXT NOT NULL CHECK (role IN ('admin','operator','auditor')),
             created_at_ms INTEGER NOT NULL,
             expires_at_ms INTEGER,
             last_used_at_ms INTEGER,
             key_epoch INTEGER NOT NULL DEFAULT -1,
             UNIQUE (tenant_id, id),
             FOREIGN KEY (tenant_id, user_id) REFERENCES users_by_id(tenant_id, id)) STRICT)",
        R"(INSERT INTO tokens_by_id (sha256, tenant_id, id, user_id, label, role, created_at_ms,
             expires_at_ms, last_used_at_ms)
           SELECT k.sha256, k.tenant_id, k.id, u.id, k.label, k.role, k.created_at_ms,
                  k.expires_at_ms, k.last_used_at_ms
             FROM api_tokens k
             JOIN users_by_id u ON u.tenant_id = k.tenant_id AND u.username = k.username)",
        R"(CREATE TABLE sessions_by_id (
             sha256 BLOB PRIMARY KEY,
             tenant_id TEXT NOT NULL,
             user_id TEXT NOT NULL,
             created_at_ms INTEGER NOT NULL,
             seen_at_ms INTEGER NOT NULL,
             stepped_up_until_ms INTEGER,
             FOREIGN KEY (tenant_id, user_id) REFERENCES users_by_id(tenant_id, id)) STRICT)",
        R"(INSERT INTO sessions_by_id
           SELECT s.sha256, s.tenant_id, u.id, s.created_at_ms, s.seen_at_ms, s.stepped_up_until_ms
             FROM sessions s
             JOIN users_by_id u ON u.tenant_id = s.tenant_id AND u.username = s.username)",
        // The kept answers are sealed for the old name of their principal: given up, as at a
        // rotation, while the keys stay taken.
        R"(UPDATE idempotency_keys SET status = 0, answer = NULL, principal = coalesce(
             (SELECT 'user:' || u.id FROM users_by_id u
               WHERE u.tenant_id = idempotency_keys.tenant_id
                 AND 'user:' || u.username = idempotency_keys.principal), principal)
           WHERE principal LIKE 'user:%')",
        "DROP TABLE sessions",
        "DROP TABLE api_tokens",
        "DROP TABLE users",
        "ALTER TABLE users_by_id RENAME TO users",
        "ALTER TABLE tokens_by_id RENAME TO api_tokens",
        "ALTER TABLE sessions_by_id RENAME TO sessions",
        "CREATE INDEX api_tokens_by_user ON api_tokens(tenant_id, user_id)",
        "CREATE INDEX sessions_by_user ON sessions(tenant_id, user_id)",
    };
    return statements;
}

const std::vector<store::Migration>& migrations() {
    static const std::vector<store::Migration> all = {
        {1,
         "tenants, users, tokens",
         {
             R"(CREATE TABLE tenants (
                  id TEXT PRIMARY KEY,
                  name TEXT NOT NULL UNIQUE COLLATE NOCASE,
                  created_at_ms INTEGER NOT NULL) STRICT)",
             R"(CREATE TABLE users (
                  tenant_id TEXT NOT NULL REFERENCES tenants(id),
                  username TEXT NOT NULL,
                  role TEXT NOT NULL CHECK (role IN ('admin','operator','auditor')),
                  password_hash TEXT NOT NULL,
                  created_at_ms INTEGER NOT NULL,
                  PRIMARY KEY (tenant_id, username)) STRICT)",
             R"(CREATE TABLE api_tokens (
                  sha256 BLOB PRIMARY KEY,
                  tenant_id TEXT NOT NULL,
                  username TEXT NOT NULL,
                  created_at_ms INTEGER NOT NULL,
                  expires_at_ms INTEGER,
                  FOREIGN KEY (tenant_id, username) REFERENCES users(tenant_id, username)) STRICT)",
         }},
        {2,
         "gateways, enrollments, endpoints",
         {
             // A bound id stays bound to its tenant until it is released: a stolen gateway cannot
             // be claimed.
             R"(CREATE TABLE gateways (
                  id TEXT PRIMARY KEY,
                  tenant_id TEXT NOT NULL REFERENCES tenants(id),
                  name TEXT NOT NULL,
                  device_spki BLOB NOT NULL,
                  nkey TEXT NOT NULL,
                  epoch INTEGER NOT NULL,
                  state TEXT NOT NULL CHECK (state IN ('issued','active','released')),
                  bound_at_ms INTEGER NOT NULL,
                  UNIQUE (tenant_id, name)) STRICT)",
             "CREATE UNIQUE INDEX gateways_by_nkey ON gateways(nkey)",
             R"(CREATE TABLE enrollments (
                  claim_id TEXT PRIMARY KEY,
                  tenant_id TEXT NOT NULL REFERENCES tenants(id),
                  gateway_id TEXT NOT NULL REFERENCES gateways(id),
                  epoch INTEGER NOT NULL,
                  nkey TEXT NOT NULL,
                  state TEXT NOT NULL CHECK (state IN ('issued','active','expired','released')),
                  request_sha256 BLOB NOT NULL,
                  response BLOB NOT NULL,
                  issued_at_ms INTEGER NOT NULL) STRICT)",
             R"(CREATE TABLE issuance_log (
                  number INTEGER PRIMARY KEY AUTOINCREMENT,
                  at_ms INTEGER NOT NULL,
                  tenant_id TEXT NOT NULL,
                  gateway_id TEXT NOT NULL,
                  what TEXT NOT NULL,
                  detail TEXT NOT NULL) STRICT)",
             R"(CREATE TABLE endpoints (
                  id TEXT PRIMARY KEY,
                  tenant_id TEXT NOT NULL REFERENCES tenants(id),
                  gateway_id TEXT NOT NULL REFERENCES gateways(id),
                  name TEXT NOT NULL,
                  kind TEXT NOT NULL,
                  state TEXT NOT NULL,
                  why TEXT NOT NULL,
                  ingress_port INTEGER,
                  present INTEGER NOT NULL) STRICT)",
             "CREATE INDEX endpoints_by_gateway ON endpoints(tenant_id, gateway_id)",
         }},
        {3,
         "revoked nkeys",
         {
             // The bus honours a newer JWT for a revoked key, so the issuer must remember and
             // refuse.
             R"(CREATE TABLE revoked_nkeys (
                  nkey TEXT PRIMARY KEY,
                  tenant_id TEXT NOT NULL REFERENCES tenants(id),
                  at_ms INTEGER NOT NULL) STRICT)",
         }},
        {4, "sealed secrets", store::envelopeSchema()},
        {5,
         "settings",
         {"CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT"}},
        {6,
         "renewal",
         {
             // How often its papers were renewed. NULL: paired before there was a ratchet, so its
             // next renewal need not show one.
             "ALTER TABLE gateways ADD COLUMN renewals INTEGER",
             "ALTER TABLE gateways ADD COLUMN quarantine_why TEXT",
             "ALTER TABLE gateways ADD COLUMN recover_until_ms INTEGER",
             // The last answer, for whoever did not get it. Without the gateway's keys it is
             // nothing; the ratchet's value is not in it.
             R"(CREATE TABLE renewals (
                  gateway_id TEXT PRIMARY KEY REFERENCES gateways(id) ON DELETE CASCADE,
                  renew_id BLOB NOT NULL,
                  request_sha256 BLOB NOT NULL,
                  counter INTEGER NOT NULL,
                  user_jwt TEXT NOT NULL,
                  client_cert_chain TEXT NOT NULL,
                  at_ms INTEGER NOT NULL) STRICT)",
         }},
        {10,
         "sessions, tokens with roles, idempotency keys",
         {
             "ALTER TABLE users ADD COLUMN last_sign_in_at_ms INTEGER",
             "ALTER TABLE api_tokens ADD COLUMN id TEXT",
             "ALTER TABLE api_tokens ADD COLUMN label TEXT NOT NULL DEFAULT 'made with the tenant'",
             "ALTER TABLE api_tokens ADD COLUMN role TEXT NOT NULL DEFAULT 'admin' "
             "CHECK (role IN ('admin','operator','auditor'))",
             "ALTER TABLE api_tokens ADD COLUMN last_used_at_ms INTEGER",
             "UPDATE api_tokens SET id = 'tok_' || lower(hex(substr(sha256, 1, 13)))",
             "CREATE UNIQUE INDEX api_tokens_by_id ON api_tokens(tenant_id, id)",
             R"(CREATE TABLE sessions (
                  sha256 BLOB PRIMARY KEY,
                  tenant_id TEXT NOT NULL,
                  username TEXT NOT NULL,
                  created_at_ms INTEGER NOT NULL,
                  seen_at_ms INTEGER NOT NULL,
                  stepped_up_until_ms INTEGER,
                  FOREIGN KEY (tenant_id, username) REFERENCES users(tenant_id, username)) STRICT)",
             "CREATE INDEX sessions_by_user ON sessions(tenant_id, username)",
             // tenant_id is '' for the platform's operator; status 0 is a reservation.
             R"(CREATE TABLE idempotency_keys (
                  tenant_id TEXT NOT NULL,
                  principal TEXT NOT NULL,
                  key TEXT NOT NULL,
                  request_sha256 BLOB NOT NULL,
                  status INTEGER NOT NULL,
                  answer BLOB,
                  at_ms INTEGER NOT NULL,
                  PRIMARY KEY (tenant_id, principal, key)) STRICT)",
             "CREATE INDEX idempotency_keys_by_age ON idempotency_keys(at_ms)",
             // Of tenants that left: what their gateways were is not to be issued anything again.
             "CREATE TABLE retired_nkeys (nkey TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) STRICT",
         }},
        {20,
         "names and reasons sealed; tenants that leave",
         {
             // The column `name` of a gateway holds the blind index from here on, and keeps its
             // uniqueness; the other plain columns are empty (sealed_table.h).
             "ALTER TABLE gateways ADD COLUMN name_sealed BLOB",
             "ALTER TABLE gateways ADD COLUMN key_epoch INTEGER NOT NULL DEFAULT -1",
             "ALTER TABLE endpoints ADD COLUMN name_sealed BLOB",
             "ALTER TABLE endpoints ADD COLUMN why_sealed BLOB",
             "ALTER TABLE endpoints ADD COLUMN key_epoch INTEGER NOT NULL DEFAULT -1",
             "ALTER TABLE tenants ADD COLUMN leaving_at_ms INTEGER",
             // The last word to the broker about an account whose keys are gone already.
             R"(CREATE TABLE bus_tombstones (
                  leaving_tenant TEXT PRIMARY KEY,
                  jwt TEXT NOT NULL) STRICT)",
         }},
        {21, "audit", auditSchema()},
        {22, "timeline of gateways", timelineSchema()},
        {23, "audit without the traffic of long ago", auditThinningSchema()},
        {40, "deployments", deploy::deploySchema()},
        {50,
         "system gateways",
         {
             "ALTER TABLE gateways ADD COLUMN kind TEXT NOT NULL DEFAULT 'paired' "
             "CHECK (kind IN ('paired','system'))",
             // One a tenant. `instance` names the directory of its process; a row is there until
             // that directory is wiped.
             R"(CREATE TABLE system_gateways (
                  tenant_id TEXT PRIMARY KEY REFERENCES tenants(id),
                  instance TEXT NOT NULL UNIQUE,
                  state TEXT NOT NULL CHECK (state IN ('offered','withdrawn')),
                  offered_at_ms INTEGER NOT NULL) STRICT)",
         }},
        {51, "users' names and hashes, and tokens' labels, sealed", sealedUsersSchema()},
        {80, "heads of gateways' audits", auditWitnessSchema()},
        {81, "metrics of endpoints", metricsSchema()},
        {90, "uploads by reference", uploadsSchema()},
    };
    return all;
}

}  // namespace

std::span<const store::Migration> schema() { return migrations(); }

}  // namespace pcg::controlplane
