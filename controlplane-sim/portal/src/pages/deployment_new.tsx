// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import { post } from "../api/client.ts";
import type { Deployment, DeploymentSpec, Endpoint, Gateway, InventoryItem, Page as ListPage } from "../api/types.ts";
import { navigate } from "../router.tsx";
import { may } from "../session.ts";
import { Alert } from "../ui/alert.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { FormBox, Select, TextArea, TextField } from "../ui/fields.tsx";
import { useForm } from "../ui/form.ts";
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
  cpu: "",
  memory_mib: "",
  disk_gib: "",
  network: "",
  folder: "",
  datastore: "",
  resource_pool: "",
  ssh_keys: "",
  user_data: "",
};

const AS_TEMPLATE = "Empty: as the template has it.";

const lines = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

const NUMBERS = ["cpu", "memory_mib", "disk_gib"] as const;
const TEXTS = ["network", "folder", "datastore", "resource_pool"] as const;

/** Only what was filled in: the rest is as the template has it. */
function specOf(values: typeof INITIAL): DeploymentSpec {
  const filled = (name: keyof typeof INITIAL) => values[name].trim() !== "";
  const optional = {
    ...Object.fromEntries(NUMBERS.filter(filled).map((name) => [name, Number(values[name])])),
    ...Object.fromEntries(TEXTS.filter(filled).map((name) => [name, values[name].trim()])),
    ...(filled("user_data") ? { user_data: values.user_data } : {}),
  };
  return {
    name: values.name.trim(),
    gateway_id: values.gateway_id,
    endpoint_id: values.endpoint_id,
    control_plane_count: Number(values.control_plane_count),
    worker_count: Number(values.worker_count),
    template: values.template.trim(),
    ssh_keys: lines(values.ssh_keys),
    ...optional,
  };
}

/** What an inventory has of one kind, to choose from; a field can be filled in without it, too. */
function useSuggestions(path: string | null, kind: string) {
  const { data } = useResource<ListPage<InventoryItem>>(path && `${path}/inventory?kind=${kind}&limit=200`);
  return (data?.items ?? []).map((item) => ({ value: item.path || item.id, label: visible(item.name) }));
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
  const vcenter = endpoints.data?.items.find((one) => one.id === values.endpoint_id)?.kind !== "maas";
  const templates = useSuggestions(endpointPath, vcenter ? "templates" : "images");
  const networks = useSuggestions(vcenter ? endpointPath : null, "networks");
  const folders = useSuggestions(vcenter ? endpointPath : null, "folders");
  const datastores = useSuggestions(vcenter ? endpointPath : null, "datastores");

  const preview = async () => setPlan(await post<Plan>("/api/v1/deployments/plan", specOf(values)));
  const deploy = async () => {
    const made = await post<Deployment>("/api/v1/deployments", specOf(values));
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
            <TextField form={form} name="template" label={vcenter ? "Template" : "Image"} suggestions={templates} required />
            <TextField form={form} name="cpu" label="CPUs" type="number" min={1} help={AS_TEMPLATE} />
            <TextField form={form} name="memory_mib" label="Memory (MiB)" type="number" min={1} help={AS_TEMPLATE} />
            <TextField form={form} name="disk_gib" label="Disk (GiB)" type="number" min={1} help={AS_TEMPLATE} />
            {vcenter && (
              <>
                <TextField form={form} name="network" label="Network" suggestions={networks} help={AS_TEMPLATE} />
                <TextField form={form} name="folder" label="Folder" suggestions={folders} help={AS_TEMPLATE} />
                <TextField form={form} name="datastore" label="Datastore" suggestions={datastores} help={AS_TEMPLATE} />
              </>
            )}
            <TextField form={form} name="resource_pool" label="Resource pool" help={AS_TEMPLATE} />
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
