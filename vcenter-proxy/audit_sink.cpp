// SPDX-License-Identifier: Apache-2.0
#include "vcenter-proxy/audit_sink.h"

#include <string_view>

namespace pcg::proxy {
namespace {

// The names of what was made or renamed, of "name=web-3 folder=group-v3 ...".
std::string namesIn(std::string_view arguments) {
    constexpr std::string_view kName = "name=";
    std::string names;
    while (arguments.starts_with(kName)) {
        const bool quoted = arguments.substr(kName.size()).starts_with('"');
        const auto close = quoted ? arguments.find('"', kName.size() + 1) : kName.size();
        if (close == std::string_view::npos) break;
        const auto end = arguments.find(' ', close);
        names += (names.empty() ? "" : ", ") +
                 std::string(arguments.substr(kName.size(), end - kName.size()));
        if (end == std::string_view::npos) break;
        arguments.remove_prefix(end + 1);
    }
    return names;
}

std::string seconds(std::chrono::milliseconds took) {
    const auto tenths = (took.count() + 50) / 100;
    if (tenths < 10) return std::to_string(took.count()) + " ms";
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

std::string ending(const AuditRecord& record) {
    if (record.decision != "allowed") return "refused (" + record.decision + ")";
    if (!record.fault.empty()) return "fault " + record.fault;
    if (record.outcome != "complete") return record.outcome;
    return record.status < 400 ? "success" : "status " + std::to_string(record.status);
}

}  // namespace

std::string summaryOf(const AuditRecord& record) {
    std::string text = record.method + " " + record.object;
    if (const auto names = namesIn(record.arguments); !names.empty()) text += " -> " + names;
    if (!record.access_key.empty()) text += " by " + record.access_key;
    if (!record.task.empty()) text += ", " + record.task;
    return text + ", " + seconds(record.took) + ", " + ending(record);
}

}  // namespace pcg::proxy
