// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { visible } from "../../src/ui/visible.ts";

test("ordinary names of any script stay as they are", () => {
  for (const name of ["Tenant A", "Žluťoučký kůň", "株式会社", "مثال", "a-b_c.d"]) assert.equal(visible(name), name);
});

test("what reorders, hides or breaks a line is taken out", () => {
  assert.equal(visible("dc\u202Eevil\u202C"), "dcevil");
  assert.equal(visible("a\u0000b\u001b[31mc"), "ab[31mc");
  assert.equal(visible("a\u200B\u200D\uFEFFb"), "ab");
  assert.equal(visible("one\r\n two\t\u00a0three"), "one two three");
  assert.equal(visible("e" + "\u0301".repeat(50)), "e\u0301\u0301");
  assert.equal(visible("a\uE000b\uFFFFc\uD800d"), "abcd");
});

test("a name is never empty and never long", () => {
  assert.equal(visible(" \u200B "), "(no printable name)");
  assert.equal(Array.from(visible("x".repeat(10_000))).length, 64);
});
