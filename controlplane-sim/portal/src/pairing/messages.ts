// SPDX-License-Identifier: Apache-2.0
// The messages that role A reads and writes (pairing/claim_messages.h, relay_messages.h, offer_messages.h).

import { type Bytes, fromText, toBase64Url } from "./bytes.ts";
import { Fields, rawText } from "./fields.ts";
import { SUITE } from "./transcript.ts";

const GATEWAY_ID = /^gw_[0-9a-hjkmnp-tv-z]{26}$/;
const TENANT_ID = /^tn_[0-9a-hjkmnp-tv-z]{26}$/;
const NAMEPLATE = /^[0-9A-HJKMNP-TV-Z]{4}$/;
const NKEY = /^U[A-Z2-7]{55}$/;
const MAX_ROOT = 4096;
const MAX_BOX = 8192;
const MAX_EVENTS = 16;
const MAX_EVENT_LIST = 512 * 1024;

export function write(message: Record<string, unknown>): Bytes {
  return fromText(JSON.stringify({ v: 1, ...message }));
}

export interface Offer {
  versions: unknown[];
  suites: unknown[];
  gatewayId: string;
  deviceSpki: Bytes;
  nameplate: string;
  bootNonce: Bytes;
}

export function parseOffer(raw: Bytes): Offer {
  const fields = Fields.open(rawText(raw));
  return {
    versions: fields.list("versions", 16),
    suites: fields.list("suites", 16),
    gatewayId: fields.matching("gateway_id", GATEWAY_ID),
    deviceSpki: fields.bytes("device_spki", 512),
    nameplate: fields.matching("nameplate", NAMEPLATE),
    bootNonce: fields.sized("boot_nonce", 32),
  };
}

export interface ClaimTerms {
  claimId: Bytes;
  sid: Bytes;
  tenantId: string;
  tenantName: string;
  portalOrigin: string;
  rootSpkiSha256: Bytes;
  attempt: number;
}

export function parseClaimTerms(raw: Bytes): ClaimTerms {
  const fields = Fields.open(rawText(raw));
  fields.oneOf("suite", SUITE);
  return {
    claimId: fields.sized("claim_id", 16),
    sid: fields.sized("sid", 32),
    tenantId: fields.matching("tenant_id", TENANT_ID),
    tenantName: fields.text("tenant_name", 1024),
    portalOrigin: fields.text("portal_origin", 256),
    rootSpkiSha256: fields.sized("cp_root_spki_sha256", 32),
    attempt: fields.integer("attempt", 1, 3),
  };
}

export interface ClaimReply {
  claimId: Bytes;
  sid: Bytes;
  serverNonce: Bytes;
  offerRaw: Bytes;
  claimRaw: Bytes;
  rootDer: Bytes;
}

export function parseClaimReply(text: string): ClaimReply {
  const fields = Fields.open(text, 4 * 16 * 1024);
  return {
    claimId: fields.sized("claim_id", 16),
    sid: fields.sized("sid", 32),
    serverNonce: fields.sized("server_nonce", 32),
    offerRaw: fields.raw("offer_raw"),
    claimRaw: fields.raw("claim_raw"),
    rootDer: fields.bytes("cp_root_der", MAX_ROOT),
  };
}

export interface Envelope {
  claimId: Bytes;
  seq: number;
  type: string;
  raw: Bytes;
}

export function writeEnvelope(envelope: Envelope): Record<string, unknown> {
  return {
    v: 1,
    claim_id: toBase64Url(envelope.claimId),
    seq: envelope.seq,
    type: envelope.type,
    raw: toBase64Url(envelope.raw),
  };
}

export interface RelayEvent {
  number: number;
  envelope: Envelope;
}

export function parseEvents(text: string): RelayEvent[] {
  const items = Fields.open(text, MAX_EVENT_LIST).list("events", MAX_EVENTS);
  return items.map((item) => {
    const fields = Fields.of(item, "events");
    return {
      number: fields.integer("n", 1, 1_000_000),
      envelope: {
        claimId: fields.sized("claim_id", 16),
        seq: fields.integer("seq", 0, 1_000_000),
        type: fields.text("type", 32),
        raw: fields.raw("raw"),
      },
    };
  });
}

export interface PakeB {
  pB: Bytes;
  encPub: Bytes;
  nkeyPub: string;
  csrSha256: Bytes;
  deviceSpkiSha256: Bytes;
}

export function parsePakeB(raw: Bytes): PakeB {
  const fields = Fields.open(rawText(raw));
  return {
    pB: fields.sized("pB", 65),
    encPub: fields.sized("enc_pub", 65),
    nkeyPub: fields.matching("nkey_pub", NKEY),
    csrSha256: fields.sized("csr_sha256", 32),
    deviceSpkiSha256: fields.sized("device_spki_sha256", 32),
  };
}

export function parseConfirmB(raw: Bytes): { cB: Bytes; box: Bytes } {
  const fields = Fields.open(rawText(raw));
  return { cB: fields.sized("cB", 32), box: fields.bytes("box", MAX_BOX) };
}

export interface ConfirmBBox {
  hostname: string;
  softwareVersion: string;
  /** The gateway expects this tenant and asks nobody at its console. */
  automatic: boolean;
}

export function parseConfirmBBox(plain: Bytes): ConfirmBBox {
  const fields = Fields.open(rawText(plain));
  return {
    hostname: fields.text("hostname", 256),
    softwareVersion: fields.text("sw", 64),
    automatic: fields.oneOf("accept_mode", "console", "expected_tenant") === "expected_tenant",
  };
}

export function parseFailure(raw: Bytes): { code: string; left: number } {
  const fields = Fields.open(rawText(raw));
  return { code: fields.matching("code", /^[a-z0-9_]{1,64}$/), left: fields.integer("left", 0, 3) };
}

export type RunState = "gateway_accepted" | "issued" | "active" | "closed";

export function parseStatus(raw: Bytes): { state: RunState; code: string } {
  const fields = Fields.open(rawText(raw));
  const state = fields.oneOf<RunState>("state", "gateway_accepted", "issued", "active", "closed");
  return { state, code: state === "closed" ? fields.text("code", 64) : "" };
}

/** "gw_" and 26 symbols of the hash of the device key: nobody else can hold it. */
export function gatewayIdOf(deviceSpkiSha256: Bytes): string {
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  let value = 0n;
  for (const octet of deviceSpkiSha256.slice(0, 16)) value = (value << 8n) | BigInt(octet);
  value <<= 2n; // 128 bits in 26 symbols of 5: two zero bits at the end
  let text = "";
  for (let i = 0; i < 26; i++, value >>= 5n) text = alphabet[Number(value & 31n)]! + text;
  return "gw_" + text;
}

