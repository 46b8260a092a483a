// SPDX-License-Identifier: Apache-2.0
// Role A of PCG-PAIR-1, the tenant's side, without any I/O: messages and the person's decision go in, steps come out.
//
//   start() -> pake_a; pake_b -> confirm_a; confirm_b -> the person compares -> approve -> status active
//
// checkClaim() comes first. The code itself never reaches this class, only w. Calls must not overlap: await each.

import { type Bytes, equal, toBase64Url } from "./bytes.ts";
import type { CheckedClaim } from "./claim.ts";
import { PairingError } from "./errors.ts";
import {
  type Envelope,
  type PakeB,
  parseConfirmB,
  parseConfirmBBox,
  parseFailure,
  parsePakeB,
  parseStatus,
  write,
} from "./messages.ts";
import { Spake2, type Spake2Keys } from "./spake2.ts";
import { associatedData, deriveSession, openBox, type RunContext, sealBox, type SessionKeys } from "./transcript.ts";

export interface Comparison {
  sas: string;
  tenantName: string;
  tenantId: string;
  gatewayId: string;
  deviceSpkiSha256: Bytes;
  hostname: string; // as received: visible() before anybody sees it
  softwareVersion: string; // likewise
  automatic: boolean;
}

export type Step =
  | { kind: "send"; envelope: Envelope }
  | { kind: "compare"; comparison: Comparison }
  | { kind: "approve"; approval: Record<string, unknown> }
  | { kind: "progress"; state: "gateway_accepted" | "issued" }
  | { kind: "paired"; gatewayId: string }
  | { kind: "failed"; why: PairingError; withdraw: boolean };

type State = "fresh" | "pake" | "confirm" | "comparing" | "waiting" | "paired" | "failed";

const CLAIM_LIFETIME_MS = 300_000;
const ENROLLMENT_LIFETIME_MS = 900_000;

function gatewaySaid(raw: Bytes): PairingError {
  const { code, left } = parseFailure(raw);
  const again =
    left > 0
      ? `${left} of 3 attempts are left with this code.`
      : "This code is void; read the new one from the gateway's console.";
  switch (code) {
    case "bad_code":
      return new PairingError("pairing.bad_code", `The code is not the gateway's. ${again}`);
    case "rejected":
      return new PairingError("pairing.rejected", `The gateway's console refused this tenant. ${again}`);
    case "console_timeout":
      return new PairingError(
        "pairing.expired",
        `Nobody answered at the gateway's console within 2 minutes. ${again}`,
      );
    case "tenant_not_expected":
      return new PairingError(
        "pairing.rejected",
        "The gateway is set up for another tenant; ask whoever runs it.",
      );
    case "resting":
      return new PairingError(
        "pairing.resting",
        "The gateway was tried ten times within an hour and rests; its console says when it shows the next code.",
      );
    default:
      return new PairingError("pairing.failed_there", `The gateway ended the pairing (${code}). ${again}`);
  }
}

export class Commissioner {
  private state: State = "fresh";
  private received = 0;
  private sent = 0;
  private run: Spake2;
  private pakeB: PakeB | null = null;
  private keys: Spake2Keys | null = null;
  private session: SessionKeys | null = null;
  private deadlineAt: number;

  /** `now` gives milliseconds of a clock that only goes forward. */
  constructor(
    private readonly claim: CheckedClaim,
    private readonly enrollUrl: string,
    w: bigint,
    private readonly now: () => number,
  ) {
    this.run = new Spake2("A", w);
    this.deadlineAt = now() + CLAIM_LIFETIME_MS;
  }

  get deadline(): number {
    return this.deadlineAt;
  }

  get ended(): boolean {
    return this.state === "paired" || this.state === "failed";
  }

  start(): Step[] {
    if (this.state !== "fresh") return [];
    this.state = "pake";
    return [this.message("pake_a", { pA: toBase64Url(this.run.share) })];
  }

  async receive(envelope: Envelope): Promise<Step[]> {
    if (this.state === "fresh" || this.ended || !equal(envelope.claimId, this.claim.terms.claimId)) return [];
    try {
      if (envelope.type === "status") return this.onStatus(envelope);
      if (envelope.seq <= this.received) return []; // the relay delivers at least once
      const next = envelope.seq === this.received + 1;
      this.received = envelope.seq;
      if (envelope.type === "fail") return this.onGatewayFailure(envelope);
      if (next && envelope.type === "pake_b" && this.state === "pake") return await this.onPakeB(envelope);
      if (next && envelope.type === "confirm_b" && this.state === "confirm") return await this.onConfirmB(envelope);
      throw new PairingError("pairing.protocol", "The gateway's side sent its messages out of order.");
    } catch (error) {
      if (!(error instanceof PairingError)) throw error;
      return this.failed(error, error.code === "pairing.share" ? "bad_share" : "protocol");
    }
  }

