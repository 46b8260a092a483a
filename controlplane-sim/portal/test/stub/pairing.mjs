// SPDX-License-Identifier: Apache-2.0
// The relay and one gateway behind it, which knows a code and waits for its console.

export class StubPairing {
  code = null; // set by offer()
  gateway = null;
  events = [];
  approved = false;

  constructor(Responder, facts) {
    this.Responder = Responder;
    this.facts = facts;
  }

  /** The console shows `code`; `secret` is what the gateway really knows. */
  offer(code, secret = code) {
    this.code = code.replaceAll("-", "");
    this.secret = secret.replaceAll("-", "").slice(0, 11);
    this.gateway = null;
    this.approved = false;
  }

  async answer(method, path, url, body, notFound) {
    if (path === "/pair/v1/claims") return this.claim(body, notFound);
    if (!this.gateway) throw notFound();
    if (method === "DELETE") {
      this.gateway = null;
      return { status: 204 };
    }
    if (path.endsWith("/events")) return this.eventsAfter(Number(url.searchParams.get("after")));
    if (path.endsWith("/approve")) {
      this.approved = true;
      return { status: 202 };
    }
    const envelope = { claimId: bytes(body.claim_id), seq: body.seq, type: body.type, raw: bytes(body.raw) };
    const reply = await this.gateway.answer(envelope);
    if (reply) this.push(reply);
    return { status: 202 };
  }

  async claim(body, notFound) {
    if (this.code === null || this.gateway || body.nameplate !== this.code.slice(0, 4)) throw notFound();
    this.gateway = await this.Responder.create(new TextEncoder().encode(this.secret), body.nameplate, this.facts);
    this.events = [];
    return { status: 201, body: this.gateway.reply() };
  }

  push(envelope) {
    this.events.push({
      n: this.events.length + 1,
      claim_id: text(envelope.claimId),
      seq: envelope.seq,
      type: envelope.type,
      raw: text(envelope.raw),
    });
    this.wake?.();
  }

  async eventsAfter(after) {
    if (this.events.length <= after) {
      await new Promise((wake) => {
        this.wake = wake;
        setTimeout(wake, 500);
      });
    }
    const events = this.events.slice(after);
    return events.length === 0 ? { status: 204 } : { body: { v: 1, events } };
  }

  accept() {
    for (const state of ["gateway_accepted", "issued", "active"]) this.push(this.gateway.status(state));
  }

  reject() {
    this.push(this.gateway.message("fail", { code: "rejected", left: 0 }));
  }
}

const bytes = (encoded) => new Uint8Array(Buffer.from(encoded, "base64url"));
const text = (octets) => Buffer.from(octets).toString("base64url");
