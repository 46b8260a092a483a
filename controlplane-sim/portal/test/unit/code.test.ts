// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { toText } from "../../src/pairing/bytes.ts";
import { checkSymbol, countSymbols, grouped, PairingCode } from "../../src/pairing/code.ts";
import { golden } from "./golden.ts";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const code = golden["code"]!.replaceAll("-", "");

const refusedAs = (typed: string, name: string) =>
  assert.throws(() => PairingCode.parse(typed), { code: name }, JSON.stringify(typed));

test("the golden code is read, and split into what is public and what is secret", () => {
  const parsed = PairingCode.parse(golden["code"]!);
  assert.equal(parsed.nameplate(), "7K3M");
  assert.equal(toText(parsed.password()), golden["code_data"]);
  assert.equal(checkSymbol(golden["code_data"]!), "S");
});

test("every one of the 372 substitutions of one symbol is found", () => {
  let found = 0;
  for (let at = 0; at < code.length; at++) {
    for (const other of ALPHABET) {
      if (other === code[at]) continue;
      refusedAs(code.slice(0, at) + other + code.slice(at + 1), "pairing.code_check");
      found++;
    }
  }
  assert.equal(found, 372);
});

test("every one of the 66 swaps of two symbols is found", () => {
  let found = 0;
  for (let low = 0; low < code.length; low++) {
    for (let high = low + 1; high < code.length; high++) {
      const symbols = Array.from(code);
      [symbols[low], symbols[high]] = [symbols[high]!, symbols[low]!];
      refusedAs(symbols.join(""), "pairing.code_check");
      found++;
    }
  }
  assert.equal(found, 66);
});

test("what keyboards and word processors make of a code is read", () => {
  for (const typed of [
    code,
    "7k3m q9td x4ws",
    " 7K3M\u2013Q9TD\u2014X4WS\n",
    "7K3M\u00a0Q9TD\u200bX4WS",
    "\uff17\uff2b\uff13\uff2d\uff0d\uff31\uff19\uff34\uff24\uff0d\uff58\uff14\uff57\uff33",
    "7.K.3.M_Q9TD_X4WS",
  ]) {
    assert.equal(toText(PairingCode.parse(typed).password()), golden["code_data"], typed);
  }
});

test("letters that look like digits are read as those", () => {
  const data = "00117V00117";
  const full = data + checkSymbol(data);
  const typed = "oOiL7u0O1l7" + full.at(-1)!;
  assert.equal(toText(PairingCode.parse(typed).password()), data);
});

test("what is not a code is refused with the reason", () => {
  refusedAs("", "pairing.code_empty");
  refusedAs(" - ", "pairing.code_empty");
  refusedAs("7K3M", "pairing.code_length");
  refusedAs(code + "7", "pairing.code_length");
  refusedAs("7".repeat(300), "pairing.code_length");
  refusedAs("7K3M-Q9TD-X4W!", "pairing.code_symbol");
  refusedAs("7K3M-Q9TD-X4W\u0405", "pairing.code_symbol");
  refusedAs("7K3M-Q9TD-X4W\ud800", "pairing.code_symbol");
});

test("a refusal never repeats what was typed", () => {
  for (const typed of ["7K3M-H2TD-X4WT", "7K3M-H2TD-X4W!", "7K3M-H2TD"]) {
    assert.throws(() => PairingCode.parse(typed), (error: Error) => !error.message.includes("H2TD"));
  }
});

test("the field groups what is typed, and leaves alone what is no code", () => {
  assert.equal(grouped("7k3mq"), "7K3M-Q");
  assert.equal(grouped("7k3m-"), "7K3M");
  assert.equal(grouped(code), golden["code"]);
  assert.equal(grouped("hello, world"), "hello, world");
  assert.equal(countSymbols(" 7k3m-q9"), 6);
});
