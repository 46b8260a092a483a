// SPDX-License-Identifier: Apache-2.0
// Pairing codes as a person types them: mistyped, or guessed in the right form.

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The code whose first eleven symbols are these. */
export function withCheck(data) {
  let check = 0;
  for (const symbol of Array.from(data).reverse()) {
    check = (check ^ ALPHABET.indexOf(symbol)) << 1;
    if (check & 0x20) check ^= 0x25;
  }
  return `${data.slice(0, 4)}-${data.slice(4, 8)}-${data.slice(8)}${ALPHABET[check]}`;
}

const other = (symbol, step) => ALPHABET[(ALPHABET.indexOf(symbol) + step) % ALPHABET.length];

/** One symbol changed: the check symbol does not fit any more. */
export function mistyped(code) {
  return code.slice(0, 6) + other(code[6], 1) + code.slice(7);
}

/** The same first group, another secret, and the check symbol that fits. */
export function withWrongSecret(code, step) {
  const data = code.replaceAll("-", "").slice(0, 11);
  return withCheck(data.slice(0, 10) + other(data[10], step));
}
