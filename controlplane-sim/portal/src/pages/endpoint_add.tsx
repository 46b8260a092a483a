// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "preact/hooks";

import { post } from "../api/client.ts";
import { asProblem, Problem } from "../api/problem.ts";
import type { Endpoint, EndpointKind, GatewayDetail } from "../api/types.ts";
import { fromBase64Url, toBase64Url } from "../pairing/bytes.ts";
import { type DeviceKnowledge, knowledgeOf } from "../pairing/devices.ts";
import { navigate, type Params } from "../router.tsx";
import { plaintextOf, sealCredentials, type SealingKey, verifySealingKey } from "../sealing/seal.ts";
import { may } from "../session.ts";
import { Alert } from "../ui/alert.tsx";
import { Check, FormBox, Radios, Select, TextArea, TextField } from "../ui/fields.tsx";
import { useForm } from "../ui/form.ts";
import { Card, Page } from "../ui/page.tsx";
import { useResource } from "../ui/resource.ts";
import { Failure, Loading, RoleNeeded } from "../ui/states.tsx";
import { visible } from "../ui/visible.ts";

interface CheckedKey {
  key: SealingKey;
  knowledge: DeviceKnowledge;
}

/** `id`: the gateway that the person chose. Another one in the answer would get the credentials, even if this browser knows it. */
async function checkKey(id: string, gateway: GatewayDetail): Promise<CheckedKey> {
  if (gateway.id !== id) throw new Problem(0, "portal.other_gateway", "The answer is about another gateway than the one that you chose.");
  const { sealing } = gateway;
  if (!sealing) throw new Problem(0, "portal.no_key", "The gateway has not sent its sealing key yet. It does once it is online.");
  const key = {
    publicKey: fromBase64Url(sealing.public_key),
    signature: fromBase64Url(sealing.signature),
    deviceSpki: fromBase64Url(sealing.device_spki),
  };
  const device = await verifySealingKey(gateway.id, key);
  return { key, knowledge: knowledgeOf(gateway.id, device) };
}

interface KeyNoteProps {
  gatewayId: string;
  checked: CheckedKey;
  compared: boolean;
  setCompared: (compared: boolean) => void;
}

/** Whether the credentials would be sealed to the right machine. */
function KeyNote({ gatewayId, checked, compared, setCompared }: KeyNoteProps) {
  if (checked.knowledge === "known") {
    return (
      <Alert tone="success" title="Sealed in this browser, for this gateway only">
        This browser paired the gateway and knows its device key. The control plane cannot read what you type.
      </Alert>
    );
  }
  return (
    <Alert tone="warning" title="Compare the gateway's id once">
      <p>
        Credentials are sealed in this browser to the gateway's key. The gateway was not paired in this browser: compare its
        id, which is made of its device key, with the one on its console or in{" "}
        <span class="pcg-mono">pcgctl status</span>.
      </p>
      <p class="pcg-mono pcg-wrap">{gatewayId}</p>
      <Check label="The gateway shows the same id" checked={compared} onChange={setCompared} />
    </Alert>
  );
}

const TRUST = [
  { value: "ask", label: "Show me its certificate", help: "The gateway fetches it; nothing is sent to the endpoint before you approve." },
  { value: "ca", label: "By a CA", help: "Paste the certificate of the authority that signed it." },
  { value: "pin", label: "By its fingerprint", help: "Exactly the certificate with this SHA-256." },
];

const FIELDS = {
  "trust.ca_pem": "ca_pem",
  "trust.sha256": "sha256",
  trust: "trust",
  "credentials.sealed": "username",
  credentials: "username",
} as const;

