// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import { patch, remove } from "../api/client.ts";
import type { Endpoint, GatewayDetail } from "../api/types.ts";
import { navigate, type Params } from "../router.tsx";
import { may } from "../session.ts";
import { Alert } from "../ui/alert.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { FormBox, TextField } from "../ui/fields.tsx";
import { useForm } from "../ui/form.ts";
import { fingerprint, milliseconds, sentence, Time } from "../ui/format.tsx";
import { Listing } from "../ui/listing.tsx";
import { Card, Facts, Page } from "../ui/page.tsx";
import { type Resource, usePages, useResource } from "../ui/resource.ts";
import { Empty, Failure, Loading } from "../ui/states.tsx";
import { Status } from "../ui/status.tsx";
import { Table } from "../ui/table.tsx";
import { visible, visibleSentence } from "../ui/visible.ts";
import { Charts } from "./gateway_charts.tsx";
import { Timeline } from "./gateway_timeline.tsx";

function Layers({ gateway }: { gateway: GatewayDetail }) {
  const layers = gateway.layers ?? [];
  if (layers.length === 0) {
    return <Empty title="No health report yet">The gateway sends one with its next heartbeat.</Empty>;
  }
  return (
    <Table
      label="Health by layer"
      rows={layers}
      keyOf={(layer) => layer.name}
      columns={[
        { title: "Layer", cell: (layer) => visible(layer.name) },
        { title: "State", cell: (layer) => <Status state={layer.state} /> },
        { title: "Detail", cell: (layer) => layer.text },
        { title: "What to do", cell: (layer) => layer.next_step || "–" },
      ]}
    />
  );
}

function Endpoints({ gateway }: { gateway: GatewayDetail }) {
  const path = `/api/v1/gateways/${gateway.id}/endpoints`;
  const pages = usePages<Endpoint>(path, {}, ["endpoint"]);
  const here = `/gateways/${gateway.id}/endpoints`;
  const allowed = gateway.remote?.endpoints ?? true;
  const add = may("admin") && allowed && <LinkButton to={`${here}/new`} look="secondary">Add an endpoint</LinkButton>;
  const empty = (
    <Empty title="No endpoint yet" action={add}>
      An endpoint is a vCenter or a MAAS that the gateway can reach.{" "}
      {!allowed && "This data center adds them itself, or lets you with: pcgctl remote allow endpoints."}
    </Empty>
  );
  return (
    <Card title="Endpoints" actions={pages.data?.items.length ? add : undefined} flush>
      <Listing
        pages={pages}
        what="endpoints"
        keyOf={(one) => one.id}
        empty={empty}
        columns={[
          { title: "Name", cell: (one) => <a href={`${here}/${one.id}`}>{visible(one.name)}</a> },
          { title: "Kind", cell: (one) => one.kind },
          { title: "State", cell: (one) => <Status state={one.state} /> },
          { title: "Target", cell: (one) => visible(one.target ?? "–", 200) },
        ]}
      />
    </Card>
  );
}

function Identity({ gateway }: { gateway: GatewayDetail }) {
  const { link } = gateway;
  return (
    <Card title="Link and identity">
      <Facts
        facts={[
          ["Way", link.path ?? "–"],
          ["Why", link.why || "–"],
          ["Round trip", milliseconds(link.rtt_ms)],
          ["Clock offset", milliseconds(link.clock_offset_ms)],
          ["Last heartbeat", link.last_heartbeat_ms_ago == null ? "–" : `${milliseconds(link.last_heartbeat_ms_ago)} ago`],
          ["Version", visible(gateway.version || "–")],
          ["Paired", gateway.kind === "system" ? "by the platform" : <Time at={gateway.bound_at} />],
          ["Gateway id", <span class="pcg-mono pcg-wrap">{gateway.id}</span>],
          [
            "Device key (SHA-256)",
            <span class="pcg-mono pcg-wrap">{gateway.device_spki_sha256 ? fingerprint(gateway.device_spki_sha256) : "–"}</span>,
          ],
        ]}
      />
    </Card>
  );
}

