// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import type { Endpoint, InventoryItem } from "../api/types.ts";
import type { Params } from "../router.tsx";
import { Button } from "../ui/button.tsx";
import { Listing } from "../ui/listing.tsx";
import { Card, Page } from "../ui/page.tsx";
import { usePages, useResource } from "../ui/resource.ts";
import { Empty, Failure, Loading } from "../ui/states.tsx";
import { visible } from "../ui/visible.ts";

const KINDS = {
  vcenter: ["datacenters", "clusters", "hosts", "datastores", "networks", "folders", "templates", "vms"],
  maas: ["machines", "pools", "zones", "tags", "images", "fabrics", "subnets"],
} as const;

const SHOWN = new Set(["id", "name", "path", "parent"]);

function fact(value: unknown): string {
  if (Array.isArray(value)) return value.join(" ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** What an item has besides its name: "free: 3, type: VMFS". */
function facts(item: InventoryItem): string {
  return Object.entries(item)
    .filter(([name, value]) => !SHOWN.has(name) && value !== null && fact(value) !== "")
    .map(([name, value]) => `${name.replaceAll("_", " ")}: ${fact(value)}`)
    .join(", ");
}

function Items({ path, kind }: { path: string; kind: string }) {
  const pages = usePages<InventoryItem>(`${path}/inventory`, { kind }, ["endpoint"]);
  return (
    <Listing
      pages={pages}
      what={kind}
      keyOf={(item) => item.id}
      empty={<Empty title={`No ${kind}`}>The endpoint has none, or its account may not see them.</Empty>}
      columns={[
        { title: "Name", cell: (item) => visible(item.name) },
        { title: "Path", cell: (item) => (item.path ? visible(item.path, 200) : "–") },
        { title: "Facts", cell: (item) => visible(facts(item) || "–", 200) },
        { title: "Id", cell: (item) => visible(item.id, 200) },
      ]}
    />
  );
}

function Browser({ endpoint, path }: { endpoint: Endpoint; path: string }) {
  const kinds = KINDS[endpoint.kind];
  const [kind, setKind] = useState<string>(kinds[0]);
  return (
    <>
      <div class="pcg-filters" role="group" aria-label="What to show">
        {kinds.map((one) => (
          <div class="pcg-filter-actions" key={one}>
            <Button look={one === kind ? "primary" : "secondary"} onClick={() => setKind(one)}>
              {one}
            </Button>
          </div>
        ))}
      </div>
      <Card flush>
        <Items key={kind} path={path} kind={kind} />
      </Card>
    </>
  );
}

export default function Inventory({ params }: { params: Params }) {
  const here = `/gateways/${params["gateway"]}/endpoints/${params["endpoint"]}`;
  const { data: endpoint, problem, reload } = useResource<Endpoint>(`/api/v1${here}`);
  const trail = [
    { to: "/gateways", text: "Gateways" },
    { to: `/gateways/${params["gateway"]}`, text: "Gateway" },
    { to: here, text: endpoint ? visible(endpoint.name) : "Endpoint" },
  ];
  return (
    <Page title="Inventory" trail={trail} lead="What the endpoint has, asked through the gateway at this moment.">
      {problem && <Failure problem={problem} retry={reload} />}
      {!endpoint && !problem && <Loading what="the endpoint" />}
      {endpoint && <Browser endpoint={endpoint} path={`/api/v1${here}`} />}
    </Page>
  );
}