function AddForm({ gateway, checked }: { gateway: GatewayDetail; checked: CheckedKey }) {
  const [compared, setCompared] = useState(checked.knowledge === "known");
  const form = useForm(
    { name: "", kind: "vcenter", address: "", trust: "ask", ca_pem: "", sha256: "", username: "", password: "", api_key: "" },
    FIELDS,
  );
  const { values } = form;
  const vcenter = values.kind === "vcenter";

  const trust = () => {
    if (values.trust === "ca") return { mode: "ca", ca_pem: values.ca_pem };
    return values.trust === "pin" ? { mode: "pin", sha256: values.sha256.replace(/[\s:]/g, "").toLowerCase() } : { mode: "ask" };
  };
  const add = async () => {
    const name = values.name.trim().toLowerCase();
    const address = values.address.trim();
    const secret = vcenter ? { username: values.username, password: values.password } : { api_key: values.api_key };
    const target = { gatewayId: gateway.id, endpointName: name, kind: values.kind };
    const sealed = await sealCredentials(checked.key.publicKey, target, plaintextOf({ address, ...secret }));
    const added = await post<Endpoint>(`/api/v1/gateways/${gateway.id}/endpoints`, {
      name,
      kind: values.kind as EndpointKind,
      address,
      trust: trust(),
      credentials: { sealed: toBase64Url(sealed), key_id: gateway.sealing!.key_id },
    });
    navigate(`/gateways/${gateway.id}/endpoints/${added.id}`);
  };
  return (
    <FormBox form={form} action="Add the endpoint" onSubmit={add} onCancel={() => navigate(`/gateways/${gateway.id}`)} disabled={!compared}>
      <Select
        form={form}
        name="kind"
        label="Kind"
        choices={[
          { value: "vcenter", label: "vCenter" },
          { value: "maas", label: "MAAS" },
        ]}
      />
      <TextField form={form} name="name" label="Name" help="Letters, digits, dot, dash and underscore, as in vc1." required />
      <TextField
        form={form}
        name="address"
        label="Address"
        placeholder={vcenter ? "vc1.example.com" : "maas.example.com:5443"}
        help="As the gateway reaches it. A whole https:// address is fine too."
        required
      />
      <Radios form={form} name="trust" legend="How its certificate is trusted" choices={TRUST} />
      {values.trust === "ca" && <TextArea form={form} name="ca_pem" label="CA certificate (PEM)" required />}
      {values.trust === "pin" && <TextField form={form} name="sha256" label="SHA-256 fingerprint" required />}
      <KeyNote gatewayId={gateway.id} checked={checked} compared={compared} setCompared={setCompared} />
      {vcenter ? (
        <>
          <TextField form={form} name="username" label="User name" placeholder="svc-pcg@vsphere.local" required />
          <TextField form={form} name="password" label="Password" type="password" autocomplete="new-password" required />
        </>
      ) : (
        <TextField
          form={form}
          name="api_key"
          label="API key"
          type="password"
          autocomplete="new-password"
          help="Three parts with colons, from the user's page in MAAS."
          required
        />
      )}
    </FormBox>
  );
}

export default function EndpointAdd({ params }: { params: Params }) {
  const allowed = may("admin");
  const chosen = params["gateway"]!;
  const path = allowed ? `/api/v1/gateways/${chosen}` : null;
  const { data: gateway, problem, reload } = useResource<GatewayDetail>(path);
  const [checked, setChecked] = useState<CheckedKey | null>(null);
  const [refused, setRefused] = useState<Problem | null>(null);
  useEffect(() => {
    setChecked(null);
    setRefused(null);
    if (!gateway) return;
    checkKey(chosen, gateway)
      .then(setChecked)
      .catch((error: unknown) => setRefused(asProblem(error)));
  }, [chosen, gateway]);
  const name = gateway ? visible(gateway.name) : "Gateway";
  const trail = [
    { to: "/gateways", text: "Gateways" },
    { to: `/gateways/${chosen}`, text: name },
  ];
  const changed = checked?.knowledge === "different";
  return (
    <Page title="Add an endpoint" trail={trail} lead="A vCenter or a MAAS that the gateway reaches in its data center.">
      <Card>
        {problem && <Failure problem={problem} retry={reload} />}
        {!allowed && <RoleNeeded role="admin" />}
        {allowed && !problem && !checked && !refused && <Loading what="the gateway's key" />}
        {refused && <Alert tone="danger" title="Nothing can be sealed for this gateway now">{refused.message}</Alert>}
        {changed && (
          <Alert tone="danger" title="This is not the device key that this browser paired">
            Somebody may be in between: no credentials are asked for. Ask whoever runs the gateway, and pair it again.
          </Alert>
        )}
        {gateway && checked && !refused && !changed && <AddForm gateway={gateway} checked={checked} />}
      </Card>
    </Page>
  );
}
