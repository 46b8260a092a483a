// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { type Bytes, fromHex, fromText, toHex } from "../../src/pairing/bytes.ts";
import { PairingCode } from "../../src/pairing/code.ts";
import { passwordScalar, type Role, Spake2 } from "../../src/pairing/spake2.ts";
import { associatedData, deriveSession, openBox, sealBox } from "../../src/pairing/transcript.ts";
import { bytesOf, golden, goldenContext, vectors } from "./golden.ts";

const nothing: Bytes = new Uint8Array(0);
const number = (hex: string) => BigInt("0x" + hex);
const rfc: Record<string, string>[] = vectors("spake2_vectors.json").spake2_rfc9382.vectors;

for (const [index, vector] of rfc.entries()) {
  test(`RFC 9382 appendix B, vector ${index + 1}: both roles compute what it says`, async () => {
    for (const role of ["A", "B"] as Role[]) {
      const run = new Spake2(role, number(vector["w"]!), number(vector[role === "A" ? "x" : "y"]!));
      assert.equal(toHex(run.share), vector[role === "A" ? "pA" : "pB"]);
      const peer = fromHex(vector[role === "A" ? "pB" : "pA"]!);
      const keys = await run.finish(peer, vector["A"]!, vector["B"]!, nothing);
      assert.equal(toHex(keys.ke), vector["Ke"]);
      assert.equal(toHex(keys.confirmA), vector["cA"]);
      assert.equal(toHex(keys.confirmB), vector["cB"]);
    }
  });
}

test("the RFC's vectors are all four there", () => assert.equal(rfc.length, 4));

test("the golden run, from the typed code to the report tag", async () => {
  const w = await passwordScalar(PairingCode.parse(golden["code"]!).password(), bytesOf("sid"));
  assert.equal(w.toString(16).padStart(64, "0"), golden["w"]);
  const associated = await associatedData(goldenContext);
  assert.equal(toHex(associated), golden["AAD"]);
  const run = new Spake2("A", w, number(golden["x"]!));
  assert.equal(toHex(run.share), golden["pA"]);
  const keys = await run.finish(bytesOf("pB"), golden["A"]!, golden["B"]!, associated);
  assert.equal(toHex(keys.ke), golden["Ke"]);
  assert.equal(toHex(keys.confirmA), golden["cA"]);
  assert.equal(toHex(keys.confirmB), golden["cB"]);
  const session = await deriveSession(keys.ke, associated, run.share, bytesOf("pB"));
  assert.equal(toHex(session.toGateway), golden["K_a2b"]);
  assert.equal(toHex(session.toCommissioner), golden["K_b2a"]);
  assert.equal(toHex(session.pth), golden["pth"]);
  assert.equal(toHex(session.reportTag), golden["report_tag"]);
  assert.equal(session.sas, golden["sas"]);
});

test("hostile key shares are refused", async () => {
  const w = number(golden["w"]!);
  const good = bytesOf("pB");
  const changed = (at: number, value: number) => Uint8Array.from(good, (octet, i) => (i === at ? value : octet));
  const field = fromHex("04ffffffff00000001000000000000000000000000ffffffffffffffffffffffff" + "00".repeat(31) + "05");
  const hostile: [string, Bytes][] = [
    ["empty", nothing],
    ["one octet", good.slice(0, 1)],
    ["64 octets", good.slice(0, 64)],
    ["66 octets", Uint8Array.from([...good, 0])],
    ["compressed", Uint8Array.from([2 + (good[64]! & 1), ...good.slice(1, 33)])],
    ["off the curve", changed(64, good[64]! ^ 1)],
    ["x beyond the field", field],
    ["zeros", new Uint8Array(65)],
    ...[0, 2, 3, 5, 6, 7].map((prefix): [string, Bytes] => [`prefix ${prefix}`, changed(0, prefix)]),
  ];
  for (const [what, share] of hostile) {
    const run = new Spake2("A", w);
    await assert.rejects(run.finish(share, "A", "B", nothing), { code: "pairing.share" }, what);
  }
  const own = new Spake2("A", w);
  await assert.rejects(own.finish(own.share, "A", "B", nothing), { code: "pairing.share" });
});

test("a share that unmasks to the point at infinity is refused", async () => {
  // With w = 1 the mask is N itself.
  const mask = fromHex(vectors("spake2_vectors.json").constants.N_uncompressed);
  await assert.rejects(new Spake2("A", 1n).finish(mask, "A", "B", nothing), /infinity/);
});

test("a box opens for its own run and message only", async () => {
  const key = bytesOf("K_b2a");
  const claim = bytesOf("claim_id");
  const box = await sealBox(key, "confirm_b", claim, 2, "content");
  assert.deepEqual(await openBox(key, "confirm_b", claim, 2, box), fromText("content"));
  await assert.rejects(openBox(key, "confirm_b", claim, 3, box), { code: "pairing.box" });
  await assert.rejects(openBox(key, "confirm_a", claim, 2, box), { code: "pairing.box" });
  await assert.rejects(openBox(bytesOf("K_a2b"), "confirm_b", claim, 2, box), { code: "pairing.box" });
});
