// SPDX-License-Identifier: Apache-2.0
// What the objects of a policy file may have, by name: the reader takes these and no others, and
// docs/policy.schema.json names the same (a test compares them).
#pragma once

#include <array>
#include <string_view>

namespace pcg::policy::members {

inline constexpr std::array<std::string_view, 8> kPolicy{
    "$schema", "version", "description", "also_known", "windows", "roles", "assign", "endpoints"};
inline constexpr std::array<std::string_view, 4> kWindow{"days", "from", "to", "time_zone"};
inline constexpr std::array<std::string_view, 3> kRole{"description", "extends", "rules"};
inline constexpr std::array<std::string_view, 9> kRule{
    "name", "effect", "soap", "rest", "maas", "files", "on", "where", "when"};
inline constexpr std::array<std::string_view, 10> kWhere{"datacenters",
                                                         "folders",
                                                         "datastores",
                                                         "networks",
                                                         "pools",
                                                         "hosts",
                                                         "extra_config",
                                                         "names",
                                                         "fields",
                                                         "own_vms"};
inline constexpr std::array<std::string_view, 4> kAssignment{"endpoint", "key", "key_role", "role"};
inline constexpr std::array<std::string_view, 3> kEndpoint{"ceiling", "deny", "deploy_folder"};

}  // namespace pcg::policy::members
