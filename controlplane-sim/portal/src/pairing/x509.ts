// SPDX-License-Identifier: Apache-2.0
// As much of X.509 as finds the public key in a certificate.

import type { Bytes } from "./bytes.ts";

interface Element {
  tag: number;
  start: number; // of the whole element
  content: number;
  end: number;
}

const SEQUENCE = 0x30;
const EXPLICIT_VERSION = 0xa0;

function elementAt(der: Bytes, start: number, limit: number): Element {
  const tag = der[start];
  const first = der[start + 1];
  if (tag === undefined || first === undefined) throw new RangeError("the certificate is cut off");
  let length = first;
  let content = start + 2;
  if (first & 0x80) {
    const octets = first & 0x7f;
    if (octets < 1 || octets > 3) throw new RangeError("the certificate has a length that DER does not allow");
    length = 0;
    for (let i = 0; i < octets; i++) length = (length << 8) | (der[content + i] ?? 0);
    content += octets;
  }
  if (content + length > limit) throw new RangeError("the certificate is cut off");
  return { tag, start, content, end: content + length };
}

/** The SubjectPublicKeyInfo of a certificate, as DER; throws RangeError when it is not one. */
export function publicKeyOf(certificate: Bytes): Bytes {
  const whole = elementAt(certificate, 0, certificate.length);
  const signed = elementAt(certificate, whole.content, whole.end);
  if (whole.tag !== SEQUENCE || signed.tag !== SEQUENCE || whole.end !== certificate.length) {
    throw new RangeError("this is not a certificate");
  }
  let at = signed.content;
  const next = () => {
    const element = elementAt(certificate, at, signed.end);
    at = element.end;
    return element;
  };
  if (next().tag === EXPLICIT_VERSION) next(); // the version, then the serial number
  for (let skipped = 0; skipped < 4; skipped++) next(); // signature algorithm, issuer, validity, subject
  const key = next();
  if (key.tag !== SEQUENCE) throw new RangeError("the certificate has no public key where one must be");
  return certificate.slice(key.start, key.end);
}
