// SPDX-License-Identifier: Apache-2.0
// Rows of the audit for people and programs: JSON, and CSV (RFC 4180) that a spreadsheet does not
// execute. Pure functions.
#pragma once

#include "common/codec/json.h"
#include "controlplane-sim/audit/audit_event.h"

#include <string>

namespace pcg::controlplane {

codec::json::Object auditJson(const AuditRow& row);

std::string auditCsvHead();
std::string auditCsvLine(const AuditRow& row);

// One cell. What a spreadsheet would take for a formula is preceded by an apostrophe.
std::string csvCell(std::string_view text);

}  // namespace pcg::controlplane
