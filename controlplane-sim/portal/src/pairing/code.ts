// SPDX-License-Identifier: Apache-2.0
// The pairing code as a person types it: NNNN-SSSS-SSSC. Nothing here touches the network, and a code that is
// refused here costs no attempt. docs/protocol/pairing.md, "The code".

import { type Bytes, fromText } from "./bytes.ts";
import { PairingError } from "./errors.ts";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const SYMBOLS = 12;
const MAX_TYPED = 256;

const SEPARATOR =
  /[ \-_.\t-\r\u00a0\u00ad\u058a\u1680\u1806\u2000-\u2015\u2028\u2029\u202f\u2043\u205f\u2060\u2212\u2e3a\u2e3b\u3000\u301c\u3030\u30a0\ufe58\ufe63\ufeff]/;

const LOOK_ALIKE: Record<string, string> = { O: "0", I: "1", L: "1", U: "V" };

/** What keyboards and word processors make of ASCII, made ASCII again. */
function folded(letter: string): string {
  const point = letter.codePointAt(0)!;
  const narrow = point >= 0xff01 && point <= 0xff5e ? String.fromCharCode(point - 0xfee0) : letter;
  const upper = /^[a-z]$/.test(narrow) ? narrow.toUpperCase() : narrow;
  return LOOK_ALIKE[upper] ?? upper;
}

function symbolsOf(typed: string): string[] {
  return Array.from(typed, folded).filter((letter) => !SEPARATOR.test(letter));
}

function timesAlpha(value: number): number {
  const doubled = value << 1;
  return doubled & 0x20 ? doubled ^ 0x25 : doubled;
}

/** C = sum over i of alpha^(i+1) * d_i in GF(2^5), by Horner's scheme from the last symbol. */
export function checkSymbol(data: string): string {
  let check = 0;
  for (const symbol of Array.from(data).reverse()) check = timesAlpha(check ^ ALPHABET.indexOf(symbol));
  return ALPHABET[check]!;
}

function wrongLength(count: number): PairingError {
  if (count === 0) {
    return new PairingError("pairing.code_empty", "Type the twelve symbols that the gateway's console shows.");
  }
  let hint = "";
  if (count === 4) hint = " Four are only the first group: type all three groups.";
  else if (count < SYMBOLS) hint = " Is a part missing?";
  else hint = " Was it pasted twice, or typed into what was there?";
  return new PairingError("pairing.code_length", `The code has ${count} symbols; it must have twelve.${hint}`);
}

/** How many symbols have been typed so far, separators not counted. */
export function countSymbols(typed: string): number {
  return symbolsOf(typed.slice(0, MAX_TYPED)).length;
}

/** The same code in groups of four, for the field; text that is no code stays as it is. */
export function grouped(typed: string): string {
  const symbols = symbolsOf(typed);
  if (symbols.length > SYMBOLS || symbols.some((symbol) => !ALPHABET.includes(symbol))) return typed;
  return symbols.join("").replace(/(.{4})(?=.)/g, "$1-");
}

export class PairingCode {
  private constructor(private readonly symbols: string) {}

  /** Throws PairingError with a sentence for the person who typed. */
  static parse(typed: string): PairingCode {
    if (typed.length > MAX_TYPED) {
      throw new PairingError(
        "pairing.code_length",
        "This is far longer than a code. Type the twelve symbols that the gateway's console shows.",
      );
    }
    const symbols = symbolsOf(typed);
    const foreign = symbols.findIndex((symbol) => symbol.length !== 1 || !ALPHABET.includes(symbol));
    if (foreign >= 0) {
      // The symbol is not repeated: what was typed may be close to the secret, and may be anything.
      throw new PairingError(
        "pairing.code_symbol",
        `Symbol ${foreign + 1} is none that codes have. A code is made of digits and letters, as in 7K3M-Q9TD-X4WS.`,
      );
    }
    if (symbols.length !== SYMBOLS) throw wrongLength(symbols.length);
    const text = symbols.join("");
    if (checkSymbol(text.slice(0, -1)) !== text.at(-1)) {
      throw new PairingError(
        "pairing.code_check",
        "The code is mistyped: its check symbol does not fit. Compare it with the console; no attempt was used.",
      );
    }
    return new PairingCode(text);
  }

  /** The first group: public, it only finds the gateway's offer. */
  nameplate(): string {
    return this.symbols.slice(0, 4);
  }

  /** What SPAKE2 proves: the eleven symbols before the check symbol. Never leaves the page. */
  password(): Bytes {
    return fromText(this.symbols.slice(0, -1));
  }
}
