// SPDX-License-Identifier: Apache-2.0
// SPAKE2 over P-256 with SHA-256, HKDF and HMAC (RFC 9382). Two ends that know the same short password agree on a key;
// whoever stands between gets one guess per run and nothing to test offline. Role A is the commissioner and confirms
// first. One object is one run.

import { weierstrass } from "@noble/curves/abstract/weierstrass.js";

import { type Bytes, concat, equal, fromHex, fromText } from "./bytes.ts";
import { PairingError } from "./errors.ts";
import { hkdf, hmac, pbkdf2, sha256 } from "./primitives.ts";
import { lengthValue } from "./transcript.ts";

// P-256 by its numbers: the bare group is a third of the size of the library's ready-made module.
const Point = weierstrass({
  p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
  n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  h: 1n,
  a: 0xffffffff00000001000000000000000000000000fffffffffffffffffffffffcn,
  b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  Gx: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  Gy: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
});
const ORDER = Point.Fn.ORDER;

// RFC 9382 section 6. Nobody knows their discrete logarithms.
const M = Point.fromHex("02886e2f97ace46e55ba9dd7242579f2993b64e16ef3dcab95afd497333d8fa12f");
const N = Point.fromHex("03d8bbd6c639c62937b04d997f38c3770719c629d7014d49a24b4f98baa1292b49");

const ITERATIONS = 100_000;
const STRETCHED = 48; // the order of the group and 128 bits more: no bias

export type Role = "A" | "B";

export interface Spake2Keys {
  ke: Bytes;
  confirmA: Bytes;
  confirmB: Bytes;
}

function numberOf(bytes: Bytes): bigint {
  return bytes.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

function octetsOf(scalar: bigint): Bytes {
  return fromHex(scalar.toString(16).padStart(64, "0"));
}

/** w, which both ends derive from the code. Slow on purpose. */
export async function passwordScalar(password: Bytes, sid: Bytes): Promise<bigint> {
  const salt = concat(fromText("PCGv1 w"), Uint8Array.of(0), sid);
  const w = numberOf(await pbkdf2(password, salt, ITERATIONS, STRETCHED)) % ORDER;
  if (w === 0n) throw new PairingError("pairing.share", "This code cannot be used. Have the gateway make another one.");
  return w;
}

function randomScalar(): bigint {
  for (;;) {
    const candidate = numberOf(crypto.getRandomValues(new Uint8Array(32)));
    if (candidate > 0n && candidate < ORDER) return candidate;
  }
}

export class Spake2 {
  readonly share: Bytes;

  /** `ephemeral` is given by test vectors only. */
  constructor(
    private readonly role: Role,
    private readonly w: bigint,
    private readonly ephemeral: bigint = randomScalar(),
  ) {
    const masked = (role === "A" ? M : N).multiply(w);
    this.share = Uint8Array.from(Point.BASE.multiply(ephemeral).add(masked).toBytes(false));
  }

  private sharedPoint(peerShare: Bytes): Bytes {
    const refused = (why: string) =>
      new PairingError("pairing.share", `The other side's key share is refused: ${why}.`);
    // The library would take compressed points as well; the protocol has one form.
    if (peerShare.length !== 65 || peerShare[0] !== 4) throw refused("it is not an uncompressed point");
    if (equal(peerShare, this.share)) throw refused("it is our own, sent back");
    let peer;
    try {
      peer = Point.fromBytes(peerShare);
      peer.assertValidity();
    } catch {
      throw refused("it is not on the curve");
    }
    const unmasked = peer.subtract((this.role === "A" ? N : M).multiply(this.w));
    if (unmasked.is0()) throw refused("it gives the point at infinity");
    return Uint8Array.from(unmasked.multiply(this.ephemeral).toBytes(false));
  }

  /** `associated` is what the confirmation keys are bound to (empty in the RFC's vectors). */
  async finish(peerShare: Bytes, identityA: string, identityB: string, associated: Bytes): Promise<Spake2Keys> {
    const shared = this.sharedPoint(peerShare);
    const isA = this.role === "A";
    const transcript = concat(
      ...[
        fromText(identityA),
        fromText(identityB),
        isA ? this.share : peerShare,
        isA ? peerShare : this.share,
        shared,
        octetsOf(this.w),
      ].map(lengthValue),
    );
    const digest = await sha256(transcript);
    const info = concat(fromText("ConfirmationKeys"), associated);
    const confirmation = await hkdf(new Uint8Array(0), digest.slice(16), info, 32);
    return {
      ke: digest.slice(0, 16),
      confirmA: await hmac(confirmation.slice(0, 16), transcript),
      confirmB: await hmac(confirmation.slice(16), transcript),
    };
  }
}
