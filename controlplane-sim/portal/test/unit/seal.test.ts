// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { type Bytes, fromBase64Url, fromHex, fromText, toBase64Url, toHex, toText } from "../../src/pairing/bytes.ts";
import { plaintextOf, sealCredentials, SealingError, verifySealingKey } from "../../src/sealing/seal.ts";
import { vectors } from "./golden.ts";

const vector = vectors("sealed_credentials.json");
const sealing = {
  publicKey: fromBase64Url(vector.sealing_public_base64url),
  signature: fromBase64Url(vector.key_signature_base64url),
  deviceSpki: fromBase64Url(vector.device_spki_base64url),
};

async function keyPair(privateHex: string, publicHex: string): Promise<CryptoKeyPair> {
  const point = fromHex(publicHex);
  const coordinates = { x: toBase64Url(point.slice(1, 33)), y: toBase64Url(point.slice(33)) };
  const algorithm = { name: "ECDH", namedCurve: "P-256" };
  const common = { kty: "EC", crv: "P-256", ...coordinates };
  const secret = { ...common, d: toBase64Url(fromHex(privateHex)) };
  return {
    privateKey: await crypto.subtle.importKey("jwk", secret, algorithm, false, ["deriveBits"]),
    publicKey: await crypto.subtle.importKey("jwk", common, algorithm, true, []),
  };
}

for (const one of vector.cases) {
  test(`the vector for ${one.kind} ${one.endpoint_name}`, async () => {
    const target = { gatewayId: vector.gateway_id, endpointName: one.endpoint_name, kind: one.kind };
    const ephemeral = await keyPair(one.ephemeral_private, one.ephemeral_public);
    const sealed = await sealCredentials(
      sealing.publicKey, target, fromText(one.plaintext), ephemeral, fromHex(one.nonce));
    assert.equal(toBase64Url(sealed), one.sealed_base64url);
  });
}

test("two boxes of the same credentials have nothing in common but their size", async () => {
  const target = { gatewayId: vector.gateway_id, endpointName: "vc1", kind: "vcenter" };
  const text = plaintextOf({ address: "vc1", username: "u", password: "p" });
  const first = await sealCredentials(sealing.publicKey, target, text);
  const second = await sealCredentials(sealing.publicKey, target, text);
  assert.equal(first.length, second.length);
  assert.notEqual(toHex(first.slice(0, 77)), toHex(second.slice(0, 77)));
});

test("credentials are padded, and stay the same JSON", () => {
  const short = plaintextOf({ password: "p" });
  const long = plaintextOf({ password: "p".repeat(300) });
  assert.equal(short.length, 256);
  assert.equal(long.length, 512);
  assert.deepEqual(JSON.parse(toText(short)), { password: "p" });
});

test("a genuine sealing key gives the fingerprint of the device key", async () => {
  const fingerprint = await verifySealingKey(vector.gateway_id, sealing);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", sealing.deviceSpki));
  assert.equal(toHex(fingerprint), toHex(digest));
});

test("a sealing key of anybody else is refused", async () => {
  const flipped = (bytes: Bytes) => Uint8Array.from(bytes, (octet, i) => (i === 20 ? octet ^ 1 : octet));
  const otherId = vector.gateway_id.slice(0, -2) + "50";
  for (const [id, key] of [
    [otherId, sealing],
    [vector.gateway_id, { ...sealing, signature: flipped(sealing.signature) }],
    [vector.gateway_id, { ...sealing, publicKey: flipped(sealing.publicKey) }],
    [vector.gateway_id, { ...sealing, deviceSpki: flipped(sealing.deviceSpki) }],
    [vector.gateway_id, { ...sealing, signature: new Uint8Array(0) }],
  ]) {
    await assert.rejects(verifySealingKey(id, key), SealingError);
  }
});
