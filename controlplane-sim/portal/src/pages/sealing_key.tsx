// SPDX-License-Identifier: Apache-2.0
// The key that credentials are sealed to: whose it is, and whether this browser knows that.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";

import { asProblem, Problem } from "../api/problem.ts";
import type { GatewayDetail } from "../api/types.ts";
import { fromBase64Url, toBase64Url } from "../pairing/bytes.ts";
import { type DeviceKnowledge, knowledgeOf } from "../pairing/devices.ts";
import { plaintextOf, sealCredentials, type SealingKey, verifySealingKey } from "../sealing/seal.ts";
import { may } from "../session.ts";
import { Alert } from "../ui/alert.tsx";
import { Check, TextField } from "../ui/fields.tsx";
import type { Form } from "../ui/form.ts";
import { useResource } from "../ui/resource.ts";
import { Failure, Loading, RoleNeeded } from "../ui/states.tsx";

export interface CheckedKey {
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

interface Secrets {
  username: string;
  password: string;
  api_key: string;
}

/** What the API takes as `credentials`: sealed for exactly this gateway, endpoint and address. */
export async function sealFor(
  gateway: GatewayDetail,
  checked: CheckedKey,
  endpoint: { name: string; kind: string; address: string },
  { username, password, api_key }: Secrets,
) {
  const { name, kind, address } = endpoint;
  const secret = kind === "vcenter" ? { username, password } : { api_key };
  const target = { gatewayId: gateway.id, endpointName: name, kind };
  const sealed = await sealCredentials(checked.key.publicKey, target, plaintextOf({ address, ...secret }));
  return { sealed: toBase64Url(sealed), key_id: gateway.sealing!.key_id };
}

export function CredentialFields<V extends Secrets & Record<string, string>>({ form, kind }: { form: Form<V>; kind: string }) {
  if (kind === "vcenter") {
    return (
      <>
        <TextField form={form} name="username" label="User name" placeholder="svc-pcg@vsphere.local" required />
        <TextField form={form} name="password" label="Password" type="password" autocomplete="new-password" required />
      </>
    );
  }
  return (
    <TextField
      form={form}
      name="api_key"
      label="API key"
      type="password"
      autocomplete="new-password"
      help="Three parts with colons, from the user's page in MAAS."
      required
    />
  );
}

interface KeyNoteProps {
  gatewayId: string;
  checked: CheckedKey;
  compared: boolean;
  setCompared: (compared: boolean) => void;
}

/** Whether the credentials would be sealed to the right machine. */
export function KeyNote({ gatewayId, checked, compared, setCompared }: KeyNoteProps) {
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

export interface Sealing {
  gateway: GatewayDetail | null;
  checked: CheckedKey | null;
  refused: Problem | null;
  problem: Problem | null;
  reload: () => void;
}

/** Of the gateway that the person chose; for admins only. */
export function useSealing(chosen: string): Sealing {
  const path = may("admin") ? `/api/v1/gateways/${chosen}` : null;
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
  return { gateway, checked, refused, problem, reload };
}

interface SealedProps {
  sealing: Sealing;
  children: (gateway: GatewayDetail, checked: CheckedKey) => ComponentChildren;
}

/** What takes credentials, as soon as it is sure to whom they would go. */
export function Sealed({ sealing, children }: SealedProps) {
  const { gateway, checked, refused, problem, reload } = sealing;
  if (problem) return <Failure problem={problem} retry={reload} />;
  if (!may("admin")) return <RoleNeeded role="admin" />;
  if (refused) return <Alert tone="danger" title="Nothing can be sealed for this gateway now">{refused.message}</Alert>;
  if (!gateway || !checked) return <Loading what="the gateway's key" />;
  if (checked.knowledge !== "different") return <>{children(gateway, checked)}</>;
  return (
    <Alert tone="danger" title="This is not the device key that this browser paired">
      Somebody may be in between: no credentials are asked for. Ask whoever runs the gateway, and pair it again.
    </Alert>
  );
}
