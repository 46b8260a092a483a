// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/principal.h"

namespace pcg::proxy {

std::string_view roleName(Role role) {
    switch (role) {
        case Role::Inventory:
            return "inventory";
        case Role::Deploy:
            return "deploy";
        case Role::Full:
            return "full";
    }
    return "inventory";
}

std::string_view roleName(const Principal& principal) {
    return principal.file_role.empty() ? roleName(principal.role)
                                       : std::string_view(principal.file_role);
}

std::optional<Role> parseRole(std::string_view name) {
    for (const auto role : {Role::Inventory, Role::Deploy, Role::Full}) {
        if (roleName(role) == name) return role;
    }
    return std::nullopt;
}

}  // namespace pcg::proxy
