// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/endpoint/maas/rules.h"

#include "common/base/text.h"

#include <algorithm>
#include <array>

namespace pcg::proxy::maas {
namespace {

constexpr auto I = Role::Inventory;
constexpr auto D = Role::Deploy;
constexpr auto F = Role::Full;

// Where a machine's power is switched, and by whom, is not for those who deploy.
constexpr std::string_view kMachineFields =
    "hostname description domain zone pool swap_size comment min_hwe_kernel hwe_kernel op";

// clang-format off
constexpr Rule kRules[]{
    // Machines.
    {"machines/", "GET", I, "- list_allocated is_registered"},
    {"machines/", "GET", F, "power_parameters"},
    {"machines/", "POST", D, "allocate release"},
    {"machines/", "POST", F, "- accept accept_all add_chassis clone set_zone"},
    {"machines/{}/", "GET", I, "- query_power_state details"},
    {"machines/{}/", "GET", F, "power_parameters get_token get_curtin_config"},
    {"machines/{}/", "PUT", D, "-", kMachineFields},
    {"machines/{}/", "PUT", F, "-"},
    {"machines/{}/", "POST", D,
     "deploy release lock unlock power_on power_off abort mark_broken mark_fixed set_owner_data "
     "set_workload_annotations clear_default_gateways set_storage_layout mount_special "
     "unmount_special restore_default_configuration restore_networking_configuration "
     "restore_storage_configuration"},
    {"machines/{}/", "POST", F, "commission test override_failed_testing rescue_mode exit_rescue_mode"},
    {"machines/{}/", "DELETE", F, "-"},
    {"nodes/", "GET", I, "- is_registered"},
    {"nodes/", "GET", F, "power_parameters"},
    {"nodes/{}/", "GET", I, "- details"},
    {"nodes/{}/", "GET", F, "power_parameters"},
    {"nodes/{}/", "DELETE", F, "-"},
    // Networking and storage of a machine.
    {"nodes/{}/interfaces/", "GET", I, "-"},
    {"nodes/{}/interfaces/", "POST", D, "create_bridge create_bond create_vlan create_physical"},
    {"nodes/{}/interfaces/{}/", "GET", I, "-"},
    {"nodes/{}/interfaces/{}/", "PUT", D, "-"},
    {"nodes/{}/interfaces/{}/", "DELETE", D, "-"},
    {"nodes/{}/interfaces/{}/", "POST", D,
     "link_subnet unlink_subnet set_default_gateway add_tag remove_tag disconnect"},
    {"nodes/{}/blockdevices/", "GET", I, "-"},
    {"nodes/{}/blockdevices/", "POST", D, "-"},
    {"nodes/{}/blockdevices/{}/", "GET", I, "-"},
    {"nodes/{}/blockdevices/{}/", "PUT", D, "-"},
    {"nodes/{}/blockdevices/{}/", "DELETE", D, "-"},
    {"nodes/{}/blockdevices/{}/", "POST", D,
     "add_tag remove_tag format unformat mount unmount set_boot_disk"},
    {"nodes/{}/blockdevices/{}/partitions/", "GET", I, "-"},
    {"nodes/{}/blockdevices/{}/partitions/", "POST", D, "-"},
    {"nodes/{}/blockdevices/{}/partition/{}", "GET", I, "-"},
    {"nodes/{}/blockdevices/{}/partition/{}", "DELETE", D, "-"},
    {"nodes/{}/blockdevices/{}/partition/{}", "POST", D, "format unformat mount unmount add_tag remove_tag"},
    {"nodes/{}/blockdevices/{}/partition/{}/", "GET", I, "-"},
    {"nodes/{}/blockdevices/{}/partition/{}/", "DELETE", D, "-"},
    {"nodes/{}/blockdevices/{}/partition/{}/", "POST", D, "format unformat mount unmount add_tag remove_tag"},
    {"nodes/{}/blockdevices/{}/partitions/{}", "GET", I, "-"},
    {"nodes/{}/blockdevices/{}/partitions/{}", "DELETE", D, "-"},
    {"nodes/{}/blockdevices/{}/partitions/{}", "POST", D, "format unformat mount unmount add_tag remove_tag"},
    {"nodes/{}/volume-groups/", "GET", I, "-"},
    {"nodes/{}/volume-groups/", "POST", D, "-"},
    {"nodes/{}/volume-group/{}/", "GET", I, "-"},
    {"nodes/{}/volume-group/{}/", "PUT", D, "-"},
    {"nodes/{}/volume-group/{}/", "DELETE", D, "-"},
    {"nodes/{}/volume-group/{}/", "POST", D, "create_logical_volume delete_logical_volume"},
    {"nodes/{}/raids/", "GET", I, "-"},
    {"nodes/{}/raids/", "POST", D, "-"},
    {"nodes/{}/raid/{}/", "GET", I, "-"},
    {"nodes/{}/raid/{}/", "PUT", D, "-"},
    {"nodes/{}/raid/{}/", "DELETE", D, "-"},
    {"nodes/{}/bcaches/", "GET", I, "-"},
    {"nodes/{}/bcaches/", "POST", D, "-"},
    {"nodes/{}/bcache/{}/", "GET", I, "-"},
    {"nodes/{}/bcache/{}/", "PUT", D, "-"},
    {"nodes/{}/bcache/{}/", "DELETE", D, "-"},
    {"nodes/{}/bcache-cache-sets/", "GET", I, "-"},
    {"nodes/{}/bcache-cache-sets/", "POST", D, "-"},
    {"nodes/{}/bcache-cache-set/{}/", "GET", I, "-"},
    {"nodes/{}/bcache-cache-set/{}/", "PUT", D, "-"},
    {"nodes/{}/bcache-cache-set/{}/", "DELETE", D, "-"},
    {"nodes/{}/results/", "GET", I, "-"},
    {"nodes/{}/results/{}/", "GET", I, "-"},
    {"nodes/{}/results/{}/", "GET", F, "download"},
    // Tags and names.
    {"tags/", "GET", I, "-"},
    {"tags/", "POST", D, "-"},
    {"tags/{}/", "GET", I, "- machines nodes devices rack_controllers region_controllers"},
    {"tags/{}/", "POST", D, "update_nodes"},
    {"tags/{}/", "POST", F, "rebuild"},
    {"tags/{}/", "PUT", D, "-"},
    {"tags/{}/", "DELETE", D, "-"},
    {"dnsresources/", "GET", I, "-"},
    {"dnsresources/", "POST", D, "-"},
    {"dnsresources/{}/", "GET", I, "-"},
    {"dnsresources/{}/", "PUT", D, "-"},
    {"dnsresources/{}/", "DELETE", D, "-"},
    {"dnsresourcerecords/", "GET", I, "-"},
    {"dnsresourcerecords/", "POST", D, "-"},
    {"dnsresourcerecords/{}/", "GET", I, "-"},
    {"dnsresourcerecords/{}/", "PUT", D, "-"},
    {"dnsresourcerecords/{}/", "DELETE", D, "-"},
    {"domains/", "GET", I, "-"},
    {"domains/", "POST", F, "- set_serial"},
    {"domains/{}/", "GET", I, "-"},
    {"domains/{}/", "PUT", F, "-"},
    {"domains/{}/", "DELETE", F, "-"},
    {"domains/{}/", "POST", F, "set_default"},
    // Networks.
    {"spaces/", "GET", I, "-"},
    {"spaces/", "POST", F, "-"},
    {"spaces/{}/", "GET", I, "-"},
    {"spaces/{}/", "PUT", F, "-"},
    {"spaces/{}/", "DELETE", F, "-"},
    {"subnets/", "GET", I, "-"},
    {"subnets/", "POST", F, "-"},
    {"subnets/{}/", "GET", I, "- reserved_ip_ranges unreserved_ip_ranges statistics ip_addresses"},
    {"subnets/{}/", "PUT", F, "-"},
    {"subnets/{}/", "DELETE", F, "-"},
    {"fabrics/", "GET", I, "-"},
    {"fabrics/", "POST", F, "-"},
    {"fabrics/{}/", "GET", I, "-"},
    {"fabrics/{}/", "PUT", F, "-"},
    {"fabrics/{}/", "DELETE", F, "-"},
    {"fabrics/{}/vlans/", "GET", I, "-"},
    {"fabrics/{}/vlans/", "POST", F, "-"},
    {"fabrics/{}/vlans/{}/", "GET", I, "-"},
    {"fabrics/{}/vlans/{}/", "PUT", F, "-"},
    {"fabrics/{}/vlans/{}/", "DELETE", F, "-"},
    {"vlans/{}/", "GET", I, "-"},
    {"vlans/{}/", "PUT", F, "-"},
    {"vlans/{}/", "DELETE", F, "-"},
    {"ipranges/", "GET", I, "-"},
    {"ipranges/", "POST", F, "-"},
    {"ipranges/{}/", "GET", I, "-"},
    {"ipranges/{}/", "PUT", F, "-"},
    {"ipranges/{}/", "DELETE", F, "-"},
    {"ipaddresses/", "GET", I, "-"},
    {"ipaddresses/", "POST", D, "reserve release"},
    {"static-routes/", "GET", I, "-"},
    {"static-routes/", "POST", F, "-"},
    {"static-routes/{}/", "GET", I, "-"},
    {"static-routes/{}/", "PUT", F, "-"},
    {"static-routes/{}/", "DELETE", F, "-"},
    {"reservedips/", "GET", I, "-"},
    {"reservedips/", "POST", F, "-"},
    {"reservedips/{}/", "GET", I, "-"},
    {"reservedips/{}/", "PUT", F, "-"},
    {"reservedips/{}/", "DELETE", F, "-"},
    // Places.
    {"zones/", "GET", I, "-"},
    {"zones/", "POST", F, "-"},
    {"zones/{}/", "GET", I, "-"},
    {"zones/{}/", "PUT", F, "-"},
    {"zones/{}/", "DELETE", F, "-"},
    {"resourcepools/", "GET", I, "-"},
    {"resourcepools/", "POST", F, "-"},
    {"resourcepool/{}/", "GET", I, "-"},
    {"resourcepool/{}/", "PUT", F, "-"},
    {"resourcepool/{}/", "DELETE", F, "-"},
    // Images.
    {"boot-resources/", "GET", I, "- is_importing"},
    {"boot-resources/", "POST", D, "-"},
    {"boot-resources/", "POST", F, "import stop_import"},
    {"boot-resources/{}/", "GET", I, "-"},
    {"boot-resources/{}/", "DELETE", F, "-"},
    {"boot-resources/{}/upload/{}/", "PUT", D, "-"},
    {"boot-sources/", "GET", I, "-"},
    {"boot-sources/", "POST", F, "-"},
    {"boot-sources/{}/", "GET", I, "-"},
    {"boot-sources/{}/", "PUT", F, "-"},
    {"boot-sources/{}/", "DELETE", F, "-"},
    {"boot-sources/{}/selections/", "GET", I, "-"},
    {"boot-sources/{}/selections/", "POST", F, "-"},
    {"boot-sources/{}/selections/{}/", "GET", I, "-"},
    {"boot-sources/{}/selections/{}/", "PUT", F, "-"},
    {"boot-sources/{}/selections/{}/", "DELETE", F, "-"},
    // What MAAS runs on, and what it tells.
    {"rackcontrollers/", "GET", I, "- describe_power_types is_registered"},
    {"rackcontrollers/", "GET", F, "power_parameters"},
    {"rackcontrollers/", "POST", F, "import_boot_images"},
    {"rackcontrollers/{}/", "GET", I, "- details list_boot_images query_power_state"},
    {"rackcontrollers/{}/", "GET", F, "power_parameters"},
    {"rackcontrollers/{}/", "POST", F, "import_boot_images"},
    {"regioncontrollers/", "GET", I, "- is_registered"},
    {"regioncontrollers/{}/", "GET", I, "- details"},
    {"events/", "GET", I, "query"},
    {"notifications/", "GET", I, "-"},
    {"notifications/", "POST", F, "-"},
    {"notifications/{}/", "GET", I, "-"},
    {"notifications/{}/", "POST", F, "dismiss"},
    {"notifications/{}/", "PUT", F, "-"},
    {"notifications/{}/", "DELETE", F, "-"},
    {"discovery/", "GET", I, "- by_unknown_mac by_unknown_ip by_unknown_ip_and_mac"},
    {"discovery/", "POST", F, "clear clear_by_mac_and_ip scan"},
    {"discovery/{}/", "GET", I, "-"},
    {"maas/", "GET", F, "get_config"},
    {"maas/", "POST", F, "set_config"},
    {"scripts/", "GET", I, "-"},
    {"scripts/", "POST", F, "-"},
    {"scripts/{}", "GET", F, "- download"},
    {"scripts/{}", "PUT", F, "-"},
    {"scripts/{}", "DELETE", F, "-"},
    {"scripts/{}", "POST", F, "revert add_tag remove_tag"},
    // VM hosts; gone since 3.8, which says so itself.
    {"vm-hosts/", "GET", I, "-"},
    {"vm-hosts/", "POST", F, "-"},
    {"vm-hosts/{}/", "GET", I, "-"},
    {"vm-hosts/{}/", "GET", F, "parameters"},
    {"vm-hosts/{}/", "PUT", F, "-"},
    {"vm-hosts/{}/", "DELETE", F, "-"},
    {"vm-hosts/{}/", "POST", D, "compose"},
    {"vm-hosts/{}/", "POST", F, "refresh add_tag remove_tag"},
    {"vm-hosts/{}/machines/", "GET", I, "-"},
    {"pods/", "GET", I, "-"},
    {"pods/", "POST", F, "-"},
    {"pods/{}/", "GET", I, "-"},
    {"pods/{}/", "GET", F, "parameters"},
    {"pods/{}/", "PUT", F, "-"},
    {"pods/{}/", "DELETE", F, "-"},
    {"pods/{}/", "POST", D, "compose"},
    {"pods/{}/", "POST", F, "refresh add_tag remove_tag"},
    {"vm-clusters/", "GET", I, "-"},
    {"vm-clusters/{}/", "GET", I, "-"},
    // People, keys, files and the rest of the household.
    {"users/", "GET", I, "whoami"},
    {"users/", "GET", F, "-"},
    {"users/", "POST", F, "-"},
    {"users/{}/", "GET", F, "-"},
    {"users/{}/", "DELETE", F, "-"},
    {"account/prefs/sshkeys/", "GET", I, "-"},
    {"account/prefs/sshkeys/", "POST", D, "- import"},
    {"account/prefs/sshkeys/{}/", "GET", I, "-"},
    {"account/prefs/sshkeys/{}/", "DELETE", D, "-"},
    {"account/prefs/sslkeys/", "GET", I, "-"},
    {"account/prefs/sslkeys/", "POST", F, "-"},
    {"account/prefs/sslkeys/{}/", "GET", I, "-"},
    {"account/prefs/sslkeys/{}/", "DELETE", F, "-"},
    {"devices/", "GET", I, "- is_registered"},
    {"devices/", "POST", F, "- set_zone"},
    {"devices/{}/", "GET", I, "- details"},
    {"devices/{}/", "PUT", F, "-"},
    {"devices/{}/", "DELETE", F, "-"},
    {"devices/{}/", "POST", F, "restore_default_configuration restore_networking_configuration set_owner_data set_workload_annotations"},
    {"files/", "GET", F, "- get get_by_key"},
    {"files/", "POST", F, "-"},
    {"files/{}/", "GET", F, "-"},
    {"files/{}/", "DELETE", F, "-"},
    {"license-keys/", "GET", F, "-"},
    {"license-keys/", "POST", F, "-"},
    {"license-key/{}/{}", "GET", F, "-"},
    {"license-key/{}/{}", "PUT", F, "-"},
    {"license-key/{}/{}", "DELETE", F, "-"},
    {"package-repositories/", "GET", F, "-"},
    {"package-repositories/", "POST", F, "-"},
    {"package-repositories/{}/", "GET", F, "-"},
    {"package-repositories/{}/", "PUT", F, "-"},
    {"package-repositories/{}/", "DELETE", F, "-"},
};
// clang-format on

constexpr std::array<std::string_view, 1> kClosed{"account/"};

bool fits(std::string_view pattern, std::string_view path) {
    while (true) {
        const auto wanted = pattern.substr(0, pattern.find('/'));
        const auto given = path.substr(0, path.find('/'));
        if (wanted == "{}" ? given.empty() : wanted != given) return false;
        const bool pattern_ends = wanted.size() == pattern.size();
        const bool path_ends = given.size() == path.size();
        if (pattern_ends || path_ends) return pattern_ends && path_ends;
        pattern.remove_prefix(wanted.size() + 1);
        path.remove_prefix(given.size() + 1);
    }
}

bool isAmong(std::string_view words, std::string_view word) {
    const auto list = split(words, ' ');
    return std::find(list.begin(), list.end(), word) != list.end();
}

bool hasOnly(std::string_view fields, const oauth::Parameters& parameters) {
    return fields.empty() ||
           std::all_of(parameters.begin(), parameters.end(), [&](const oauth::Parameter& one) {
               return oauth::isOAuthName(one.name) || isAmong(fields, one.name);
           });
}

}  // namespace

std::span<const Rule> rules() { return kRules; }

std::span<const std::string_view> closedPaths() { return kClosed; }

Answer judge(Role role, const Wish& wish, const oauth::Parameters& parameters) {
    if (std::find(kClosed.begin(), kClosed.end(), wish.below) != kClosed.end()) {
        return Answer::Denied;
    }
    const auto op = wish.op.empty() ? std::string_view("-") : wish.op;
    auto answer = Answer::NoSuchPath;
    for (const auto& rule : kRules) {
        if (!fits(rule.path, wish.below)) continue;
        if (answer == Answer::NoSuchPath) answer = Answer::NoSuchMethod;
        // HEAD sees no more than GET does.
        const auto method = wish.method == "HEAD" ? std::string_view("GET") : wish.method;
        if (rule.method != method) continue;
        if (answer == Answer::NoSuchMethod) answer = Answer::NoSuchOperation;
        if (!isAmong(rule.ops, op)) continue;
        if (rule.role <= role && (role == Role::Full || hasOnly(rule.fields, parameters))) {
            return Answer::Allowed;
        }
        answer = Answer::Denied;
    }
    return answer;
}

std::string methodsAt(std::string_view below) {
    std::string methods;
    for (const auto& rule : kRules) {
        if (!fits(rule.path, below) || methods.find(rule.method) != std::string::npos) continue;
        methods += (methods.empty() ? "" : ", ") + std::string(rule.method);
    }
    return methods;
}

}  // namespace pcg::proxy::maas
