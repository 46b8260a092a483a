// SPDX-License-Identifier: Apache-2.0
import type { Machine } from "../api/types.ts";
import { Alert } from "../ui/alert.tsx";
import { count } from "../ui/format.tsx";
import { Table } from "../ui/table.tsx";
import { visible } from "../ui/visible.ts";

export interface Plan {
  machines: Pick<Machine, "name" | "role">[];
  warnings?: string[];
}

/** What would be made. */
export function PlanPreview({ plan }: { plan: Plan }) {
  return (
    <>
      {plan.warnings?.map((warning) => <Alert key={warning} tone="warning" title={warning} />)}
      <p>{count(plan.machines.length, "machine")} would be made.</p>
      <Table
        label="Planned machines"
        rows={plan.machines}
        keyOf={(machine) => machine.name}
        columns={[
          { title: "Machine", cell: (machine) => visible(machine.name) },
          { title: "Role", cell: (machine) => machine.role },
        ]}
      />
    </>
  );
}
