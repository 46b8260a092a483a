// SPDX-License-Identifier: Apache-2.0
#include "test/peers/maas-sim/render.h"

#include <algorithm>

namespace pcg::maassim {
namespace {

namespace json = codec::json;

std::string uri(const std::string& path) { return kBase + path; }

json::Array textArray(const auto& texts) {
    json::Array items;
    for (const auto& text : texts) items.emplace_back(std::string(text));
    return items;
}

json::Object textObject(const std::map<std::string, std::string>& texts) {
    json::Object object;
    for (const auto& [name, value] : texts) object.set(name, value);
    return object;
}

const Place& placeOf(const std::vector<Place>& places, const std::string& name) {
    const auto found = std::find_if(
        places.begin(), places.end(), [&](const Place& place) { return place.name == name; });
    return found == places.end() ? places.front() : *found;
}

json::Value orNull(const std::string& text) {
    return text.empty() ? json::Value(nullptr) : json::Value(text);
}

json::Object diskJson(const Machine& machine, const Disk& disk) {
    const auto id = std::to_string(disk.id);
    json::Object partition;
    partition.set("id", disk.id)
        .set("uuid", "f74ff260-2a5b-4a36-b1b8-" + std::to_string(100'000'000'000LL + disk.id))
        .set("size", disk.size - 8'388'608)
        .set("bootable", false)
        .set("tags", json::Array())
        .set("type", "partition")
        .set("path", "/dev/disk/by-dname/" + disk.name + "-part1")
        .set("used_for", "ext4 formatted filesystem mounted at /")
        .set("system_id", machine.id)
        .set("device_id", disk.id)
        .set("filesystem",
             json::Object()
                 .set("fstype", "ext4")
                 .set("label", "root")
                 .set("uuid",
                      "fcd7745e-f1b5-4f5d-9575-" + std::to_string(200'000'000'000LL + disk.id))
                 .set("mount_point", "/")
                 .set("mount_options", nullptr))
        .set("resource_uri",
             uri("nodes/" + machine.id + "/blockdevices/" + id + "/partition/" + id));
    json::Array partitions;
    if (disk.name == "sda") partitions.emplace_back(std::move(partition));
    json::Object object;
    object.set("id", disk.id)
        .set("name", disk.name)
        .set("type", "physical")
        .set("path", "/dev/disk/by-dname/" + disk.name)
        .set("size", disk.size)
        .set("block_size", 512)
        .set("used_size", partitions.empty() ? std::int64_t{0} : disk.size)
        .set("available_size", partitions.empty() ? disk.size : std::int64_t{0})
        .set("used_for", partitions.empty() ? "Unused" : "GPT partitioned with 1 partition")
        .set("serial", "SIM" + std::to_string(1'000'000 + disk.id))
        .set("model", "SIMULATED DISK")
        .set("id_path", "/dev/disk/by-id/wwn-0x" + std::to_string(5'000'000'000LL + disk.id))
        .set("uuid", nullptr)
        .set("firmware_version", "2.5+")
        .set("numa_node", 0)
        .set("partition_table_type", partitions.empty() ? json::Value(nullptr) : json::Value("GPT"))
        .set("partitions", std::move(partitions))
        .set("filesystem", nullptr)
        .set("storage_pool", nullptr)
        .set("tags", textArray(std::vector<std::string>{"ssd"}))
        .set("system_id", machine.id)
        .set("resource_uri", uri("nodes/" + machine.id + "/blockdevices/" + id + "/"));
    return object;
}

json::Object gatewaysJson(const Machine& machine) {
    const bool deployed = machine.status == Status::Deployed;
    const auto one = [&](const json::Value& address) {
        return json::Object()
            .set("gateway_ip", address)
            .set("link_id", deployed && !address.isNull() ? json::Value(1) : json::Value(nullptr));
    };
    json::Object gateways;
    gateways.set("ipv4", one(deployed ? json::Value("10.0.0.1") : json::Value(nullptr)))
        .set("ipv6", one(nullptr));
    return gateways;
}

json::Object hardwareJson(const Machine& machine) {
    json::Object object;
    object.set("system_vendor", "Simulated")
        .set("system_product", "Node 9000")
        .set("system_family", "Unknown")
        .set("system_version", "1.0")
        .set("system_sku", "Unknown")
        .set("system_serial", "SN" + std::to_string(machine.number))
        .set("cpu_model", "Simulated CPU @ 2.40GHz")
        .set("mainboard_vendor", "Simulated")
        .set("mainboard_product", "Board")
        .set("mainboard_serial", "Unknown")
        .set("mainboard_version", "Unknown")
        .set("mainboard_firmware_vendor", "Simulated")
        .set("mainboard_firmware_date", "04/01/2024")
        .set("mainboard_firmware_version", "1.2.3")
        .set("chassis_vendor", "Simulated")
        .set("chassis_type", "Rack Mount Chassis")
        .set("chassis_serial", "Unknown")
        .set("chassis_version", "Unknown");
    return object;
}

// Of the kinds of tests that a machine can have.
void setTests(json::Object& object) {
    for (const auto* kind : {"commissioning",
                             "testing",
                             "cpu_test",
                             "memory_test",
                             "network_test",
                             "storage_test",
                             "other_test",
                             "interface_test"}) {
        const bool known = std::string_view(kind) == "commissioning";
        object.set(std::string(kind) + "_status", known ? 2 : -1)
            .set(std::string(kind) + "_status_name", known ? "Passed" : "Unknown");
    }
    for (const auto* kind : {"commissioning", "testing", "installation"}) {
        object.set("current_" + std::string(kind) + "_result_id", nullptr);
    }
}

}  // namespace

json::Object vlanJson() {
    json::Object vlan;
    vlan.set("id", 5001)
        .set("vid", 0)
        .set("name", "untagged")
        .set("fabric", "fabric-0")
        .set("fabric_id", 0)
        .set("mtu", 1500)
        .set("dhcp_on", true)
        .set("external_dhcp", nullptr)
        .set("relay_vlan", nullptr)
        .set("space", "default")
        .set("primary_rack", "rack01")
        .set("secondary_rack", nullptr)
        .set("resource_uri", uri("vlans/5001/"));
    return vlan;
}

json::Object subnetJson(int id) {
    const bool first = id == 1;
    const std::string cidr = first ? "10.0.0.0/16" : "192.168.0.0/16";
    json::Object subnet;
    subnet.set("id", id)
        .set("name", cidr)
        .set("description", "")
        .set("cidr", cidr)
        .set("rdns_mode", 2)
        .set("gateway_ip", first ? json::Value("10.0.0.1") : json::Value(nullptr))
        .set("dns_servers", textArray(std::vector<std::string>{"10.0.0.2"}))
        .set("allow_dns", true)
        .set("allow_proxy", true)
        .set("active_discovery", false)
        .set("managed", true)
        .set("disabled_boot_architectures", json::Array())
        .set("space", "default")
        .set("vlan", vlanJson())
        .set("resource_uri", uri("subnets/" + std::to_string(id) + "/"));
    return subnet;
}

json::Object zoneJson(const Place& zone) {
    json::Object object;
    object.set("id", zone.id)
        .set("name", zone.name)
        .set("description", zone.description)
        .set("resource_uri", uri("zones/" + zone.name + "/"));
    return object;
}

json::Object poolJson(const Place& pool) {
    json::Object object;
    object.set("id", pool.id)
        .set("name", pool.name)
        .set("description", pool.description)
        .set("resource_uri", uri("resourcepool/" + std::to_string(pool.id) + "/"));
    return object;
}

json::Object domainJson() {
    json::Object domain;
    domain.set("id", 0)
        .set("name", kDomain)
        .set("authoritative", true)
        .set("ttl", nullptr)
        .set("is_default", true)
        .set("resource_record_count", 0)
        .set("resource_uri", uri("domains/0/"));
    return domain;
}

json::Object interfaceJson(const Region&, const Machine& machine, const Interface& one) {
    json::Array links;
    if (one.subnet > 0) {
        json::Object link;
        link.set("id", one.id).set("mode", one.mode);
        // MAAS leaves it out while there is none; gomaasapi's schema wants a text.
        link.set("ip_address", one.ip);
        link.set("subnet", subnetJson(one.subnet));
        links.emplace_back(std::move(link));
    }
    json::Object object;
    object.set("id", one.id)
        .set("name", one.name)
        .set("type", "physical")
        .set("enabled", true)
        .set("mac_address", one.mac)
        .set("vlan", one.subnet > 0 ? json::Value(vlanJson()) : json::Value(nullptr))
        .set("links", std::move(links))
        .set("parents", json::Array())
        .set("children", json::Array())
        .set("discovered", json::Array())
        .set("effective_mtu", 1500)
        .set("tags", textArray(one.tags))
        .set("params", "")
        .set("vendor", "Simulated")
        .set("product", "NIC")
        .set("firmware_version", nullptr)
        .set("link_connected", true)
        .set("link_speed", 10000)
        .set("interface_speed", 10000)
        .set("sriov_max_vf", 0)
        .set("numa_node", 0)
        .set("system_id", machine.id)
        .set("resource_uri",
             uri("nodes/" + machine.id + "/interfaces/" + std::to_string(one.id) + "/"));
    return object;
}

json::Object machineJson(const Region& region, const Machine& machine) {
    json::Array interfaces, disks, addresses;
    std::int64_t octets = 0;
    for (const auto& one : machine.interfaces) {
        interfaces.emplace_back(interfaceJson(region, machine, one));
        if (!one.ip.empty()) addresses.emplace_back(one.ip);
    }
    for (const auto& disk : machine.disks) {
        disks.emplace_back(diskJson(machine, disk));
        octets += disk.size;
    }
    const bool bare = machine.interfaces.empty();
    json::Object object;
    object.set("system_id", machine.id)
        .set("hostname", machine.hostname)
        .set("description", machine.description)
        .set("hardware_uuid",
             "4c4c4544-0000-0000-0000-" + std::to_string(300'000'000'000LL + machine.number))
        .set("domain", domainJson())
        .set("fqdn", machine.hostname + "." + kDomain)
        .set("owner", orNull(machine.owner))
        .set("owner_data", textObject(machine.owner_data))
        .set("locked", machine.locked)
        .set("cache_sets", json::Array())
        .set("bcaches", json::Array())
        .set("bios_boot_method", "uefi")
        .set("boot_interface", bare ? json::Value(nullptr) : interfaces.front())
        .set("architecture", machine.architecture)
        .set("min_hwe_kernel", "")
        .set("hwe_kernel", orNull(machine.hwe_kernel))
        .set("cpu_count", machine.cpu_count)
        .set("cpu_speed", 2400)
        .set("memory", machine.memory)
        .set("swap_size",
             machine.swap_size < 0 ? json::Value(nullptr) : json::Value(machine.swap_size))
        .set("storage", static_cast<double>(octets) / 1e6)
        .set("status", static_cast<int>(machine.status))
        .set("osystem", machine.osystem)
        .set("distro_series", machine.distro_series)
        .set("ephemeral_deploy", machine.ephemeral)
        .set("error_description", machine.error_description)
        .set("netboot", machine.netboot)
        .set("power_type", machine.power_type)
        .set("power_state", machine.power_state)
        .set("tag_names", textArray(machine.tags))
        .set("address_ttl", nullptr)
        .set("ip_addresses", std::move(addresses))
        .set("interface_set", std::move(interfaces))
        .set("zone", zoneJson(placeOf(region.zones, machine.zone)))
        .set("pool", poolJson(placeOf(region.pools, machine.pool)))
        .set("disable_ipv4", false)
        .set("constraints_by_type", json::Object())
        .set("boot_disk", disks.empty() ? json::Value(nullptr) : disks.front())
        .set("blockdevice_set", disks)
        .set("physicalblockdevice_set", std::move(disks))
        .set("virtualblockdevice_set", json::Array())
        .set("volume_groups", json::Array())
        .set("raids", json::Array())
        .set("status_action", "")
        .set("status_message", orNull(machine.status_message))
        .set("status_name", statusName(machine.status))
        .set("node_type", 0)
        .set("node_type_name", "Machine")
        .set("special_filesystems", json::Array())
        .set("parent", machine.parent.empty() ? json::Value(nullptr) : json::Value(machine.parent))
        .set("default_gateways", gatewaysJson(machine))
        .set("hardware_info", hardwareJson(machine))
        .set("numanode_set", json::Array())
        .set("workload_annotations", textObject(machine.owner_data))
        .set("last_sync", nullptr)
        .set("sync_interval", nullptr)
        .set("next_sync", nullptr)
        .set("enable_hw_sync", machine.hw_sync)
        .set("enable_kernel_crash_dump", false)
        .set("is_dpu", false)
        .set("resource_uri", uri("machines/" + machine.id + "/"));
    setTests(object);
    if (!region.options().is38) object.set("pod", nullptr).set("virtualmachine_id", nullptr);
    return object;
}

json::Object dnsJson(const DnsResource& one) {
    json::Array addresses;
    for (const auto& address : one.addresses) {
        addresses.emplace_back(json::Object().set("ip", address).set("alloc_type", 4));
    }
    json::Object object;
    object.set("id", one.id)
        .set("fqdn", one.fqdn)
        .set("address_ttl", one.ttl ? json::Value(*one.ttl) : json::Value(nullptr))
        .set("ip_addresses", std::move(addresses))
        .set("resource_records", json::Array())
        .set("resource_uri", uri("dnsresources/" + std::to_string(one.id) + "/"));
    return object;
}

json::Object hostJson(const Region& region, const VmHost& host) {
    const auto amounts = [](int cores, int memory) {
        return json::Object().set("cores", cores).set("memory", memory).set("local_storage", 0);
    };
    json::Object object;
    object.set("id", host.id)
        .set("name", host.name)
        .set("tags", json::Array())
        .set("type", host.type)
        .set("architectures", textArray(std::vector<std::string>{"amd64/generic"}))
        .set("capabilities", textArray(std::vector<std::string>{"composable"}))
        .set("total", amounts(host.cores, host.memory))
        .set("used", amounts(host.used_cores, host.used_memory))
        .set("available", amounts(host.cores - host.used_cores, host.memory - host.used_memory))
        .set("zone", zoneJson(placeOf(region.zones, host.zone)))
        .set("cpu_over_commit_ratio", 1.0)
        .set("memory_over_commit_ratio", 1.0)
        .set("storage_pools", json::Array())
        .set("pool", poolJson(placeOf(region.pools, host.pool)))
        .set("host", json::Object().set("system_id", nullptr).set("__incomplete__", true))
        .set("default_macvlan_mode", nullptr)
        .set("version", "5.21")
        .set("resource_uri", uri("vm-hosts/" + std::to_string(host.id) + "/"));
    return object;
}

}  // namespace pcg::maassim
