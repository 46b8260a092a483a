// SPDX-License-Identifier: Apache-2.0
// A policy as it was read: immutable, shared by the requests that are being decided. The words are
// those of docs/policy.md.
#pragma once

#include "vcenter-proxy/policy/ask.h"
#include "vcenter-proxy/policy/jsonc.h"
#include "vcenter-proxy/policy/time_zone.h"

#include <bitset>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pcg::policy {

// Some hours of some days, in a named zone. From 22:00 to 06:00 belongs to the day it begins on.
struct Window {
    std::string name;
    Place at;
    std::bitset<7> days;  // 0 is Monday
    int from = 0;         // minutes since midnight
    int to = 24 * 60;
    std::string zone_name;
    std::shared_ptr<const TimeZone> zone;

    bool isOpen(WallTime now) const;
};

// "POST machines/{}/ deploy", "GET /api/vcenter/**", "PUT pcg/**".
struct PathSelector {
    std::string method;  // "*": each
    std::string path;
    std::string op;  // MAAS, and the action of REST; empty: none, "*": each
};

// "VirtualMachine", "Folder:group-v3".
struct ObjectSelector {
    std::string type;
    std::string id;  // empty: each of this type
};

// What the arguments must be. An empty list says nothing about its kind.
struct Where {
    std::vector<std::string> datacenters;
    std::vector<std::string> folders;
    std::vector<std::string> datastores;
    std::vector<std::string> networks;
    std::vector<std::string> pools;
    std::vector<std::string> hosts;
    std::vector<std::string> extra_config;  // patterns, in lower case
    std::vector<std::string> names;         // patterns
    std::vector<std::pair<std::string, std::vector<std::string>>> fields;  // name, patterns
    bool own_vms = false;
    bool limits_extra_config = false;  // also when the list is empty: then no key at all
};

struct Rule {
    std::string name;
    Place at;
    bool deny = false;
    Door door = Door::Soap;
    std::vector<std::string> methods;  // SOAP, patterns
    std::vector<ObjectSelector> objects;
    std::vector<PathSelector> paths;  // the other doors
    std::vector<Where> where;         // one of these must hold; empty: nothing is asked
    std::vector<const Window*> when;  // one of these must be open; empty: always

    // "rule 2 'clone into pcg' (line 14)".
    std::string label() const;
    std::size_t number = 0;  // from 1, within its role
};

struct Role {
    std::string name;
    Place at;
    std::string description;
    std::vector<Rule> rules;
    std::optional<Builtin> extends_builtin;
    const Role* extends = nullptr;
};

// Whose role it is, whatever the access key says. Empty: any.
struct Assignment {
    Place at;
    std::string endpoint;
    std::string key;
    std::optional<Builtin> key_role;
    std::optional<Builtin> builtin;  // the role, one or the other
    const Role* role = nullptr;
};

struct EndpointLimits {
    std::string endpoint;
    Place at;
    Builtin ceiling = Builtin::Full;
    std::vector<std::string> deny;  // SOAP methods and MAAS operations, to everybody
    std::string deploy_folder = "pcg/";
};

struct Policy {
    std::vector<std::unique_ptr<Window>> windows;
    std::vector<std::unique_ptr<Role>> roles;
    std::vector<Assignment> assign;
    std::vector<EndpointLimits> endpoints;

    const EndpointLimits* limitsOf(std::string_view endpoint) const;

    // Null: the file has no such role.
    Role* roleNamed(std::string_view name) const;
};

}  // namespace pcg::policy
