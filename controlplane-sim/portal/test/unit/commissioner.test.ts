// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { fromBase64Url, fromText, toBase64Url, toHex } from "../../src/pairing/bytes.ts";
import { checkClaim, type Expectation } from "../../src/pairing/claim.ts";
import { PairingCode } from "../../src/pairing/code.ts";
import { Commissioner, type Step } from "../../src/pairing/commissioner.ts";
import { type Envelope, parseClaimReply, parseEvents, write } from "../../src/pairing/messages.ts";
import { passwordScalar } from "../../src/pairing/spake2.ts";
import { golden } from "./golden.ts";
import { Responder } from "./responder.ts";

const code = PairingCode.parse(golden["code"]!);
const facts = {
  tenantId: "tn_01jd3v8z9q4m6x2c7b5k0h1w8e",
  tenantName: "Tenant A",
  origin: "https://portal.example.com",
};
const expected: Expectation = { nameplate: "7K3M", tenantId: facts.tenantId, origin: facts.origin };

let clock = 0;

async function begin(password = code.password()) {
  const gateway = await Responder.create(password, "7K3M", facts);
  const claim = await checkClaim(parseClaimReply(JSON.stringify(gateway.reply())), expected);
  const w = await passwordScalar(code.password(), gateway.sid);
  return { gateway, tenant: new Commissioner(claim, facts.origin + "/pair/v1", w, () => clock) };
}

const sent = (steps: Step[]): Envelope => {
  const step = steps.find((one) => one.kind === "send");
  assert.ok(step?.kind === "send", JSON.stringify(steps));
  return step.envelope;
};

const failure = (steps: Step[]) => {
  const step = steps.at(-1);
  assert.ok(step?.kind === "failed", JSON.stringify(steps));
  return step;
};

async function untilComparison(password = code.password()) {
  const { gateway, tenant } = await begin(password);
  const pakeB = await gateway.answer(sent(tenant.start()));
  const confirmB = await gateway.answer(sent(await tenant.receive(pakeB!)));
  return { gateway, tenant, steps: await tenant.receive(confirmB!) };
}

test("a right code: both sides show the same number, and the run ends with the gateway online", async () => {
  const { gateway, tenant, steps } = await untilComparison();
  assert.ok(steps[0]?.kind === "compare");
  assert.equal(steps[0].comparison.sas, gateway.session!.sas);
  assert.equal(steps[0].comparison.hostname, "pcg-dc1");
  assert.equal(toHex(steps[0].comparison.deviceSpkiSha256), toHex(gateway.deviceSpkiSha256));
  const approve = tenant.decide(true)[0];
  assert.ok(approve?.kind === "approve");
  assert.equal(approve.approval["report_tag"], toBase64Url(gateway.session!.reportTag));
  assert.deepEqual(await tenant.receive(gateway.status("issued")), [{ kind: "progress", state: "issued" }]);
  assert.deepEqual(await tenant.receive(gateway.status("active")), [{ kind: "paired", gatewayId: gateway.gatewayId }]);
  assert.ok(tenant.ended);
});

test("a wrong secret ends the run with what is left of the code", async () => {
  const { steps } = await untilComparison(fromText("7K3MAAAAAAA"));
  assert.equal(failure(steps).why.code, "pairing.bad_code");
  assert.match(failure(steps).why.message, /2 of 3 attempts are left/);
});

test("a gateway that does not know the code is told so, and the claim is withdrawn", async () => {
  const { gateway, tenant } = await begin();
  const pakeB = await gateway.answer(sent(tenant.start()));
  sent(await tenant.receive(pakeB!));
  const forged = gateway.message("confirm_b", { cB: toBase64Url(new Uint8Array(32)), box: toBase64Url(new Uint8Array(40)) });
  const steps = await tenant.receive(forged);
  assert.equal(sent(steps).type, "fail");
  assert.deepEqual([failure(steps).why.code, failure(steps).withdraw], ["pairing.bad_code", true]);
});

test("'it differs' ends the run on both sides and approves nothing", async () => {
  const { tenant } = await untilComparison();
  const steps = tenant.decide(false);
  assert.equal(failure(steps).why.code, "pairing.rejected");
  assert.equal(sent(steps).type, "fail");
  assert.deepEqual(tenant.decide(true), []);
});

test("'active' before our word is not believed", async () => {
  const { gateway, tenant } = await untilComparison();
  assert.deepEqual(await tenant.receive(gateway.status("active")), []);
  assert.ok(!tenant.ended);
});

