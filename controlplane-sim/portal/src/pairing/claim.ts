// SPDX-License-Identifier: Apache-2.0
// The control plane's answer to a claim, checked before anything is proven to anybody. It costs no attempt.

import { type Bytes, equal, fromText } from "./bytes.ts";
import { PairingError } from "./errors.ts";
import { type ClaimReply, type ClaimTerms, gatewayIdOf, type Offer, parseClaimTerms, parseOffer } from "./messages.ts";
import { sha256 } from "./primitives.ts";
import { SUITE } from "./transcript.ts";
import { publicKeyOf } from "./x509.ts";

export interface Expectation {
  nameplate: string;
  tenantId: string;
  /** Where this page was loaded from. */
  origin: string;
}

export interface CheckedClaim {
  terms: ClaimTerms;
  offer: Offer;
  deviceSpkiSha256: Bytes;
  offerSha256: Bytes;
  claimSha256: Bytes;
  rootDer: Bytes;
}

function unfit(what: string): PairingError {
  return new PairingError(
    "pairing.binding",
    `The control plane's answer does not fit together: ${what}. No attempt was used; if this comes again, somebody ` +
      "is in between.",
  );
}

async function rootKeyHash(rootDer: Bytes): Promise<Bytes> {
  try {
    return await sha256(publicKeyOf(rootDer));
  } catch {
    throw new PairingError("pairing.root", "The control plane's root certificate cannot be read.");
  }
}

export async function checkClaim(reply: ClaimReply, expected: Expectation): Promise<CheckedClaim> {
  const offer = parseOffer(reply.offerRaw);
  const terms = parseClaimTerms(reply.claimRaw);
  const deviceSpkiSha256 = await sha256(offer.deviceSpki);
  const sid = await sha256(fromText("PCGv1 sid"), offer.bootNonce, reply.serverNonce);
  if (offer.gatewayId !== gatewayIdOf(deviceSpkiSha256)) throw unfit("the gateway's id is not of its device key");
  if (!equal(terms.claimId, reply.claimId)) throw unfit("the claim id differs");
  if (!equal(terms.sid, reply.sid) || !equal(sid, reply.sid)) {
    throw unfit("the offer's id is not made of both sides' random numbers");
  }
  if (offer.nameplate !== expected.nameplate) throw unfit("it is the offer of another code");
  if (terms.tenantId !== expected.tenantId) throw unfit("the claim is for another tenant than yours");
  if (terms.portalOrigin !== expected.origin) {
    throw unfit(`it is for the portal at ${terms.portalOrigin}, and this page is at ${expected.origin}`);
  }
  if (!offer.versions.includes(1) || !offer.suites.includes(SUITE)) {
    throw new PairingError(
      "pairing.version",
      "The gateway does not speak version 1 of the pairing protocol; update it.",
    );
  }
  if (!equal(await rootKeyHash(reply.rootDer), terms.rootSpkiSha256)) {
    throw new PairingError(
      "pairing.root",
      "The control plane's root certificate is not the one that its claim names; somebody may be in between.",
    );
  }
  return {
    terms,
    offer,
    deviceSpkiSha256,
    offerSha256: await sha256(reply.offerRaw),
    claimSha256: await sha256(reply.claimRaw),
    rootDer: reply.rootDer,
  };
}
