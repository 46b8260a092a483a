// SPDX-License-Identifier: Apache-2.0

export const ROLES = [
  { value: "admin", label: "Admin: everything in the tenant" },
  { value: "operator", label: "Operator: reads, and deploys" },
  { value: "auditor", label: "Auditor: reads" },
];
