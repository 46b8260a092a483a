// SPDX-License-Identifier: Apache-2.0
// Role B, as little of it as shows that role A is right: a gateway that knows a code and answers.

import { type Bytes, concat, fromBase64Url, fromText, toBase64Url } from "../../src/pairing/bytes.ts";
import { type Envelope, gatewayIdOf, write } from "../../src/pairing/messages.ts";
import { sha256 } from "../../src/pairing/primitives.ts";
import { passwordScalar, Spake2, type Spake2Keys } from "../../src/pairing/spake2.ts";
import {
  associatedData,
  deriveSession,
  openBox,
  type RunContext,
  sealBox,
  type SessionKeys,
  SUITE,
} from "../../src/pairing/transcript.ts";

const random = (size: number): Bytes => crypto.getRandomValues(new Uint8Array(size));
const json = (raw: Bytes) => JSON.parse(new TextDecoder().decode(raw));

// A certificate as far as its public key is looked for: SEQUENCE { SEQUENCE { serial, algorithm, issuer, validity,
// subject, key } }, every part but the key empty.
const ROOT_KEY = Uint8Array.of(0x30, 0x02, 0x05, 0x00);
const EMPTY = Uint8Array.of(0x30, 0x00);
const TO_BE_SIGNED = concat(Uint8Array.of(0x02, 0x01, 0x01), EMPTY, EMPTY, EMPTY, EMPTY, ROOT_KEY);
export const ROOT = concat(
  Uint8Array.of(0x30, TO_BE_SIGNED.length + 2, 0x30, TO_BE_SIGNED.length),
  TO_BE_SIGNED,
);

export interface Facts {
  tenantId: string;
  tenantName: string;
  origin: string;
}

export class Responder {
  claimId = random(16);
  sid!: Bytes;
  gatewayId!: string;
  deviceSpkiSha256!: Bytes;
  session: SessionKeys | null = null;
  acceptMode = "console";
  private offerRaw!: Bytes;
  private claimRaw!: Bytes;
  private serverNonce = random(32);
  private keys: Spake2Keys | null = null;
  private sent = 0;

  private constructor(
    private readonly password: Bytes,
    private readonly nameplate: string,
    private readonly facts: Facts,
  ) {}

  static async create(password: Bytes, nameplate: string, facts: Facts): Promise<Responder> {
    const responder = new Responder(password, nameplate, facts);
    await responder.offer();
    return responder;
  }

  private async offer(): Promise<void> {
    const deviceSpki = random(91);
    const bootNonce = random(32);
    this.deviceSpkiSha256 = await sha256(deviceSpki);
    this.gatewayId = gatewayIdOf(this.deviceSpkiSha256);
    this.sid = await sha256(fromText("PCGv1 sid"), bootNonce, this.serverNonce);
    this.offerRaw = write({
      versions: [1],
      suites: [SUITE],
      gateway_id: this.gatewayId,
      device_spki: toBase64Url(deviceSpki),
      nameplate: this.nameplate,
      boot_nonce: toBase64Url(bootNonce),
      sw: { version: "0.1.0" },
      ts: 0,
    });
    this.claimRaw = write({
      claim_id: toBase64Url(this.claimId),
      sid: toBase64Url(this.sid),
      tenant_id: this.facts.tenantId,
      tenant_name: this.facts.tenantName,
      tenant_region: "",
      requested_by: "admin",
      commissioner: "browser",
      portal_origin: this.facts.origin,
      cp_root_spki_sha256: toBase64Url(await sha256(ROOT_KEY)),
      versions: [1],
      suite: SUITE,
      attempt: 1,
      cp_time: 0,
    });
  }

  /** The control plane's answer to the claim; `changes` spoil it. */
  reply(changes: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      v: 1,
      claim_id: toBase64Url(this.claimId),
      sid: toBase64Url(this.sid),
      server_nonce: toBase64Url(this.serverNonce),
      offer_raw: toBase64Url(this.offerRaw),
      claim_raw: toBase64Url(this.claimRaw),
      cp_root_der: toBase64Url(ROOT),
      attempt: 1,
      expires_in: 300,
      ...changes,
    };
  }

  message(type: string, body: Record<string, unknown>): Envelope {
    this.sent += 1;
    return { claimId: this.claimId, seq: this.sent, type, raw: write(body) };
  }

  status(state: string, code = ""): Envelope {
    return { claimId: this.claimId, seq: 0, type: "status", raw: write({ state, code }) };
  }

  /** What the gateway answers to a message of role A, or null. */
  async answer(envelope: Envelope): Promise<Envelope | null> {
    const body = json(envelope.raw);
    if (envelope.type === "pake_a") return this.onPakeA(fromBase64Url(body.pA));
    if (envelope.type === "confirm_a") return this.onConfirmA(envelope.seq, body);
    return null;
  }

  private async onPakeA(pA: Bytes): Promise<Envelope> {
    const run = new Spake2("B", await passwordScalar(this.password, this.sid));
    const pake = {
      encPub: concat(Uint8Array.of(4), random(64)),
      nkeyPub: "U" + "A".repeat(55),
      csrSha256: random(32),
      deviceSpkiSha256: this.deviceSpkiSha256,
    };
    const context: RunContext = {
      ...pake,
      sid: this.sid,
      claimId: this.claimId,
      gatewayId: this.gatewayId,
      tenantId: this.facts.tenantId,
      tenantName: this.facts.tenantName,
      portalOrigin: this.facts.origin,
      rootSpkiSha256: await sha256(ROOT_KEY),
      offerSha256: await sha256(this.offerRaw),
      claimSha256: await sha256(this.claimRaw),
      attempt: 1,
    };
    const associated = await associatedData(context);
    const identityA = `pcg:commissioner:${this.facts.tenantId}`;
    this.keys = await run.finish(pA, identityA, `pcg:gateway:${this.gatewayId}`, associated);
    this.session = await deriveSession(this.keys.ke, associated, pA, run.share);
    return this.message("pake_b", {
      pB: toBase64Url(run.share),
      enc_pub: toBase64Url(pake.encPub),
      nkey_pub: pake.nkeyPub,
      csr_sha256: toBase64Url(pake.csrSha256),
      device_spki_sha256: toBase64Url(pake.deviceSpkiSha256),
    });
  }

  private async onConfirmA(seq: number, body: { cA: string; box: string }): Promise<Envelope> {
    if (body.cA !== toBase64Url(this.keys!.confirmA)) return this.message("fail", { code: "bad_code", left: 2 });
    await openBox(this.session!.toGateway, "confirm_a", this.claimId, seq, fromBase64Url(body.box));
    const box = JSON.stringify({ v: 1, hostname: "pcg-dc1", sw: "0.1.0", accept_mode: this.acceptMode, tpm: false });
    const sealed = await sealBox(this.session!.toCommissioner, "confirm_b", this.claimId, this.sent + 1, box);
    return this.message("confirm_b", { cB: toBase64Url(this.keys!.confirmB), box: toBase64Url(sealed) });
  }
}
