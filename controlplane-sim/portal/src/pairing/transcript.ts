// SPDX-License-Identifier: Apache-2.0
// What both roles agree on: the context of a run (AAD), the session keys, the comparison number and the sealed boxes.
// docs/protocol/pairing.md, "The run".

import { bigEndian, type Bytes, concat, fromText, toBase64Url } from "./bytes.ts";
import { PairingError } from "./errors.ts";
import { hkdfExpand, hkdfExtract, hmac, open, seal, sha256 } from "./primitives.ts";

export const SUITE = "SPAKE2-P256-SHA256-HKDF-HMAC";

export interface RunContext {
  sid: Bytes;
  claimId: Bytes;
  gatewayId: string;
  deviceSpkiSha256: Bytes;
  encPub: Bytes;
  nkeyPub: string;
  csrSha256: Bytes;
  tenantId: string;
  tenantName: string;
  portalOrigin: string;
  rootSpkiSha256: Bytes;
  offerSha256: Bytes;
  claimSha256: Bytes;
  attempt: number;
}

export interface SessionKeys {
  toGateway: Bytes;
  toCommissioner: Bytes;
  pth: Bytes;
  reportTag: Bytes;
  /** The comparison number: six digits. */
  sas: string;
}

/** The length as 8 octets, the least significant first, and the value. */
export function lengthValue(value: Bytes): Bytes {
  return concat(bigEndian(value.length, 8).reverse(), value);
}

export function associatedData(context: RunContext): Promise<Bytes> {
  const fields = [
    fromText("PCG-PAIR-1"),
    fromText(SUITE),
    context.sid,
    context.claimId,
    fromText(context.gatewayId),
    context.deviceSpkiSha256,
    context.encPub,
    fromText(context.nkeyPub),
    context.csrSha256,
    fromText(context.tenantId),
    fromText(context.tenantName),
    fromText(context.portalOrigin),
    context.rootSpkiSha256,
    context.offerSha256,
    context.claimSha256,
    Uint8Array.of(context.attempt),
  ];
  return sha256(...fields.map(lengthValue));
}

export async function deriveSession(ke: Bytes, associated: Bytes, pA: Bytes, pB: Bytes): Promise<SessionKeys> {
  const key = await hkdfExtract(associated, ke);
  const expand = (info: string, size = 32) => hkdfExpand(key, fromText(info), size);
  const pth = await sha256(fromText("PCGv1 pth"), ...[pA, pB, associated].map(lengthValue));
  const number = new DataView((await expand("PCGv1 sas", 8)).buffer).getBigUint64(0) % 1_000_000n;
  return {
    toGateway: await expand("PCGv1 a2b"),
    toCommissioner: await expand("PCGv1 b2a"),
    pth,
    reportTag: await hmac(await expand("PCGv1 report"), pth),
    sas: number.toString().padStart(6, "0"),
  };
}

export type BoxType = "confirm_a" | "confirm_b";

function boxLabel(type: BoxType, claimId: Bytes): Bytes {
  return fromText(`PCGv1|${type}|${toBase64Url(claimId)}`);
}

export function sealBox(key: Bytes, type: BoxType, claimId: Bytes, seq: number, plain: string): Promise<Bytes> {
  return seal(key, bigEndian(seq, 12), boxLabel(type, claimId), fromText(plain));
}

export async function openBox(key: Bytes, type: BoxType, claimId: Bytes, seq: number, box: Bytes): Promise<Bytes> {
  try {
    return await open(key, bigEndian(seq, 12), boxLabel(type, claimId), box);
  } catch {
    throw new PairingError(
      "pairing.box",
      `The sealed part of "${type}" was altered on its way, or belongs to another pairing.`,
    );
  }
}
