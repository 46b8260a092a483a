// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import { session } from "../session.ts";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/fields.tsx";
import { useForm } from "../ui/form.ts";
import { Time } from "../ui/format.tsx";
import { Card, Page } from "../ui/page.tsx";
import { useResource } from "../ui/resource.ts";
import { Empty, Failure, Loading } from "../ui/states.tsx";
import { Table } from "../ui/table.tsx";
import { visible } from "../ui/visible.ts";

interface Sum {
  name: string;
  count: number;
}

interface Report {
  from: string;
  to: string;
  total: number;
  by_action: Sum[];
  by_actor: Sum[];
  by_outcome: Sum[];
  by_endpoint: Sum[];
}

const PARTS = [
  { member: "by_action", title: "By action" },
  { member: "by_actor", title: "By who" },
  { member: "by_outcome", title: "By outcome" },
  { member: "by_endpoint", title: "By endpoint" },
] as const;

const day = (at: Date) => at.toISOString().slice(0, 10);

function thisMonth() {
  const now = new Date();
  return { from: day(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1))), to: day(now) };
}

/** Whole days, the last one included, in UTC. */
function queryOf({ from, to }: { from: string; to: string }): string {
  const end = new Date(Date.parse(`${to}T00:00:00Z`) + 86_400_000);
  return new URLSearchParams({ from: `${from}T00:00:00Z`, to: end.toISOString() }).toString();
}

function Sums({ title, sums }: { title: string; sums: Sum[] }) {
  return (
    <div class="pf-v6-l-grid__item pf-m-6-col-on-lg">
      <Card title={title} flush>
        {sums.length === 0 ? (
          <Empty title="None">Nothing of this kind happened in the period.</Empty>
        ) : (
          <Table
            label={title}
            rows={sums}
            keyOf={(sum) => sum.name}
            columns={[
              { title: "Name", cell: (sum) => <span class="pcg-wrap">{visible(sum.name)}</span> },
              { title: "Count", cell: (sum) => sum.count },
            ]}
          />
        )}
      </Card>
    </div>
  );
}

export default function ReportPage() {
  const form = useForm(thisMonth());
  const [query, setQuery] = useState(() => queryOf(form.values));
  const { data: report, problem, reload } = useResource<Report>(`/api/v1/audit/report?${query}`);
  const show = (event: Event) => {
    event.preventDefault();
    setQuery(queryOf(form.values));
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
          <p>
            {visible(session.value!.tenant.name)}: {report.total} entries from <Time at={report.from} /> to <Time at={report.to} />
          </p>
          <div class="pf-v6-l-grid pf-m-gutter">
            {PARTS.map((part) => (
              <Sums key={part.member} title={part.title} sums={report[part.member]} />
            ))}
          </div>
        </>
      )}
    </Page>
  );
}
