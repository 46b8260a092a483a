// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { neutral, neutralValue } from "../../src/api/neutral.ts";

test("text without hidden characters stays as it is, however long", () => {
  for (const text of ["", "Tenant A", "  two  blanks ", "株式会社", "x".repeat(10_000)]) assert.equal(neutral(text), text);
});

test("lines are joined, and what reorders or hides is taken out", () => {
  assert.equal(neutral("a\r\nb\tc\u2028d\u0085e"), "a  b c d e");
  assert.equal(neutral("\u202Egnp.exe\u202C\u2066\u200B\u00AD\u061C"), "gnp.exe");
  assert.equal(neutral("\u0000\u0007\u001B[31m\u009B"), "[31m");
});

test("an answer is neutral through and through, the names of its members too", () => {
  const answer = JSON.parse('{"a\\u202e": ["x\\u0007", {"b": "\\u200by", "n": 1, "t": true, "z": null}]}', neutralValue);
  assert.deepEqual(answer, { a: ["x", { b: "y", n: 1, t: true, z: null }] });
});

test("a member called __proto__ stays a member", () => {
  const answer = JSON.parse('{"__proto__": {"admin": true}, "x": 1}', neutralValue) as Record<string, unknown>;
  assert.equal(answer["admin"], undefined);
  assert.equal(answer["x"], 1);
});
