// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/deploy/schema.h"

namespace pcg::controlplane::deploy {

// "x_sealed" is sealed for its cell, "x" beside it stays empty; key_epoch is the generation of the
// tenant's keys that a row was written under, or an older one.
const std::vector<std::string_view>& deploySchema() {
    static const std::vector<std::string_view> statements = {
        R"(CREATE TABLE deployments (
             id TEXT PRIMARY KEY,
             tenant_id TEXT NOT NULL REFERENCES tenants(id) ON DELETE CASCADE,
             key_epoch INTEGER NOT NULL,
             spec TEXT NOT NULL DEFAULT '',
             spec_sealed BLOB NOT NULL,
             placement TEXT NOT NULL DEFAULT '',
             placement_sealed BLOB,
             user_data TEXT NOT NULL DEFAULT '',
             user_data_sealed BLOB,
             user_data_sha256 TEXT NOT NULL DEFAULT '',
             why TEXT NOT NULL DEFAULT '',
             why_sealed BLOB,
             plan_failed INTEGER NOT NULL DEFAULT 0,
             deleting INTEGER NOT NULL DEFAULT 0,
             was_ready INTEGER NOT NULL DEFAULT 0,
             revision INTEGER NOT NULL DEFAULT 1,
             created_at_ms INTEGER NOT NULL) STRICT)",
        "CREATE INDEX deployments_by_tenant ON deployments(tenant_id, id)",
        R"(CREATE TABLE deployment_machines (
             uuid TEXT PRIMARY KEY,
             tenant_id TEXT NOT NULL REFERENCES tenants(id) ON DELETE CASCADE,
             deployment_id TEXT NOT NULL REFERENCES deployments(id) ON DELETE CASCADE,
             key_epoch INTEGER NOT NULL,
             wished INTEGER NOT NULL,
             record TEXT NOT NULL DEFAULT '',
             record_sealed BLOB NOT NULL) STRICT)",
        "CREATE INDEX machines_by_deployment ON deployment_machines(tenant_id, deployment_id)",
        R"(CREATE TABLE orchestrator_keys (
             endpoint_id TEXT PRIMARY KEY,
             tenant_id TEXT NOT NULL REFERENCES tenants(id) ON DELETE CASCADE,
             key_epoch INTEGER NOT NULL,
             username TEXT NOT NULL DEFAULT '',
             username_sealed BLOB NOT NULL,
             password TEXT NOT NULL DEFAULT '',
             password_sealed BLOB NOT NULL) STRICT)",
    };
    return statements;
}

}  // namespace pcg::controlplane::deploy