test("what the console says reaches the person", async () => {
  for (const [said, name] of [
    ["rejected", "pairing.rejected"],
    ["console_timeout", "pairing.expired"],
    ["tenant_not_expected", "pairing.rejected"],
    ["resting", "pairing.resting"],
    ["something_new", "pairing.failed_there"],
  ]) {
    const { gateway, tenant } = await untilComparison();
    tenant.decide(true);
    const steps = await tenant.receive(gateway.message("fail", { code: said, left: 0 }));
    assert.equal(failure(steps).why.code, name);
  }
});

test("a message that comes again is ignored, one out of order ends the run", async () => {
  const { gateway, tenant } = await begin();
  const pakeB = (await gateway.answer(sent(tenant.start())))!;
  await tenant.receive(pakeB);
  assert.deepEqual(await tenant.receive(pakeB), []);
  const skipped = { ...gateway.message("confirm_b", {}), seq: 7 };
  assert.equal(failure(await tenant.receive(skipped)).why.code, "pairing.protocol");
});

test("messages of another claim are ignored", async () => {
  const { gateway, tenant } = await begin();
  tenant.start();
  assert.deepEqual(await tenant.receive({ ...gateway.message("fail", {}), claimId: new Uint8Array(16) }), []);
});

test("another device key than that of the offer ends the run", async () => {
  const { gateway, tenant } = await begin();
  const pakeB = (await gateway.answer(sent(tenant.start())))!;
  const body = JSON.parse(new TextDecoder().decode(pakeB.raw));
  const spoiled = { ...pakeB, raw: write({ ...body, device_spki_sha256: toBase64Url(new Uint8Array(32)) }) };
  assert.equal(failure(await tenant.receive(spoiled)).why.code, "pairing.binding");
});

test("a run that takes too long ends, at a time of its own for each half", async () => {
  clock = 0;
  const early = await begin();
  early.tenant.start();
  clock = 300_000;
  assert.equal(failure(early.tenant.tick()).why.code, "pairing.expired");
  clock = 0;
  const late = await untilComparison();
  late.tenant.decide(true);
  clock = 300_000;
  assert.deepEqual(late.tenant.tick(), []);
  clock = 900_000;
  assert.match(failure(late.tenant.tick()).why.message, /15 minutes/);
});

test("a claim that does not fit is refused before anything is proven", async () => {
  const gateway = await Responder.create(code.password(), "7K3M", facts);
  const other = await Responder.create(code.password(), "7K3M", facts);
  const check = (changes: Record<string, unknown>, expectation = expected) =>
    checkClaim(parseClaimReply(JSON.stringify(gateway.reply(changes))), expectation);
  await check({});
  const refused = (name: string, changes: Record<string, unknown>, expectation = expected) =>
    assert.rejects(check(changes, expectation), { code: name }, JSON.stringify(expectation));
  await refused("pairing.binding", { claim_id: toBase64Url(new Uint8Array(16)) });
  await refused("pairing.binding", { sid: toBase64Url(other.sid) });
  await refused("pairing.binding", { server_nonce: other.reply()["server_nonce"] });
  await refused("pairing.binding", { offer_raw: other.reply()["offer_raw"] });
  await refused("pairing.root", { cp_root_der: toBase64Url(fromText("no certificate")) });
  await refused("pairing.binding", {}, { ...expected, nameplate: "7K3N" });
  await refused("pairing.binding", {}, { ...expected, tenantId: facts.tenantId.slice(0, -1) + "0" });
  await refused("pairing.binding", {}, { ...expected, origin: "https://portal.example.org" });
});

test("an offer whose gateway id is not of its device key is refused", async () => {
  const gateway = await Responder.create(code.password(), "7K3M", facts);
  const offer = JSON.parse(new TextDecoder().decode(fromBase64Url(gateway.reply()["offer_raw"] as string)));
  offer.gateway_id = "gw_00000000000000000000000000";
  const reply = gateway.reply({ offer_raw: toBase64Url(fromText(JSON.stringify(offer))) });
  await assert.rejects(checkClaim(parseClaimReply(JSON.stringify(reply)), expected), { code: "pairing.binding" });
});

test("messages that are not of the protocol are refused", () => {
  for (const text of [
    "",
    "[]",
    "{}",
    '{"v":2,"events":[]}',
    '{"v":1,"events":[],"events":[]}',
    '{"v":1,"crit":["x"],"events":[]}',
    '{"v":1,"events":[{}]}',
    '{"v":1,"events":[]} x',
    `{"v":1,"events":[],"x":${"[".repeat(40)}${"]".repeat(40)}}`,
    `{"v":1,"events":${JSON.stringify(new Array(17).fill({}))}}`,
  ]) {
    assert.throws(() => parseEvents(text), /pairing/, text);
  }
  assert.deepEqual(parseEvents('{"v":1,"events":[],"more":{"v":1,"a":"}{"}}'), []);
});
