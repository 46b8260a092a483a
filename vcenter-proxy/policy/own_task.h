// SPDX-License-Identifier: Apache-2.0
// What a vCenter's answers say of machines that are being made. Pure functions over the first
// octets of an answer; nothing is trusted to be there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pcg::policy {

// A task or an import lease whose end will name a machine.
struct OwnTask {
    std::string type;  // "Task", "HttpNfcLease"
    std::string id;    // "task-91"

    friend bool operator==(const OwnTask&, const OwnTask&) = default;
};

// <returnval type="Task">task-91</returnval>
std::optional<OwnTask> taskIn(std::string_view answer);

// xsi:type of a fault's detail: "InvalidArgument"; empty if there is none.
std::string faultIn(std::string_view answer);

// Whether a call of this name makes a machine of the caller's own.
bool makesMachine(std::string_view method);

// The properties of a Task or a lease, asked for by propertyRequest().
struct TaskLook {
    bool over = false;
    std::string machine;  // empty: there is none (yet)
};

std::string propertyRequest(const OwnTask& task);
std::optional<TaskLook> lookIn(const OwnTask& task, std::string_view answer);

}  // namespace pcg::policy
