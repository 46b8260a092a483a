// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import { post } from "../api/client.ts";
import type { Endpoint, EndpointKind, GatewayDetail } from "../api/types.ts";
import { navigate, type Params } from "../router.tsx";
import { FormBox, Radios, Select, TextArea, TextField } from "../ui/fields.tsx";
import { useForm } from "../ui/form.ts";
import { Card, Page } from "../ui/page.tsx";
import { visible } from "../ui/visible.ts";
import { type CheckedKey, CredentialFields, KeyNote, Sealed, sealFor, useSealing } from "./sealing_key.tsx";

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
    const credentials = await sealFor(gateway, checked, { name, kind: values.kind, address }, values);
    const added = await post<Endpoint>(`/api/v1/gateways/${gateway.id}/endpoints`, {
      name,
      kind: values.kind as EndpointKind,
      address,
      trust: trust(),
      credentials,
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
      <CredentialFields form={form} kind={values.kind} />
    </FormBox>
  );
}

export default function EndpointAdd({ params }: { params: Params }) {
  const chosen = params["gateway"]!;
  const sealing = useSealing(chosen);
  const name = sealing.gateway ? visible(sealing.gateway.name) : "Gateway";
  const trail = [
    { to: "/gateways", text: "Gateways" },
    { to: `/gateways/${chosen}`, text: name },
  ];
  return (
    <Page title="Add an endpoint" trail={trail} lead="A vCenter or a MAAS that the gateway reaches in its data center.">
      <Card>
        <Sealed sealing={sealing}>{(gateway, checked) => <AddForm gateway={gateway} checked={checked} />}</Sealed>
      </Card>
    </Page>
  );
}
