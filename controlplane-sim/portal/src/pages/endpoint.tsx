// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import { post, remove } from "../api/client.ts";
import { asProblem, type Problem } from "../api/problem.ts";
import type { Endpoint } from "../api/types.ts";
import { navigate, type Params } from "../router.tsx";
import { may } from "../session.ts";
import { Alert } from "../ui/alert.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { Confirm } from "../ui/dialog.tsx";
import { Time } from "../ui/format.tsx";
import { Card, Facts, Page } from "../ui/page.tsx";
import { useResource } from "../ui/resource.ts";
import { CopyField } from "../ui/secret.tsx";
import { Failure, Loading } from "../ui/states.tsx";
import { Status } from "../ui/status.tsx";
import { visible } from "../ui/visible.ts";
import { CertificateCard } from "./endpoint_certificate.tsx";
import { Keys } from "./endpoint_keys.tsx";
import { OrchestratorKey } from "./orchestrator_key.tsx";

const NEXT: Record<string, string> = {
  unreachable: "Check the address, and whether a firewall lies between the gateway and the endpoint.",
  untrusted: "Look at the certificate below, and approve it if it is the endpoint's.",
  certificate_changed: "Compare the two certificates below before you approve the new one.",
  bad_credentials: "Give the gateway credentials that the endpoint accepts: change them above.",
};

const GOOD = new Set(["ok", "checking"]);

function Trouble({ endpoint }: { endpoint: Endpoint }) {
  if (GOOD.has(endpoint.state)) return null;
  return (
    <Alert tone="warning" title={endpoint.why || `The endpoint is ${endpoint.state.replaceAll("_", " ")}`}>
      {NEXT[endpoint.state]}
    </Alert>
  );
}

export default function EndpointPage({ params }: { params: Params }) {
  const gatewayPath = `/gateways/${params["gateway"]}`;
  const here = `${gatewayPath}/endpoints/${params["endpoint"]}`;
  const resource = useResource<Endpoint>(`/api/v1${here}`, ["endpoint", "gateway"]);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [removing, setRemoving] = useState(false);
  const endpoint = resource.data;
  const trail = [
    { to: "/gateways", text: "Gateways" },
    { to: gatewayPath, text: "Gateway" },
  ];
  if (!endpoint) {
    return (
      <Page title="Endpoint" trail={trail}>
        {resource.problem ? <Failure problem={resource.problem} retry={resource.reload} /> : <Loading what="the endpoint" />}
      </Page>
    );
  }
  const check = async () => {
    setBusy(true);
    setProblem(null);
    try {
      resource.adopt(await post<Endpoint>(`/api/v1${here}/check`));
    } catch (error) {
      setProblem(asProblem(error));
    }
    setBusy(false);
  };
  const actions = (
    <>
      <LinkButton to={`${here}/inventory`} look="secondary">
        Browse
      </LinkButton>
      {may("operator") && (
        <Button disabled={busy} onClick={() => void check()}>
          {busy ? "Checking…" : "Check now"}
        </Button>
      )}
      {may("admin") && (
        <LinkButton to={`${here}/credentials`} look="secondary">
          Change credentials
        </LinkButton>
      )}
      {may("admin") && (
        <Button look="cautious" onClick={() => setRemoving(true)}>
          Remove
        </Button>
      )}
    </>
  );
  return (
    <Page title={visible(endpoint.name)} trail={trail} label={<Status state={endpoint.state} />} actions={actions}>
      {problem && <Alert tone="danger" title={problem.message} />}
      <Trouble endpoint={endpoint} />
      <Card title="Address">
        <div class="pf-v6-l-stack pf-m-gutter">
          <Facts
            facts={[
              ["Kind", endpoint.kind === "maas" ? "MAAS" : "vCenter"],
              ["In the data center", <span class="pcg-wrap">{visible(endpoint.target ?? "–", 200)}</span>],
              ["Last checked", <Time at={endpoint.checked_at} />],
            ]}
          />
          {endpoint.ingress_url && <CopyField label="For the orchestrator" value={endpoint.ingress_url} />}
        </div>
      </Card>
      <CertificateCard endpoint={endpoint} path={`/api/v1${here}`} adopt={resource.adopt} />
      <Keys path={`/api/v1${here}/keys`} />
      <OrchestratorKey path={`/api/v1${here}/orchestrator-key`} />
      {removing && (
        <Confirm
          title={`Remove ${visible(endpoint.name)}?`}
          action="Remove the endpoint"
          run={async () => {
            await remove(`/api/v1${here}`);
            navigate(gatewayPath);
          }}
          onClose={() => setRemoving(false)}
        >
          <p>Its credentials and access keys are destroyed on the gateway. Clients that use them are refused at once.</p>
        </Confirm>
      )}
    </Page>
  );
}
