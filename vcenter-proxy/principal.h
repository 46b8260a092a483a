// SPDX-License-Identifier: Apache-2.0
// Who asks, as the gateway knows it: an access key and what it may do on one endpoint.
#pragma once

#include "common/base/clock.h"
#include "common/wire/ids.h"

#include <optional>
#include <string>
#include <string_view>

namespace pcg::proxy {

// Each role contains the ones before it. The methods of each are tables: docs/vcenter-requests.md.
enum class Role { Inventory, Deploy, Full };

std::string_view roleName(Role role);  // "inventory", "deploy", "full"
std::optional<Role> parseRole(std::string_view name);

struct Principal {
    wire::AccessKeyId key;
    wire::EndpointId endpoint;
    Role role = Role::Inventory;
    std::optional<WallTime> expires_at = {};  // of the key; its sessions end with it
    // One of the policy file's, by name: then `role` says nothing. Empty: `role` counts.
    std::string file_role = {};

    friend bool operator==(const Principal&, const Principal&) = default;
};

// The one that counts, by name.
std::string_view roleName(const Principal& principal);

}  // namespace pcg::proxy
