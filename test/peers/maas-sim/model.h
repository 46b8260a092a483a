// SPDX-License-Identifier: Apache-2.0
// What a MAAS region holds, as plain data. Times are milliseconds of the simulator's own clock.
#pragma once

#include "common/base/bytes.h"
#include "common/crypto/digest.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace pcg::maassim {

using Millis = std::int64_t;

// The numbers are MAAS's own.
enum class Status : int {
    New = 0,
    Commissioning = 1,
    FailedCommissioning = 2,
    Missing = 3,
    Ready = 4,
    Reserved = 5,
    Deployed = 6,
    Retired = 7,
    Broken = 8,
    Deploying = 9,
    Allocated = 10,
    FailedDeployment = 11,
    Releasing = 12,
    ReleasingFailed = 13,
    DiskErasing = 14,
    FailedDiskErasing = 15,
    RescueMode = 16,
    EnteringRescueMode = 17,
    FailedToEnterRescueMode = 18,
    ExitingRescueMode = 19,
    FailedToExitRescueMode = 20,
    Testing = 21,
    FailedTesting = 22
};

std::string_view statusName(Status status);

struct Interface {
    int id = 0;
    std::string name;
    std::string mac;
    int subnet = 0;  // 0: no link
    std::string mode = "auto";
    std::string ip;  // while it has one
    std::set<std::string> tags;
};

struct Disk {
    int id = 0;
    std::string name;
    std::int64_t size = 0;
};

struct Machine {
    std::string id;
    int number = 0;
    std::string hostname;
    std::string description;
    std::string architecture = "amd64/generic";
    int cpu_count = 4;
    int memory = 8192;  // MiB
    int swap_size = -1;
    std::string zone = "default";
    std::string pool = "default";
    std::set<std::string> tags;
    std::string power_type = "ipmi";
    std::map<std::string, std::string> power_parameters;
    std::string power_state = "off";
    std::string next_power;  // what was asked of its controller last; empty: nothing is pending
    Millis power_at = 0;
    Status status = Status::Ready;
    std::string status_message;
    std::string owner;  // empty: nobody's
    std::map<std::string, std::string> owner_data;
    std::string agent_name;
    std::string error_description;
    std::string osystem;
    std::string distro_series;
    std::string hwe_kernel;
    bool locked = false;
    bool netboot = true;
    bool ephemeral = false;
    bool hw_sync = false;
    std::string user_data;  // as sent, base64
    std::vector<Interface> interfaces;
    std::vector<Disk> disks;
    std::string parent;  // of a composed one: the VM host's machine

    // What happens next, and when; `before` is where a rescue or a test came from.
    std::optional<Status> next;
    Millis due = 0;
    bool will_fail = false;
    Status before = Status::Ready;
};

struct DnsResource {
    int id = 0;
    std::string fqdn;
    std::optional<int> ttl;
    std::vector<std::string> addresses;
};

struct Event {
    int id = 0;
    std::string user;
    std::string node;
    std::string hostname;
    std::string level;
    std::string type;
    std::string description;
    std::int64_t created = 0;  // Unix seconds
};

struct BootFile {
    int id = 0;
    std::string sha256;
    std::int64_t size = 0;
    std::int64_t received = 0;
    std::int64_t writes = 0;
    bool complete = false;
    crypto::Sha256 digest;
};

struct BootResource {
    int id = 0;
    std::string name;
    std::string architecture;
    std::string title;
    std::string filetype;
    std::string owner;
    int file = 0;
};

struct VmHost {
    int id = 0;
    std::string name;
    std::string type;
    std::map<std::string, std::string> parameters;
    std::string zone = "default";
    std::string pool = "default";
    int cores = 32;
    int memory = 131072;
    int used_cores = 0;
    int used_memory = 0;
    std::vector<std::string> machines;
};

struct User {
    std::string name;
    bool admin = false;
};

struct Place {  // a zone or a resource pool
    int id = 0;
    std::string name;
    std::string description;
};

}  // namespace pcg::maassim
