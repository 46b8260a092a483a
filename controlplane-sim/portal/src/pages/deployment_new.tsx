// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import { post } from "../api/client.ts";
import type { Deployment, DeploymentSpec, Endpoint, EndpointKind, Gateway, InventoryItem, Page as ListPage } from "../api/types.ts";
import { navigate } from "../router.tsx";
import { may } from "../session.ts";
import { Alert } from "../ui/alert.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { FormBox, Select, TextArea, TextField } from "../ui/fields.tsx";
import { type Form, useForm } from "../ui/form.ts";
import { Card, Page } from "../ui/page.tsx";
import { useResource } from "../ui/resource.ts";
import { Empty, Failure, Loading, RoleNeeded } from "../ui/states.tsx";
import { visible } from "../ui/visible.ts";
import { type Plan, PlanPreview } from "./deployment_plan.tsx";

const INITIAL = {
  name: "",
  gateway_id: "",
  endpoint_id: "",
  control_plane_count: "1",
  worker_count: "1",
  template: "",
  image: "",
  cpu: "",
  memory_mib: "",
  disk_gib: "",
  network: "",
  folder: "",
  datastore: "",
  resource_pool: "",
  zone: "",
  tags: "",
  ssh_keys: "",
  user_data: "",
};

const AS_TEMPLATE = "Empty: as the template has it.";
const ANY = "Empty: any.";

const lines = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

type Field = keyof typeof INITIAL;

const NUMBERS: Record<EndpointKind, Field[]> = { vcenter: ["cpu", "memory_mib", "disk_gib"], maas: ["cpu", "memory_mib"] };
const TEXTS: Record<EndpointKind, Field[]> = {
  vcenter: ["network", "folder", "datastore", "resource_pool"],
  maas: ["zone", "resource_pool"],
};

/** Only what was filled in, and what the endpoint's kind takes: the rest is as the template has it, or does not matter. */
function specOf(values: typeof INITIAL, kind: EndpointKind): DeploymentSpec {
  const filled = (name: Field) => values[name].trim() !== "";
  const tags = values.tags.split(/[\s,]+/).filter(Boolean);
  const optional = {
    ...Object.fromEntries(NUMBERS[kind].filter(filled).map((name) => [name, Number(values[name])])),
    ...Object.fromEntries(TEXTS[kind].filter(filled).map((name) => [name, values[name].trim()])),
    ...(kind === "maas" && tags.length > 0 ? { tags } : {}),
    ...(filled("user_data") ? { user_data: values.user_data } : {}),
  };
  return {
    name: values.name.trim(),
    gateway_id: values.gateway_id,
    endpoint_id: values.endpoint_id,
    control_plane_count: Number(values.control_plane_count),
    worker_count: Number(values.worker_count),
    ...(kind === "maas" ? { image: values.image.trim() } : { template: values.template.trim() }),
    ssh_keys: lines(values.ssh_keys),
    ...optional,
  };
}

/** What an inventory has of one kind, to choose from; a field can be filled in without it, too. */
function useSuggestions(path: string | null, kind: string) {
  const { data } = useResource<ListPage<InventoryItem>>(path && `${path}/inventory?kind=${kind}&limit=200`);
  // An image comes once for each architecture.
  const byValue = new Map((data?.items ?? []).map((item) => [item.path || item.id, visible(item.name)]));
  return [...byValue].map(([value, label]) => ({ value, label }));
}

interface PlaceProps {
  form: Form<typeof INITIAL>;
  path: string | null;
}

/** What a machine is cloned from, and where to. */
function VCenterFields({ form, path }: PlaceProps) {
  const templates = useSuggestions(path, "templates");
  const networks = useSuggestions(path, "networks");
  const folders = useSuggestions(path, "folders");
  const datastores = useSuggestions(path, "datastores");
  return (
    <>
      <TextField form={form} name="template" label="Template" suggestions={templates} required />
      <TextField form={form} name="cpu" label="CPUs" type="number" min={1} help={AS_TEMPLATE} />
      <TextField form={form} name="memory_mib" label="Memory (MiB)" type="number" min={1} help={AS_TEMPLATE} />
      <TextField form={form} name="disk_gib" label="Disk (GiB)" type="number" min={1} help={AS_TEMPLATE} />
      <TextField form={form} name="network" label="Network" suggestions={networks} help={AS_TEMPLATE} />
      <TextField form={form} name="folder" label="Folder" suggestions={folders} help={AS_TEMPLATE} />
      <TextField form={form} name="datastore" label="Datastore" suggestions={datastores} help={AS_TEMPLATE} />
      <TextField form={form} name="resource_pool" label="Resource pool" help={AS_TEMPLATE} />
    </>
  );
}

