// SPDX-License-Identifier: Apache-2.0
// The vectors that all implementations share.

import { readFileSync } from "node:fs";

import { type Bytes, fromHex, toText } from "../../src/pairing/bytes.ts";
import type { RunContext } from "../../src/pairing/transcript.ts";

export function vectors(name: string) {
  return JSON.parse(readFileSync(`${process.env["PCG_SOURCE_DIR"]}/test/vectors/${name}`, "utf8"));
}

export const golden: Record<string, string> = vectors("pairing_golden.json");

const fields = new Map<string, string>(vectors("pairing_golden.json").context_fields);

export const bytesOf = (name: string): Bytes => fromHex(golden[name]!);
const field = (name: string): Bytes => fromHex(fields.get(name)!);

export const goldenContext: RunContext = {
  sid: field("sid"),
  claimId: field("claim_id"),
  gatewayId: toText(field("gateway_id")),
  deviceSpkiSha256: field("device_spki_sha256"),
  encPub: field("enc_pub"),
  nkeyPub: toText(field("nkey_pub")),
  csrSha256: field("csr_sha256"),
  tenantId: toText(field("tenant_id")),
  tenantName: toText(field("tenant_name")),
  portalOrigin: toText(field("portal_origin")),
  rootSpkiSha256: field("cp_root_spki_sha256"),
  offerSha256: field("offer_sha256"),
  claimSha256: field("claim_sha256"),
  attempt: field("attempt")[0]!,
};
