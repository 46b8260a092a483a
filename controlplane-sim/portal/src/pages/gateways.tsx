// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import type { Gateway } from "../api/types.ts";
import { may } from "../session.ts";
import { LinkButton } from "../ui/button.tsx";
import { Select, TextField } from "../ui/fields.tsx";
import { useForm } from "../ui/form.ts";
import { milliseconds, Time } from "../ui/format.tsx";
import { Listing } from "../ui/listing.tsx";
import { Card, Page } from "../ui/page.tsx";
import { usePages } from "../ui/resource.ts";
import { Button } from "../ui/button.tsx";
import { Empty } from "../ui/states.tsx";
import { Status } from "../ui/status.tsx";
import { visible } from "../ui/visible.ts";

/** What is wrong with it, also while it is online. */
function whyOf(one: Gateway): string {
  return [one.why || one.link.why, ...(one.warnings ?? [])].filter(Boolean).join(" ") || "–";
}

const COLUMNS = [
  {
    title: "Name",
    cell: (one: Gateway) => (
      <>
        <a href={`/gateways/${one.id}`}>{visible(one.name)}</a>
        {one.kind === "system" && " (system)"}
      </>
    ),
  },
  { title: "State", cell: (one: Gateway) => <Status state={one.state} /> },
  { title: "Why", cell: whyOf },
  { title: "Round trip", cell: (one: Gateway) => milliseconds(one.link.rtt_ms) },
  { title: "Version", cell: (one: Gateway) => visible(one.version || "–") },
  { title: "Paired", cell: (one: Gateway) => (one.kind === "system" ? "by the platform" : <Time at={one.bound_at} />) },
];

export default function Gateways() {
  const form = useForm({ q: "", state: "", kind: "" });
  const [query, setQuery] = useState<Record<string, string>>({});
  const pages = usePages<Gateway>("/api/v1/gateways", query, ["gateway"]);
  const filtered = Object.values(query).some(Boolean);
  const search = (event: Event) => {
    event.preventDefault();
    setQuery(form.values);
  };
  const empty = filtered ? (
    <Empty title="No gateway fits">Search for another name, or show all of them.</Empty>
  ) : (
    <Empty title="No gateway yet" action={may("admin") && <LinkButton to="/pair">Pair a gateway</LinkButton>}>
      Start the gateway's VM in your data center and type the code that its console shows.
    </Empty>
  );
  return (
    <Page title="Gateways" actions={may("admin") && <LinkButton to="/pair">Pair a gateway</LinkButton>}>
      <form class="pcg-filters" onSubmit={search} role="search">
        <TextField form={form} name="q" label="Name" />
        <Select
          form={form}
          name="state"
          label="State"
          choices={[
            { value: "", label: "All" },
            { value: "online", label: "Online" },
            { value: "offline", label: "Offline" },
            { value: "pairing", label: "Pairing" },
          ]}
        />
        <Select
          form={form}
          name="kind"
          label="Run by"
          choices={[
            { value: "", label: "All" },
            { value: "paired", label: "Us" },
            { value: "system", label: "The platform" },
          ]}
        />
        <div class="pcg-filter-actions">
          <Button type="submit">Search</Button>
        </div>
      </form>
      <Card flush>
        <Listing pages={pages} what="gateways" columns={COLUMNS} keyOf={(one) => one.id} empty={empty} />
      </Card>
    </Page>
  );
}