/** What is installed, and on which of the machines that are there. */
function MaasFields({ form, path }: PlaceProps) {
  const images = useSuggestions(path, "images");
  const pools = useSuggestions(path, "pools");
  const zones = useSuggestions(path, "zones");
  return (
    <>
      <TextField form={form} name="image" label="Image" suggestions={images} help="As in ubuntu/jammy or custom/mine." required />
      <TextField form={form} name="resource_pool" label="Resource pool" suggestions={pools} help={ANY} />
      <TextField form={form} name="zone" label="Zone" suggestions={zones} help={ANY} />
      <TextField form={form} name="tags" label="Tags" help="A machine has all of them. Empty: any." />
      <TextField form={form} name="cpu" label="CPUs, at least" type="number" min={1} help={ANY} />
      <TextField form={form} name="memory_mib" label="Memory (MiB), at least" type="number" min={1} help={ANY} />
    </>
  );
}

function choicesOf(list: { id: string; name: string }[]) {
  return [{ value: "", label: "Choose…" }, ...list.map((one) => ({ value: one.id, label: visible(one.name) }))];
}

function Wizard({ gateways }: { gateways: Gateway[] }) {
  const only = gateways.length === 1 ? gateways[0]!.id : "";
  const form = useForm({ ...INITIAL, gateway_id: only });
  const { values } = form;
  const [plan, setPlan] = useState<Plan | null>(null);
  const gatewayPath = values.gateway_id ? `/api/v1/gateways/${values.gateway_id}` : null;
  const endpoints = useResource<ListPage<Endpoint>>(gatewayPath && `${gatewayPath}/endpoints?limit=200`);
  const endpointPath = gatewayPath && values.endpoint_id ? `${gatewayPath}/endpoints/${values.endpoint_id}` : null;
  const kind = endpoints.data?.items.find((one) => one.id === values.endpoint_id)?.kind ?? "vcenter";

  const preview = async () => setPlan(await post<Plan>("/api/v1/deployments/plan", specOf(values, kind)));
  const deploy = async () => {
    const made = await post<Deployment>("/api/v1/deployments", specOf(values, kind));
    navigate(`/deployments/${made.id}`);
  };
  const chooseGateway = (
    <Select form={form} name="gateway_id" label="Gateway" choices={choicesOf(gateways)} required />
  );
  return (
    <div class="pf-v6-l-grid pf-m-gutter">
      <div class="pf-v6-l-grid__item pf-m-7-col-on-xl">
        <Card>
          <FormBox form={form} action="Preview the plan" onSubmit={preview} onCancel={() => navigate("/deployments")}>
            <TextField form={form} name="name" label="Name" help="Small letters, digits and dashes; the machines are named after it." required />
            {chooseGateway}
            <Select form={form} name="endpoint_id" label="Endpoint" choices={choicesOf(endpoints.data?.items ?? [])} required />
            <Select
              form={form}
              name="control_plane_count"
              label="Control-plane machines"
              choices={["1", "3", "5"].map((value) => ({ value, label: value }))}
            />
            <TextField form={form} name="worker_count" label="Workers" type="number" min={0} max={100} required />
            {kind === "maas" ? <MaasFields form={form} path={endpointPath} /> : <VCenterFields form={form} path={endpointPath} />}
            <TextArea form={form} name="ssh_keys" label="SSH keys" help="Public keys, one a line." rows={3} />
            <TextArea form={form} name="user_data" label="User data" help="For cloud-init, as in #cloud-config. Only its SHA-256 is shown later." rows={6} />
          </FormBox>
        </Card>
      </div>
      <div class="pf-v6-l-grid__item pf-m-5-col-on-xl">
        <Card title="Plan">
          {plan ? (
            <div class="pf-v6-l-stack pf-m-gutter">
              <PlanPreview plan={plan} />
              <Alert tone="info" title="Nothing was made yet. If you change the form, preview it again." />
              <div class="pcg-actions">
                <Button look="primary" disabled={form.busy} onClick={() => void form.submit(deploy)}>
                  Deploy
                </Button>
              </div>
            </div>
          ) : (
            <Empty title="No plan yet">Fill in the form and preview what would be made. Nothing is made by that.</Empty>
          )}
        </Card>
      </div>
    </div>
  );
}

export default function DeploymentNew() {
  const allowed = may("operator");
  const gateways = useResource<ListPage<Gateway>>(allowed ? "/api/v1/gateways?limit=200" : null, ["gateway"]);
  return (
    <Page title="Deploy machines" trail={[{ to: "/deployments", text: "Deployments" }]}>
      {gateways.problem && <Failure problem={gateways.problem} retry={gateways.reload} />}
      {!allowed && <RoleNeeded role="operator" />}
      {allowed && !gateways.data && !gateways.problem && <Loading what="the gateways" />}
      {gateways.data?.items.length === 0 && (
        <Empty title="There is no gateway to deploy through" action={<LinkButton to="/pair">Pair a gateway</LinkButton>}>
          Machines are made in a data center, through its gateway.
        </Empty>
      )}
      {gateways.data && gateways.data.items.length > 0 && <Wizard gateways={gateways.data.items} />}
    </Page>
  );
}
