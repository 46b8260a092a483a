// SPDX-License-Identifier: Apache-2.0
import { useId, useState } from "preact/hooks";

import { post, remove } from "../api/client.ts";
import { asProblem, type Problem } from "../api/problem.ts";
import type { Deployment, DeploymentSpec } from "../api/types.ts";
import { navigate, type Params } from "../router.tsx";
import { may } from "../session.ts";
import { Alert } from "../ui/alert.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm, Dialog } from "../ui/dialog.tsx";
import { FormBox, Select, TextField } from "../ui/fields.tsx";
import { useForm } from "../ui/form.ts";
import { Time } from "../ui/format.tsx";
import { Card, Facts, Page } from "../ui/page.tsx";
import { type Resource, useResource } from "../ui/resource.ts";
import { Empty, Failure, Loading } from "../ui/states.tsx";
import { Status } from "../ui/status.tsx";
import { Table } from "../ui/table.tsx";
import { visible } from "../ui/visible.ts";

function Progress({ deployment }: { deployment: Deployment }) {
  const { done, total } = deployment.progress;
  const percent = total === 0 ? 0 : Math.round((100 * done) / total);
  const id = useId();
  return (
    <div class="pf-v6-c-progress">
      <div class="pf-v6-c-progress__description" id={id}>
        Machines ready: {done} of {total}
      </div>
      <div class="pf-v6-c-progress__status" aria-hidden="true">
        <span class="pf-v6-c-progress__measure">{percent} %</span>
      </div>
      <div
        class="pf-v6-c-progress__bar"
        role="progressbar"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-labelledby={id}
      >
        <div class="pf-v6-c-progress__indicator" style={{ width: `${percent}%` }} />
      </div>
    </div>
  );
}

function Machines({ deployment }: { deployment: Deployment }) {
  if (deployment.machines.length === 0) return <Empty title="No machines yet">They are listed as soon as they are planned.</Empty>;
  return (
    <Table
      label="Machines"
      rows={deployment.machines}
      keyOf={(machine) => machine.name}
      columns={[
        { title: "Machine", cell: (machine) => visible(machine.name) },
        { title: "Role", cell: (machine) => machine.role },
        { title: "State", cell: (machine) => <Status state={machine.state} /> },
        { title: "Id there", cell: (machine) => (machine.vm ? <span class="pcg-mono">{visible(machine.vm)}</span> : "–") },
        { title: "Addresses", cell: (machine) => machine.addresses?.join(", ") || "–" },
        { title: "Why", cell: (machine) => machine.why || "–" },
        { title: "Since", cell: (machine) => <Time at={machine.changed_at} /> },
      ]}
    />
  );
}

const AS_TEMPLATE = "as the template has it";

type FactList = Parameters<typeof Facts>[0]["facts"];

function cloned(spec: DeploymentSpec): FactList {
  return [
    ["Template", <span class="pcg-wrap">{visible(spec.template ?? "", 200)}</span>],
    ["CPUs", spec.cpu || AS_TEMPLATE],
    ["Memory (MiB)", spec.memory_mib || AS_TEMPLATE],
    ["Disk (GiB)", spec.disk_gib || AS_TEMPLATE],
    ["Network", spec.network ? visible(spec.network, 200) : AS_TEMPLATE],
  ];
}

function installed(spec: DeploymentSpec): FactList {
  const atLeast = (number: number | undefined) => (number ? `at least ${number}` : "any");
  return [
    ["Image", <span class="pcg-wrap">{visible(spec.image ?? "", 200)}</span>],
    ["Resource pool", visible(spec.resource_pool || "any", 200)],
    ["Zone", visible(spec.zone || "any", 200)],
    ["Tags", visible(spec.tags?.join(", ") || "any", 200)],
    ["CPUs", atLeast(spec.cpu)],
    ["Memory (MiB)", atLeast(spec.memory_mib)],
  ];
}

function Spec({ deployment }: { deployment: Deployment }) {
  const { spec } = deployment;
  return (
    <Card title="What was asked for">
      <Facts
        facts={[
          ["Control-plane machines", spec.control_plane_count],
          ["Workers", spec.worker_count],
          ...(spec.image ? installed(spec) : cloned(spec)),
          ["Gateway", <a href={`/gateways/${spec.gateway_id}`}>{spec.gateway_id}</a>],
          ["Created", <Time at={deployment.created_at} />],
        ]}
      />
    </Card>
  );
}

