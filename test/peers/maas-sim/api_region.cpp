// SPDX-License-Identifier: Apache-2.0
#include "common/base/text.h"
#include "test/peers/maas-sim/api.h"
#include "test/peers/maas-sim/render.h"

#include <algorithm>

namespace pcg::maassim {
namespace {

namespace json = codec::json;

json::Object userJson(const User& user) {
    json::Object object;
    object.set("username", user.name)
        .set("email", user.name + "@example.com")
        .set("is_superuser", user.admin)
        .set("is_local", true)
        .set("resource_uri", std::string(kBase) + "users/" + user.name + "/");
    return object;
}

json::Object tagJson(const std::string& name, const std::string& comment) {
    json::Object object;
    object.set("name", name)
        .set("definition", "")
        .set("comment", comment)
        .set("kernel_opts", "")
        .set("resource_uri", std::string(kBase) + "tags/" + name + "/");
    return object;
}

template <class List, class Show>
Reply listed(const List& list, Show show) {
    json::Array items;
    for (const auto& one : list) items.emplace_back(show(one));
    return Reply::json(std::move(items));
}

DnsResource* dnsOf(Region& region, const std::string& id) {
    const auto found = std::find_if(region.dns.begin(), region.dns.end(), [&](const auto& one) {
        return std::to_string(one.id) == id;
    });
    return found == region.dns.end() ? nullptr : &*found;
}

// Addresses with a blank or a comma between them.
void takeAddresses(DnsResource& one, std::string text) {
    std::replace(text.begin(), text.end(), ',', ' ');
    one.addresses.clear();
    for (const auto piece : split(text, ' ')) {
        if (!piece.empty()) one.addresses.emplace_back(piece);
    }
}

Reply noDns() { return Reply::text(404, "No DNSResource matches the given query."); }

}  // namespace

Reply Api::whoami(const Request& request, const Ids&) {
    return Reply::json(userJson(*request.user));
}

Reply Api::listUsers(const Request&, const Ids&) { return listed(region_.users, userJson); }

Reply Api::createUser(const Request& request, const Ids&) {
    const auto name = textOf(request.form, "username");
    if (name.empty()) return Reply::text(400, "No provided username!");
    region_.users.push_back({name, isTrue(request.form, "is_superuser")});
    return Reply::json(userJson(region_.users.back()));
}

Reply Api::listTokens(const Request&, const Ids&) {
    json::Array items;
    items.emplace_back(json::Object().set("name", "sim").set("token", "real:maas:credentials"));
    return Reply::json(std::move(items));
}

Reply Api::createToken(const Request&, const Ids&) {
    return Reply::json(json::Object()
                           .set("token_key", "newtoken")
                           .set("token_secret", "newsecret")
                           .set("consumer_key", "newconsumer")
                           .set("name", "MAAS consumer"));
}

Reply Api::listSshKeys(const Request& request, const Ids&) {
    int id = 1;
    return listed(region_.ssh_keys[request.user->name], [&](const std::string& key) {
        return json::Object().set("id", id++).set("key", key).set("keysource", nullptr);
    });
}

Reply Api::addSshKey(const Request& request, const Ids&) {
    const auto key = textOf(request.form, "key");
    if (!key.starts_with("ssh-") && !key.starts_with("ecdsa-")) {
        return Reply::field("key", "Invalid SSH public key.");
    }
    auto& keys = region_.ssh_keys[request.user->name];
    keys.push_back(key);
    const auto count = static_cast<int>(keys.size());
    return Reply::json(json::Object().set("id", count).set("key", key), 201);
}

Reply Api::listTags(const Request&, const Ids&) {
    return listed(region_.tags, [](const auto& one) { return tagJson(one.first, one.second); });
}

Reply Api::createTag(const Request& request, const Ids&) {
    const auto name = textOf(request.form, "name");
    if (name.empty() || name.find_first_of(" /?") != std::string::npos) {
        return Reply::field("name", "Enter a valid value.");
    }
    if (region_.tags.contains(name)) {
        return Reply::field("name", "Tag with this Name already exists.");
    }
    region_.tags[name] = textOf(request.form, "comment");
    return Reply::json(tagJson(name, region_.tags[name]));
}

Reply Api::readTag(const Request&, const Ids& ids) {
    const auto found = region_.tags.find(ids.front());
    if (found == region_.tags.end()) return Reply::text(404, "No Tag matches the given query.");
    return Reply::json(tagJson(found->first, found->second));
}

Reply Api::deleteTag(const Request&, const Ids& ids) {
    if (region_.tags.erase(ids.front()) == 0) {
        return Reply::text(404, "No Tag matches the given query.");
    }
    for (auto& machine : region_.machines) machine.tags.erase(ids.front());
    return Reply::text(204, "");
}

Reply Api::tagMachines(const Request&, const Ids& ids) {
    json::Array items;
    for (const auto& machine : region_.machines) {
        if (machine.tags.contains(ids.front())) items.emplace_back(machineJson(region_, machine));
    }
    return Reply::json(std::move(items));
}

Reply Api::updateTagNodes(const Request& request, const Ids& ids) {
    if (!region_.tags.contains(ids.front())) {
        return Reply::text(404, "No Tag matches the given query.");
    }
    int added = 0, removed = 0;
    for (const auto& id : oauth::allOf(request.form, "add")) {
        auto* machine = region_.find(id);
        if (machine != nullptr && machine->tags.insert(ids.front()).second) ++added;
    }
    for (const auto& id : oauth::allOf(request.form, "remove")) {
        auto* machine = region_.find(id);
        if (machine != nullptr && machine->tags.erase(ids.front()) > 0) ++removed;
    }
    return Reply::json(json::Object().set("added", added).set("removed", removed));
}

Reply Api::listDns(const Request& request, const Ids&) {
    const auto fqdn = textOf(request.query_parameters, "fqdn");
    json::Array items;
    for (const auto& one : region_.dns) {
        if (fqdn.empty() || one.fqdn == fqdn) items.emplace_back(dnsJson(one));
    }
    return Reply::json(std::move(items));
}

Reply Api::createDns(const Request& request, const Ids&) {
    DnsResource one;
    one.fqdn = textOf(request.form, "fqdn");
    if (one.fqdn.empty()) {
        const auto name = textOf(request.form, "name");
        if (name.empty()) return Reply::text(400, "No provided fqdn!");
        one.fqdn = name + "." + textOf(request.form, "domain");
    }
    if (const auto ttl = parseUnsigned(textOf(request.form, "address_ttl"))) {
        one.ttl = static_cast<int>(*ttl);
    }
    takeAddresses(one, textOf(request.form, "ip_addresses"));
    one.id = region_.next_id++;
    region_.dns.push_back(std::move(one));
    return Reply::json(dnsJson(region_.dns.back()));
}

Reply Api::readDns(const Request&, const Ids& ids) {
    const auto* one = dnsOf(region_, ids.front());
    return one == nullptr ? noDns() : Reply::json(dnsJson(*one));
}

Reply Api::updateDns(const Request& request, const Ids& ids) {
    auto* one = dnsOf(region_, ids.front());
    if (one == nullptr) return noDns();
    if (const auto* text = oauth::lastOf(request.form, "ip_addresses")) takeAddresses(*one, *text);
    if (const auto* fqdn = oauth::lastOf(request.form, "fqdn")) one->fqdn = *fqdn;
    return Reply::json(dnsJson(*one));
}

Reply Api::deleteDns(const Request&, const Ids& ids) {
    if (dnsOf(region_, ids.front()) == nullptr) return noDns();
    std::erase_if(region_.dns,
                  [&](const DnsResource& one) { return std::to_string(one.id) == ids.front(); });
    return Reply::text(204, "");
}

Reply Api::listDomains(const Request&, const Ids&) {
    json::Array items;
    items.emplace_back(domainJson());
    return Reply::json(std::move(items));
}

Reply Api::listZones(const Request&, const Ids&) { return listed(region_.zones, zoneJson); }

Reply Api::createZone(const Request& request, const Ids&) {
    const auto name = textOf(request.form, "name");
    if (name.empty()) return Reply::field("name", "This field is required.");
    region_.zones.push_back({region_.next_id++, name, textOf(request.form, "description")});
    return Reply::json(zoneJson(region_.zones.back()));
}

Reply Api::listPools(const Request&, const Ids&) { return listed(region_.pools, poolJson); }

Reply Api::createPool(const Request& request, const Ids&) {
    const auto name = textOf(request.form, "name");
    if (name.empty()) return Reply::field("name", "This field is required.");
    region_.pools.push_back({region_.next_id++, name, textOf(request.form, "description")});
    return Reply::json(poolJson(region_.pools.back()));
}

Reply Api::readPool(const Request&, const Ids& ids) {
    for (const auto& pool : region_.pools) {
        if (pool.name == ids.front() || std::to_string(pool.id) == ids.front()) {
            return Reply::json(poolJson(pool));
        }
    }
    return Reply::text(404, "No ResourcePool matches the given query.");
}

Reply Api::listSubnets(const Request&, const Ids&) {
    return listed(std::vector<int>{1, 2}, subnetJson);
}

Reply Api::subnetAddresses(const Request&, const Ids& ids) {
    json::Array items;
    for (const auto& machine : region_.machines) {
        for (const auto& one : machine.interfaces) {
            if (one.ip.empty() || std::to_string(one.subnet) != ids.front()) continue;
            items.emplace_back(json::Object()
                                   .set("ip", one.ip)
                                   .set("alloc_type", 0)
                                   .set("alloc_type_name", "Automatic")
                                   .set("user", machine.owner)
                                   .set("node_summary",
                                        json::Object()
                                            .set("system_id", machine.id)
                                            .set("hostname", machine.hostname)));
        }
    }
    return Reply::json(std::move(items));
}

Reply Api::listSpaces(const Request&, const Ids&) {
    json::Array subnets, items;
    subnets.emplace_back(subnetJson(1));
    subnets.emplace_back(subnetJson(2));
    items.emplace_back(json::Object()
                           .set("id", 0)
                           .set("name", "default")
                           .set("subnets", std::move(subnets))
                           .set("vlans", json::Array())
                           .set("resource_uri", std::string(kBase) + "spaces/0/"));
    return Reply::json(std::move(items));
}

Reply Api::listVlans(const Request&, const Ids&) {
    json::Array items;
    items.emplace_back(vlanJson());
    return Reply::json(std::move(items));
}

Reply Api::listFabrics(const Request&, const Ids&) {
    json::Array vlans, items;
    vlans.emplace_back(vlanJson());
    items.emplace_back(json::Object()
                           .set("id", 0)
                           .set("name", "fabric-0")
                           .set("class_type", nullptr)
                           .set("vlans", std::move(vlans))
                           .set("resource_uri", std::string(kBase) + "fabrics/0/"));
    return Reply::json(std::move(items));
}

Reply Api::listAddresses(const Request& request, const Ids&) {
    const auto ip = textOf(request.query_parameters, "ip");
    json::Array items;
    for (const auto& address : region_.reserved_addresses) {
        if (!ip.empty() && ip != address) continue;
        items.emplace_back(json::Object()
                               .set("ip", address)
                               .set("alloc_type", 4)
                               .set("alloc_type_name", "User reserved")
                               .set("resource_uri", std::string(kBase) + "ipaddresses/"));
    }
    return Reply::json(std::move(items));
}

Reply Api::reserveAddress(const Request& request, const Ids&) {
    auto ip = textOf(request.form, "ip");
    if (ip.empty()) ip = textOf(request.form, "ip_address");
    if (ip.empty()) ip = "10.0.250." + std::to_string(region_.reserved_addresses.size() + 1);
    auto& taken = region_.reserved_addresses;
    if (std::find(taken.begin(), taken.end(), ip) != taken.end()) {
        return Reply::text(404, "The IP address " + ip + " is already in use.");
    }
    taken.push_back(ip);
    return Reply::json(json::Object().set("ip", ip).set("alloc_type", 4));
}

Reply Api::releaseAddress(const Request& request, const Ids&) {
    if (std::erase(region_.reserved_addresses, textOf(request.form, "ip")) == 0) {
        return Reply::text(404, "No StaticIPAddress matches the given query.");
    }
    return Reply::text(204, "");
}

Reply Api::nothing(const Request&, const Ids&) { return Reply::json(json::Array()); }

Reply Api::listRacks(const Request&, const Ids&) {
    json::Array items;
    items.emplace_back(json::Object()
                           .set("system_id", "rack01")
                           .set("hostname", "rack01")
                           .set("node_type", 4)
                           .set("resource_uri", std::string(kBase) + "rackcontrollers/rack01/"));
    return Reply::json(std::move(items));
}

Reply Api::getConfig(const Request& request, const Ids&) {
    const auto name = textOf(request.query_parameters, "name");
    if (name.empty()) return Reply::text(400, "No provided name!");
    return Reply::json(name == "default_osystem" ? json::Value("ubuntu") : json::Value(nullptr));
}

}  // namespace pcg::maassim
