// SPDX-License-Identifier: Apache-2.0
import type { Machine } from "../api/types.ts";
import { count } from "../ui/format.tsx";
import { Facts } from "../ui/page.tsx";
import { Table } from "../ui/table.tsx";
import { visible } from "../ui/visible.ts";

export interface Plan {
  machines: Pick<Machine, "name" | "role">[];
  placement?: Record<string, unknown>;
}

/** What would be made. */
export function PlanPreview({ plan }: { plan: Plan }) {
  return (
    <>
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
      <Facts
        facts={Object.entries(plan.placement ?? {}).map(([name, place]): [string, string] => [
          name.replaceAll("_", " "),
          visible(typeof place === "string" ? place : JSON.stringify(place), 200),
        ])}
      />
    </>
  );
}
