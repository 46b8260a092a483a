// SPDX-License-Identifier: Apache-2.0
// What somebody asks for, as a policy sees it. The parsing of requests happened before: whatever
// stands here was read by the same parser that reads what is forwarded.
//
// An Ask views its texts; OwnedAsk holds them, for whoever keeps one. Values.
#pragma once

#include "vcenter-proxy/policy/arguments.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pcg::policy {

// Tunnel: a CONNECT, of which the gateway sees nothing but where it leads. No rule speaks of it
// yet.
enum class Door { Soap, Rest, Maas, Files, Tunnel };

std::string_view doorName(Door door);  // "soap"

// The roles that need no file. Each contains the ones before it.
enum class Builtin { Inventory, Deploy, Full };

std::string_view builtinName(Builtin role);

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Ask {
    Door door = Door::Soap;
    std::string_view method = {};  // of SOAP, or of HTTP
    // SOAP: `_this`, as the client says.
    std::string_view object_type = {};
    std::string_view object_id = {};
    // REST: the canonical path (rest_path.h), "/api/vcenter/vm"; MAAS: what stands below
    // /MAAS/api/2.0/; files: what stands below /folder/; tunnel: host:port.
    std::string_view path = {};
    std::string_view op = {};              // MAAS, and the action of REST; empty: none
    std::string_view datastore = {};       // files: dsName
    std::string_view datacenter = {};      // files: dcPath
    const Arguments* arguments = nullptr;  // SOAP; null: not read yet
    const Fields* fields = nullptr;        // MAAS, REST; null: none
    // MAAS: those that stand where MAAS does not look for them. They must fit, and count for
    // nothing; null: none.
    const Fields* unread_fields = nullptr;

    // "CloneVM_Task VirtualMachine:vm-7", "POST machines/{}/ op=deploy".
    std::string toText() const;

    bool isReading() const;  // GET or HEAD, by HTTP
};

}  // namespace pcg::policy
