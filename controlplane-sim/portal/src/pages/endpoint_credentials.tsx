// SPDX-License-Identifier: Apache-2.0
import { useState } from "preact/hooks";

import { patch } from "../api/client.ts";
import type { Endpoint, GatewayDetail } from "../api/types.ts";
import { navigate, type Params } from "../router.tsx";
import { may } from "../session.ts";
import { FormBox, TextField } from "../ui/fields.tsx";
import { useForm } from "../ui/form.ts";
import { Card, Page } from "../ui/page.tsx";
import { useResource } from "../ui/resource.ts";
import { Failure, Loading } from "../ui/states.tsx";
import { visible } from "../ui/visible.ts";
import { type CheckedKey, CredentialFields, KeyNote, Sealed, sealFor, useSealing } from "./sealing_key.tsx";

const FIELDS = { "credentials.sealed": "address", credentials: "address" } as const;

interface FormProps {
  gateway: GatewayDetail;
  checked: CheckedKey;
  endpoint: Endpoint;
}

/** The address is typed, not taken from the control plane: one that it names might be its own. */
function CredentialsForm({ gateway, checked, endpoint }: FormProps) {
  const [compared, setCompared] = useState(checked.knowledge === "known");
  const form = useForm({ address: "", username: "", password: "", api_key: "" }, FIELDS);
  const here = `/gateways/${gateway.id}/endpoints/${endpoint.id}`;
  const change = async () => {
    const target = { name: endpoint.name, kind: endpoint.kind, address: form.values.address.trim() };
    const credentials = await sealFor(gateway, checked, target, form.values);
    await patch<Endpoint>(`/api/v1${here}`, { credentials }, null);
    navigate(here);
  };
  return (
    <FormBox form={form} action="Change the credentials" onSubmit={change} onCancel={() => navigate(here)} disabled={!compared}>
      <TextField
        form={form}
        name="address"
        label="Address"
        help="The endpoint's, typed once more: the gateway takes the credentials only if it is the one that it has."
        required
      />
      <KeyNote gatewayId={gateway.id} checked={checked} compared={compared} setCompared={setCompared} />
      <CredentialFields form={form} kind={endpoint.kind} />
    </FormBox>
  );
}

export default function EndpointCredentials({ params }: { params: Params }) {
  const chosen = params["gateway"]!;
  const here = `/gateways/${chosen}/endpoints/${params["endpoint"]}`;
  const sealing = useSealing(chosen);
  const endpoint = useResource<Endpoint>(may("admin") ? `/api/v1${here}` : null);
  const trail = [
    { to: "/gateways", text: "Gateways" },
    { to: `/gateways/${chosen}`, text: sealing.gateway ? visible(sealing.gateway.name) : "Gateway" },
    { to: here, text: endpoint.data ? visible(endpoint.data.name) : "Endpoint" },
  ];
  return (
    <Page title="Change the credentials" trail={trail} lead="Of the account that the gateway uses at the endpoint. Access keys stay as they are.">
      <Card>
        <Sealed sealing={sealing}>
          {(gateway, checked) =>
            endpoint.data ? (
              <CredentialsForm gateway={gateway} checked={checked} endpoint={endpoint.data} />
            ) : endpoint.problem ? (
              <Failure problem={endpoint.problem} retry={endpoint.reload} />
            ) : (
              <Loading what="the endpoint" />
            )
          }
        </Sealed>
      </Card>
    </Page>
  );
}
