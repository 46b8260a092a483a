// SPDX-License-Identifier: Apache-2.0
// Credentials sealed in the browser to a gateway's key, so that the control plane carries what it cannot read.
// docs/protocol/sealed-credentials.md is normative.

import { bigEndian, type Bytes, concat, fromText } from "../pairing/bytes.ts";
import { gatewayIdOf } from "../pairing/messages.ts";
import { hkdf, seal, sha256 } from "../pairing/primitives.ts";

const P256 = { name: "ECDH", namedCurve: "P-256" };
const PADDING = 256;
const SIGNATURE = { name: "ECDSA", namedCurve: "P-256" };

export interface SealingKey {
  publicKey: Bytes; // SEC 1, uncompressed
  signature: Bytes; // ES256 by the device key
  deviceSpki: Bytes;
}

export interface SealedFor {
  gatewayId: string;
  endpointName: string; // in lower case, as the gateway keeps it
  kind: string;
}

export class SealingError extends Error {}

function lengthValue(value: Bytes): Bytes {
  return concat(bigEndian(value.length, 4), value);
}

/**
 * Checks that the key is the gateway's own: its device key has the gateway's id and has signed it. Returns the SHA-256
 * of the device key, which a person can compare. Throws SealingError.
 */
export async function verifySealingKey(gatewayId: string, key: SealingKey): Promise<Bytes> {
  const fingerprint = await sha256(key.deviceSpki);
  if (gatewayIdOf(fingerprint) !== gatewayId) {
    throw new SealingError("The device key that the control plane shows is not this gateway's: its id does not fit.");
  }
  const text = concat(
    fromText("PCG-SEAL-KEY-1"),
    lengthValue(fromText(gatewayId)),
    lengthValue(key.publicKey),
  );
  let genuine = false;
  try {
    const device = await crypto.subtle.importKey("spki", key.deviceSpki, SIGNATURE, false, ["verify"]);
    genuine = await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, device, key.signature, text);
  } catch {
    // Not a P-256 key at all: not genuine.
  }
  if (!genuine) throw new SealingError("The sealing key was not signed by the gateway's device key.");
  return fingerprint;
}

/** The credentials as JSON, padded so that the size of the box does not tell how long the password is. */
export function plaintextOf(credentials: Record<string, string>): Bytes {
  const text = fromText(JSON.stringify(credentials));
  const padded = new Uint8Array(Math.ceil(text.length / PADDING) * PADDING).fill(0x20);
  padded.set(text);
  return padded;
}

/** `ephemeral` and `nonce` are given by test vectors only. */
export async function sealCredentials(
  publicKey: Bytes,
  target: SealedFor,
  plaintext: Bytes,
  ephemeral?: CryptoKeyPair,
  nonce: Bytes = crypto.getRandomValues(new Uint8Array(12)),
): Promise<Bytes> {
  const own = ephemeral ?? (await crypto.subtle.generateKey(P256, false, ["deriveBits"]));
  const peer = await crypto.subtle.importKey("raw", publicKey, P256, false, []);
  const shared = new Uint8Array(await crypto.subtle.deriveBits({ name: "ECDH", public: peer }, own.privateKey, 256));
  const share = new Uint8Array(await crypto.subtle.exportKey("raw", own.publicKey));
  const context = [
    share,
    publicKey,
    fromText(target.gatewayId),
    fromText(target.endpointName),
    fromText(target.kind),
  ].map(lengthValue);
  const key = await hkdf(new Uint8Array(0), shared, concat(fromText("PCG-SEAL-1"), ...context), 32);
  const box = await seal(key, nonce, fromText("pcg.seal.v1"), plaintext);
  return concat(share, nonce, box);
}