function Rename({ resource, onClose }: { resource: Resource<GatewayDetail>; onClose: () => void }) {
  const gateway = resource.data!;
  const form = useForm({ name: gateway.name });
  const save = async () => {
    await patch(`/api/v1/gateways/${gateway.id}`, form.values, resource.etag);
    resource.reload();
    onClose();
  };
  return (
    <Dialog title="Rename the gateway" onClose={onClose}>
      <FormBox form={form} action="Rename" onSubmit={save} onCancel={onClose}>
        <TextField form={form} name="name" label="Name" required />
      </FormBox>
    </Dialog>
  );
}

function Release({ gateway, onClose }: { gateway: GatewayDetail; onClose: () => void }) {
  const run = async () => {
    await remove(`/api/v1/gateways/${gateway.id}`);
    navigate("/gateways");
  };
  return (
    <Confirm title={`Release ${visible(gateway.name)}?`} action="Release the gateway" run={run} onClose={onClose}>
      <p>
        The gateway forgets your tenant, its endpoints' credentials and all access keys, and shows a new pairing code.
        Machines that were deployed through it stay.
      </p>
    </Confirm>
  );
}

function Offline({ gateway }: { gateway: GatewayDetail }) {
  if (gateway.state === "online") return null;
  const pairing = gateway.state === "pairing";
  return (
    <Alert tone={pairing ? "info" : "warning"} title={pairing ? "The gateway is being paired" : "The gateway is offline"}>
      {visibleSentence(sentence(gateway.why || gateway.link.why))} Calls to its endpoints are refused until it is back; what it deployed keeps running.
    </Alert>
  );
}

function Warnings({ gateway }: { gateway: GatewayDetail }) {
  return (
    <>
      {gateway.warnings?.map((warning) => (
        <Alert key={warning} tone="warning" title={sentence(warning)} />
      ))}
    </>
  );
}

export default function GatewayPage({ params }: { params: Params }) {
  const resource = useResource<GatewayDetail>(`/api/v1/gateways/${params["gateway"]}`, ["gateway", "endpoint", "clock"]);
  const [dialog, setDialog] = useState<"rename" | "release" | null>(null);
  const gateway = resource.data;
  const trail = [{ to: "/gateways", text: "Gateways" }];
  if (!gateway) {
    return (
      <Page title="Gateway" trail={trail}>
        {resource.problem ? <Failure problem={resource.problem} retry={resource.reload} /> : <Loading what="the gateway" />}
      </Page>
    );
  }
  const actions = may("admin") && gateway.kind !== "system" && (
    <>
      <Button onClick={() => setDialog("rename")}>Rename</Button>
      <Button look="cautious" onClick={() => setDialog("release")}>
        Release
      </Button>
    </>
  );
  return (
    <Page title={visible(gateway.name)} trail={trail} label={<Status state={gateway.state} />} actions={actions}>
      <Offline gateway={gateway} />
      <Warnings gateway={gateway} />
      <div class="pf-v6-l-grid pf-m-gutter">
        <div class="pf-v6-l-grid__item pf-m-8-col-on-xl">
          <div class="pf-v6-l-stack pf-m-gutter">
            <Card title="Health" flush>
              <Layers gateway={gateway} />
            </Card>
            <Endpoints gateway={gateway} />
            <Charts gatewayId={gateway.id} />
            <Identity gateway={gateway} />
          </div>
        </div>
        <div class="pf-v6-l-grid__item pf-m-4-col-on-xl">
          <Timeline gatewayId={gateway.id} />
        </div>
      </div>
      {dialog === "rename" && <Rename resource={resource} onClose={() => setDialog(null)} />}
      {dialog === "release" && <Release gateway={gateway} onClose={() => setDialog(null)} />}
    </Page>
  );
}
