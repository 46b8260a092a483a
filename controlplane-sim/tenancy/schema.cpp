// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/tenancy/schema.h"

#include "common/store/envelope.h"

namespace pcg::controlplane {
namespace {

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
                  gateway_id TEXT PRIMARY KEY REFERENCES gateways(id),
                  renew_id BLOB NOT NULL,
                  request_sha256 BLOB NOT NULL,
                  counter INTEGER NOT NULL,
                  user_jwt TEXT NOT NULL,
                  client_cert_chain TEXT NOT NULL,
                  at_ms INTEGER NOT NULL) STRICT)",
         }},
    };
    return all;
}

}  // namespace

std::span<const store::Migration> schema() { return migrations(); }

}  // namespace pcg::controlplane
