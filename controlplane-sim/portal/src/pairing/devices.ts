// SPDX-License-Identifier: Apache-2.0
// The device keys of the gateways that were paired in this browser. A key that was proven by a pairing code needs no
// comparing by eye later. Only hashes of public keys are kept.

import { type Bytes, toHex } from "./bytes.ts";

const PREFIX = "pcg.device.";

export function rememberDevice(gatewayId: string, deviceSpkiSha256: Bytes): void {
  localStorage.setItem(PREFIX + gatewayId, toHex(deviceSpkiSha256));
}

export type DeviceKnowledge = "known" | "unknown" | "different";

export function knowledgeOf(gatewayId: string, deviceSpkiSha256: Bytes): DeviceKnowledge {
  const kept = localStorage.getItem(PREFIX + gatewayId);
  if (kept === null) return "unknown";
  return kept === toHex(deviceSpkiSha256) ? "known" : "different";
}
