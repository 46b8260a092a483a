// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import { session } from "../session.ts";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/fields.tsx";
import { useForm } from "../ui/form.ts";
import { bytes } from "../ui/format.tsx";
import { Card, Facts, Page } from "../ui/page.tsx";
import { useResource } from "../ui/resource.ts";
import { Empty, Failure, Loading } from "../ui/states.tsx";
import { Table } from "../ui/table.tsx";
import { visible } from "../ui/visible.ts";

interface Sum {
  action?: string;
  actor?: string;
  id?: string;
  name?: string;
  count: number;
  refused: number;
  failed: number;
  bytes_up: number;
  bytes_down: number;
}

interface Report {
  rows: number;
  by_outcome: Record<string, number>;
  by_action: Sum[];
  by_actor: Sum[];
  by_endpoint: Sum[];
}

const PARTS = [
  { member: "by_action", title: "By action" },
  { member: "by_actor", title: "By who" },
  { member: "by_endpoint", title: "By endpoint" },
] as const;

const keyOf = (sum: Sum) => sum.action ?? sum.actor ?? sum.id ?? "";
const nameOf = (sum: Sum) => sum.name || keyOf(sum);

const DAY_MS = 24 * 3600 * 1000;
const day = (at: Date) => at.toISOString().slice(0, 10);

function thisMonth() {
  const now = new Date();
  return { from: day(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1))), to: day(now) };
}

type Period = { from: string; to: string };

/** Whole days in UTC, the last one included: the API's end is the first moment that does not count. */
function queryOf({ from, to }: Period): string {
  const end = new Date(Date.parse(`${to}T00:00:00Z`) + DAY_MS);
  return new URLSearchParams({ from, to: day(end) }).toString();
}

function Sums({ title, sums }: { title: string; sums: Sum[] }) {
  return (
    <Card title={title} flush>
      {sums.length === 0 ? (
        <Empty title="None">Nothing of this kind happened in the period.</Empty>
      ) : (
        <Table
          label={title}
          rows={sums}
          keyOf={keyOf}
          columns={[
            { title: "Name", cell: (sum) => visible(nameOf(sum)) },
            { title: "Count", cell: (sum) => sum.count },
            { title: "Refused", cell: (sum) => sum.refused },
            { title: "Failed", cell: (sum) => sum.failed },
            { title: "Up / down", cell: (sum) => `${bytes(sum.bytes_up)} / ${bytes(sum.bytes_down)}` },
          ]}
        />
      )}
    </Card>
  );
}

export default function ReportPage() {
  const form = useForm(thisMonth());
  const [period, setPeriod] = useState<Period>(form.values);
  const { data: report, problem, reload } = useResource<Report>(`/api/v1/audit/report?${queryOf(period)}`);
  const show = (event: Event) => {
    event.preventDefault();
    setPeriod(form.values);
  };
  return (
    <Page
      title="Audit report"
      trail={[{ to: "/audit", text: "Audit" }]}
      actions={
        <Button look="primary" disabled={!report} onClick={() => print()}>
          Print
        </Button>
      }
    >
      <form class="pcg-filters pcg-no-print" onSubmit={show}>
        <TextField form={form} name="from" label="From" type="date" required />
        <TextField form={form} name="to" label="To" type="date" required />
        <div class="pcg-filter-actions">
          <Button type="submit">Show</Button>
        </div>
      </form>
      {problem && <Failure problem={problem} retry={reload} />}
      {!report && !problem && <Loading what="the report" />}
      {report && (
        <>
          <Card title={`${visible(session.value!.tenant.name)}, ${period.from} to ${period.to} (UTC)`}>
            <Facts
              facts={[
                ["Entries", report.rows],
                ...Object.entries(report.by_outcome).map(([outcome, number]): [string, number] => [outcome, number]),
              ]}
            />
          </Card>
          {PARTS.map((part) => (
            <Sums key={part.member} title={part.title} sums={report[part.member]} />
          ))}
        </>
      )}
    </Page>
  );
}
