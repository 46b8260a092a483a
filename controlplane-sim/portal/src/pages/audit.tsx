// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "preact/hooks";

import type { AuditEntry } from "../api/types.ts";
import { Button, LinkButton } from "../ui/button.tsx";
import { Select, TextField } from "../ui/fields.tsx";
import { useForm } from "../ui/form.ts";
import { bytes, milliseconds, Time } from "../ui/format.tsx";
import { Listing } from "../ui/listing.tsx";
import { Card, Page } from "../ui/page.tsx";
import { usePages } from "../ui/resource.ts";
import { Empty } from "../ui/states.tsx";
import { Status } from "../ui/status.tsx";
import { visible } from "../ui/visible.ts";

const INITIAL = { q: "", actor: "", action: "", target: "", outcome: "", from: "", to: "" };

const OUTCOMES = ["", "success", "refused", "failed", "unknown"].map((value) => ({ value, label: value || "All" }));

function whoOf({ actor: { name, kind } }: AuditEntry): string {
  return name === kind ? visible(name) : `${visible(name)} (${visible(kind)})`;
}

const COLUMNS = [
  { title: "When", cell: (entry: AuditEntry) => <Time at={entry.at} /> },
  { title: "Who", cell: (entry: AuditEntry) => whoOf(entry) },
  { title: "What", cell: (entry: AuditEntry) => visible(entry.action) },
  { title: "Target", cell: (entry: AuditEntry) => visible(entry.target.name || entry.target.id || "–") },
  { title: "Outcome", cell: (entry: AuditEntry) => <Status state={entry.outcome} /> },
  { title: "Took", cell: (entry: AuditEntry) => milliseconds(entry.duration_ms) },
  { title: "Up / down", cell: (entry: AuditEntry) => `${bytes(entry.bytes_up)} / ${bytes(entry.bytes_down)}` },
  { title: "Detail", cell: (entry: AuditEntry) => (entry.detail ? visible(entry.detail, 300) : "–") },
];

/** The filters as the API has them: times with their zone, empty ones left out. */
function queryOf(values: typeof INITIAL): Record<string, string> {
  const time = (local: string) => (local ? new Date(local).toISOString() : "");
  const all = { ...values, from: time(values.from), to: time(values.to) };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
}

export default function Audit() {
  const form = useForm(INITIAL);
  const [query, setQuery] = useState<Record<string, string>>({});
  const pages = usePages<AuditEntry>("/api/v1/audit", query, ["audit"]);
  const wrongFilter = Boolean(pages.problem?.field && Object.hasOwn(INITIAL, pages.problem.field));
  useEffect(() => {
    if (wrongFilter) form.refuse(pages.problem);
  }, [wrongFilter, query]);
  const search = (event: Event) => {
    event.preventDefault();
    void form.submit(async () => setQuery(queryOf(form.values)));
  };
  const exportAs = (format: string) => `/api/v1/audit/export?${new URLSearchParams({ ...query, format })}`;
  const actions = (
    <>
      <a class="pf-v6-c-button pf-m-secondary" href={exportAs("csv")} download>
        <span class="pf-v6-c-button__text">Export as CSV</span>
      </a>
      <a class="pf-v6-c-button pf-m-secondary" href={exportAs("jsonl")} download>
        <span class="pf-v6-c-button__text">Export as JSON lines</span>
      </a>
      <LinkButton to="/audit/report" look="secondary">
        Report
      </LinkButton>
    </>
  );
  const empty =
    Object.keys(query).length > 0 ? (
      <Empty title="Nothing fits">Widen the times, or take a filter away.</Empty>
    ) : (
      <Empty title="Nothing happened yet">Everything that users, the orchestrator and gateways do is listed here.</Empty>
    );
  return (
    <Page title="Audit" actions={actions} lead="Who did what, to what, and how it ended. No secret is ever in it.">
      <form class="pcg-filters" onSubmit={search} role="search">
        <TextField form={form} name="q" label="Any text" />
        <TextField form={form} name="actor" label="Who" />
        <TextField form={form} name="action" label="What" placeholder="gateway.pair" />
        <TextField form={form} name="target" label="Target" />
        <Select form={form} name="outcome" label="Outcome" choices={OUTCOMES} />
        <TextField form={form} name="from" label="From" type="datetime-local" />
        <TextField form={form} name="to" label="To" type="datetime-local" />
        <div class="pcg-filter-actions">
          <Button type="submit">Search</Button>
        </div>
      </form>
      <Card flush>
        {wrongFilter ? (
          <Empty title="Nothing was looked for">Mend the filter and search again.</Empty>
        ) : (
          <Listing pages={pages} what="audit entries" columns={COLUMNS} keyOf={(entry) => entry.seq} empty={empty} />
        )}
      </Card>
    </Page>
  );
}
