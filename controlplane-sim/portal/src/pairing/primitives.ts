// SPDX-License-Identifier: Apache-2.0
// The symmetric primitives that the protocols use, all of the browser's own making (WebCrypto).

import { type Bytes, concat } from "./bytes.ts";

const subtle = crypto.subtle;

export async function sha256(...parts: Bytes[]): Promise<Bytes> {
  return new Uint8Array(await subtle.digest("SHA-256", concat(...parts)));
}

export async function hmac(key: Bytes, message: Bytes): Promise<Bytes> {
  const imported = await subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", imported, message));
}

export function hkdfExtract(salt: Bytes, secret: Bytes): Promise<Bytes> {
  return hmac(salt, secret);
}

/** HKDF-Expand for at most 32 octets, which is one block. */
export async function hkdfExpand(key: Bytes, info: Bytes, size: number): Promise<Bytes> {
  if (size > 32) throw new RangeError("more than one block");
  return (await hmac(key, concat(info, Uint8Array.of(1)))).slice(0, size);
}

export async function hkdf(salt: Bytes, secret: Bytes, info: Bytes, size: number): Promise<Bytes> {
  const key = await subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, size * 8));
}

export async function pbkdf2(password: Bytes, salt: Bytes, iterations: number, size: number): Promise<Bytes> {
  const key = await subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const bits = await subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, key, size * 8);
  return new Uint8Array(bits);
}

export async function seal(key: Bytes, nonce: Bytes, associated: Bytes, plain: Bytes): Promise<Bytes> {
  const imported = await subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  return new Uint8Array(
    await subtle.encrypt({ name: "AES-GCM", iv: nonce, additionalData: associated }, imported, plain),
  );
}

/** Throws when the box was altered or is another one's. */
export async function open(key: Bytes, nonce: Bytes, associated: Bytes, box: Bytes): Promise<Bytes> {
  const imported = await subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  return new Uint8Array(
    await subtle.decrypt({ name: "AES-GCM", iv: nonce, additionalData: associated }, imported, box),
  );
}