  /** The person's word on the comparison number. */
  decide(same: boolean): Step[] {
    if (this.state !== "comparing") return [];
    if (!same) {
      const why = "You said that the console shows something else. The gateway was not paired.";
      return this.failed(new PairingError("pairing.rejected", why), "sas_mismatch");
    }
    this.state = "waiting";
    this.deadlineAt = this.now() + ENROLLMENT_LIFETIME_MS;
    const approval = {
      v: 1,
      sas_ok: true,
      pth: toBase64Url(this.session!.pth),
      report_tag: toBase64Url(this.session!.reportTag),
      device_spki_sha256: toBase64Url(this.pakeB!.deviceSpkiSha256),
      csr_sha256: toBase64Url(this.pakeB!.csrSha256),
      nkey_pub: this.pakeB!.nkeyPub,
    };
    return [{ kind: "approve", approval }];
  }

  /** Ends a run whose time is over. */
  tick(): Step[] {
    if (this.ended || this.now() < this.deadlineAt) return [];
    const waiting = this.state === "waiting";
    const why = waiting
      ? "The gateway did not come online within 15 minutes; look at its console."
      : "The gateway did not answer within 5 minutes; is it still running?";
    return this.failed(new PairingError("pairing.expired", why), waiting ? null : "expired");
  }

  private async onPakeB(envelope: Envelope): Promise<Step[]> {
    const pake = parsePakeB(envelope.raw);
    const { terms, offer } = this.claim;
    if (!equal(pake.deviceSpkiSha256, this.claim.deviceSpkiSha256)) {
      throw new PairingError(
        "pairing.binding",
        "The gateway answered with another device key than that of its offer.",
      );
    }
    const associated = await associatedData(this.contextOf(pake));
    const identityA = `pcg:commissioner:${terms.tenantId}`;
    const identityB = `pcg:gateway:${offer.gatewayId}`;
    this.keys = await this.run.finish(pake.pB, identityA, identityB, associated);
    this.session = await deriveSession(this.keys.ke, associated, this.run.share, pake.pB);
    this.pakeB = pake;
    const box = JSON.stringify({
      v: 1,
      cp_root_der: toBase64Url(this.claim.rootDer),
      enroll_url: this.enrollUrl,
      portal_time: Date.now(),
      want_sas: true,
    });
    const sealed = await sealBox(this.session.toGateway, "confirm_a", terms.claimId, this.sent + 1, box);
    this.state = "confirm";
    return [this.message("confirm_a", { cA: toBase64Url(this.keys.confirmA), box: toBase64Url(sealed) })];
  }

  private async onConfirmB(envelope: Envelope): Promise<Step[]> {
    const confirm = parseConfirmB(envelope.raw);
    const { terms, offer } = this.claim;
    if (!equal(confirm.cB, this.keys!.confirmB)) {
      const why = "What answered does not know the code: it is not your gateway.";
      return this.failed(new PairingError("pairing.bad_code", why), "bad_gateway");
    }
    const plain = await openBox(this.session!.toCommissioner, "confirm_b", terms.claimId, envelope.seq, confirm.box);
    const box = parseConfirmBBox(plain);
    this.state = "comparing";
    const comparison = {
      sas: this.session!.sas,
      tenantName: terms.tenantName,
      tenantId: terms.tenantId,
      gatewayId: offer.gatewayId,
      deviceSpkiSha256: this.claim.deviceSpkiSha256,
      ...box,
    };
    return [{ kind: "compare", comparison }];
  }

  private onStatus(envelope: Envelope): Step[] {
    const { state, code } = parseStatus(envelope.raw);
    if (state === "closed") {
      const why = `The control plane closed the pairing (${code}). Begin again.`;
      return this.failed(new PairingError("pairing.cancelled", why), null, false);
    }
    if (state !== "active") return [{ kind: "progress", state }];
    if (this.state !== "waiting") return []; // not without our word
    this.state = "paired";
    return [{ kind: "paired", gatewayId: this.claim.offer.gatewayId }];
  }

  private onGatewayFailure(envelope: Envelope): Step[] {
    return this.failed(gatewaySaid(envelope.raw), null, false);
  }

  private failed(why: PairingError, tellPeer: string | null, withdraw = true): Step[] {
    const steps: Step[] = [];
    if (tellPeer !== null) steps.push(this.message("fail", { code: tellPeer, left: 0 }));
    steps.push({ kind: "failed", why, withdraw });
    this.state = "failed";
    this.keys = null;
    this.session = null;
    return steps;
  }

  private message(type: string, body: Record<string, unknown>): Step {
    this.sent += 1;
    return { kind: "send", envelope: { claimId: this.claim.terms.claimId, seq: this.sent, type, raw: write(body) } };
  }

  private contextOf(pake: PakeB): RunContext {
    const { terms, offer } = this.claim;
    return {
      ...terms,
      gatewayId: offer.gatewayId,
      deviceSpkiSha256: pake.deviceSpkiSha256,
      encPub: pake.encPub,
      nkeyPub: pake.nkeyPub,
      csrSha256: pake.csrSha256,
      offerSha256: this.claim.offerSha256,
      claimSha256: this.claim.claimSha256,
    };
  }
}
