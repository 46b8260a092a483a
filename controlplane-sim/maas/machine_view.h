// SPDX-License-Identifier: Apache-2.0
// What of a MAAS's machine counts here. Values and pure functions; parsing is bounded.
#pragma once

#include "common/codec/json.h"

namespace pcg::controlplane::maas {

struct MachineView {
    std::string id;  // fit for a path
    std::string hostname;
    std::string fqdn;
    std::string status;   // "Ready", as MAAS calls it
    std::string message;  // why it is as it is, in MAAS's words; may be empty
    std::string power;
    std::string architecture;
    std::string zone;
    std::string pool;
    std::string image;  // "ubuntu/jammy", of one that is installed
    std::int64_t cpu = 0;
    std::int64_t memoryMib = 0;
    std::vector<std::string> tags;
    std::vector<std::string> addresses;
    bool locked = false;
};

// maas.bad_answer for what is no machine; members that are odd or too long are left out.
Result<MachineView> machineOf(const codec::json::Object& machine);

// "4y3ha3"
bool isSystemId(std::string_view text);

// On its way back to those that are free.
bool isReleasing(const MachineView& machine);

}  // namespace pcg::controlplane::maas
