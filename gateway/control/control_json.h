// SPDX-License-Identifier: Apache-2.0
// The JSON of the control API, from the gateway's values. Pure functions; no secret passes here.
#pragma once

#include "common/codec/json.h"
#include "gateway/console/pairing_status.h"
#include "gateway/control/control_api.h"
#include "gateway/state/access_keys.h"
#include "gateway/state/audit_trail.h"

#include <vector>

namespace pcg::gateway {

codec::json::Object toJson(const PairingStatus& status, SteadyTime now);
codec::json::Object toJson(const LinkReport& status);
codec::json::Object toJson(const EgressReport& report);
codec::json::Object toJson(const EndpointView& view);
codec::json::Array toJson(const std::vector<EndpointView>& views);
codec::json::Array toJson(const std::vector<Warnings::Active>& warnings);
codec::json::Array toJson(const std::vector<AccessKeyRecord>& keys,
                          const std::vector<EndpointView>& endpoints,
                          WallTime now);
codec::json::Array toJson(const std::vector<AuditRow>& rows);

Result<proxy::Role> parseRoleField(std::string_view name);

// A role that a key may be made with: a built-in one, or one of the policy file that is in force
// (null: there is none).
struct KeyRole {
    proxy::Role builtin = proxy::Role::Inventory;
    std::string of_file;  // its name; empty: `builtin` counts
};

Result<KeyRole> parseKeyRole(std::string_view name, const policy::Policy* file);

// {"endpoints"?,"keys"?}: what is not said stays as it is.
Result<RemoteAccess> parseRemoteAccess(const codec::json::Object& body, RemoteAccess now);

}  // namespace pcg::gateway