function Scale({ path, resource, onClose }: { path: string; resource: Resource<Deployment>; onClose: () => void }) {
  const { spec } = resource.data!;
  const form = useForm({ control_plane_count: String(spec.control_plane_count), worker_count: String(spec.worker_count) });
  const scale = async () => {
    await post(`${path}/scale`, {
      control_plane_count: Number(form.values.control_plane_count),
      worker_count: Number(form.values.worker_count),
    });
    resource.reload();
    onClose();
  };
  return (
    <Dialog title="Scale" onClose={onClose}>
      <FormBox form={form} action="Scale" onSubmit={scale} onCancel={onClose}>
        <Select
          form={form}
          name="control_plane_count"
          label="Control-plane machines"
          choices={["1", "3", "5"].map((value) => ({ value, label: value }))}
        />
        <TextField
          form={form}
          name="worker_count"
          label="Workers"
          type="number"
          min={0}
          max={100}
          help="Fewer: the newest ones are deleted."
          required
        />
      </FormBox>
    </Dialog>
  );
}

export default function DeploymentPage({ params }: { params: Params }) {
  const path = `/api/v1/deployments/${params["deployment"]}`;
  const resource = useResource<Deployment>(path, ["deployment"]);
  const [dialog, setDialog] = useState<"scale" | "delete" | "abandon" | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const deployment = resource.data;
  const trail = [{ to: "/deployments", text: "Deployments" }];
  if (!deployment) {
    return (
      <Page title="Deployment" trail={trail}>
        {resource.problem ? <Failure problem={resource.problem} retry={resource.reload} /> : <Loading what="the deployment" />}
      </Page>
    );
  }
  const retry = async () => {
    setProblem(null);
    try {
      await post(`${path}/retry`);
      resource.reload();
    } catch (error) {
      setProblem(asProblem(error));
    }
  };
  const actions = may("operator") && (
    <>
      {deployment.state === "failed" && <Button look="primary" onClick={() => void retry()}>Retry</Button>}
      {deployment.state === "ready" && <Button onClick={() => setDialog("scale")}>Scale</Button>}
      {deployment.state !== "deleting" && (
        <Button look="cautious" onClick={() => setDialog("delete")}>
          Delete
        </Button>
      )}
      {deployment.deleting && may("admin") && (
        <Button look="cautious" onClick={() => setDialog("abandon")}>
          Give up
        </Button>
      )}
    </>
  );
  return (
    <Page title={visible(deployment.name)} trail={trail} label={<Status state={deployment.state} />} actions={actions}>
      {problem && <Alert tone="danger" title={problem.message} />}
      {deployment.state === "failed" && (
        <Alert tone="danger" title={deployment.why || "The deployment failed"}>
          What was made stays. Retry goes on where it stopped; delete removes only what this deployment made.
        </Alert>
      )}
      <Card>
        <Progress deployment={deployment} />
      </Card>
      <Card title="Machines" flush>
        <Machines deployment={deployment} />
      </Card>
      <Spec deployment={deployment} />
      {dialog === "scale" && <Scale path={path} resource={resource} onClose={() => setDialog(null)} />}
      {dialog === "delete" && (
        <Confirm
          title={`Delete ${visible(deployment.name)}?`}
          action="Delete the deployment"
          run={async () => {
            await remove(path);
            resource.reload();
          }}
          onClose={() => setDialog(null)}
        >
          <p>
            Its {deployment.machines.length} machines are{" "}
            {deployment.spec.image ? "released: the MAAS may install them for somebody else" : "powered off and destroyed"}.
            Nothing else is touched.
          </p>
        </Confirm>
      )}
      {dialog === "abandon" && (
        <Confirm
          title={`Forget ${visible(deployment.name)}?`}
          action="Forget the deployment"
          run={async () => {
            await post(`${path}/abandon`);
            navigate("/deployments");
          }}
          onClose={() => setDialog(null)}
        >
          <p>
            For a gateway that never comes back. What is left of these machines stays at the endpoint and is yours to remove;
            the audit keeps their names and ids.
          </p>
          <ul>
            {deployment.machines.map((machine) => (
              <li key={machine.name}>
                {visible(machine.name)} {machine.vm && <span class="pcg-mono">{visible(machine.vm)}</span>}
              </li>
            ))}
          </ul>
        </Confirm>
      )}
    </Page>
  );
}
