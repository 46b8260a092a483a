// SPDX-License-Identifier: Apache-2.0
// What the kernel knows of routers and of the data partition. Nothing is sent to the network: that
// a router is silent is known from what others asked of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "appliance/console/facts.h"

namespace pcg::appliance {

struct Neighbour {
    std::string address;  // "192.0.2.1", "fe80::1"
    bool silent = false;  // it was asked for at the link and does not answer (now)
};

// The default routes' routers, from the text of /proc/net/route and /proc/net/ipv6_route.
std::vector<std::string> readRouters(std::string_view v4, std::string_view v6);

// True if there are any and each of them is silent: one that nobody has asked for may be there.
bool allSilent(const std::vector<std::string>& routers, const std::vector<Neighbour>& neighbours);

// The kernel's table, of both families; empty where it cannot be asked.
std::vector<Neighbour> neighbours();

// What is wrong with the file system at /data, by the text of /proc/self/mountinfo and what is free
// on it; nothing where there is none.
std::optional<Problem> diskProblem(std::string_view mountinfo, std::uint64_t freeOctets);

// Fills in routers.
void lookAtRouters(MachineFacts& machine);

// Adds what is wrong with the disk now, unless that is known already.
void lookAtDisk(std::vector<Problem>& problems);

}  // namespace pcg::appliance
