// SPDX-License-Identifier: Apache-2.0
#include "controlplane-sim/audit/audit_text.h"

namespace pcg::controlplane {

namespace json = codec::json;

json::Object auditJson(const AuditRow& row) {
    const auto& event = row.event;
    json::Object object;
    object.set("seq", json::Value::ofUnsigned(row.seq))
        .set("at", toRfc3339(event.at))
        .set("actor",
             json::Object().set("kind", nameOf(event.actor.kind)).set("name", event.actor.name))
        .set("action", event.action)
        .set("target",
             json::Object()
                 .set("kind", event.target.kind)
                 .set("id", event.target.id)
                 .set("name", event.target.name))
        .set("outcome", nameOf(event.outcome));
    object.set("duration_ms",
               event.durationMs ? json::Value(*event.durationMs) : json::Value(nullptr));
    object.set("bytes_up", json::Value::ofUnsigned(event.bytesUp))
        .set("bytes_down", json::Value::ofUnsigned(event.bytesDown))
        .set("detail", event.detail);
    return object;
}

std::string auditCsvHead() {
    return "seq,at,actor_kind,actor,action,target_kind,target_id,target,outcome,duration_ms,"
           "bytes_up,bytes_down,detail\r\n";
}

std::string csvCell(std::string_view text) {
    constexpr std::string_view kFormula = "=+-@\t\r\n";
    std::string cell;
    if (!text.empty() && kFormula.find(text.front()) != std::string_view::npos) cell = "'";
    cell += text;
    if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
    std::string quoted = "\"";
    for (const char c : cell) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

std::string auditCsvLine(const AuditRow& row) {
    const auto& event = row.event;
    std::string line = std::to_string(row.seq) + "," + toRfc3339(event.at);
    for (const auto& text : {std::string(nameOf(event.actor.kind)),
                             event.actor.name,
                             event.action,
                             event.target.kind,
                             event.target.id,
                             event.target.name,
                             std::string(nameOf(event.outcome))}) {
        line += "," + csvCell(text);
    }
    line += "," + (event.durationMs ? std::to_string(*event.durationMs) : std::string());
    line += "," + std::to_string(event.bytesUp) + "," + std::to_string(event.bytesDown);
    return line + "," + csvCell(event.detail) + "\r\n";
}

}  // namespace pcg::controlplane
