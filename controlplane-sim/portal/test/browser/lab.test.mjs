// SPDX-License-Identifier: Apache-2.0
// Pairing in the browser with a real gateway through a real control plane.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { mistyped, withWrongSecret } from "./codes.mjs";
import { Lab } from "./lab.mjs";

let lab;
before(async () => {
  lab = await Lab.start();
});
after(() => lab?.stop());

/** Runs `body` with a tenant, a gateway that shows a code, and the page to pair on. */
function pairing(name, body) {
  return async () => {
    const { tenant, code } = await lab.tenantWithGateway(name);
    const { context, page, faults } = await lab.portal(tenant, "/pair");
    try {
      await body({ page, code, name, tenant });
      assert.deepEqual(faults, []);
    } finally {
      await context.close();
    }
  };
}

async function type(page, code) {
  await page.getByLabel("Pairing code").fill(code);
  await page.getByRole("button", { name: "Pair", exact: true }).click();
}

async function compare(page, name) {
  const shown = await page.getByLabel("Comparison number").textContent();
  const asked = await lab.tell("asked", { name });
  return { ours: shown.replace(/\D/g, ""), theirs: asked.sas, tenantName: asked.tenant_name };
}

async function sayItMatches(page) {
  await page.getByLabel("The console names the tenant").check();
  await page.getByRole("button", { name: "It matches" }).click();
  await page.getByText("Waiting for the answer at the gateway's console").waitFor();
}

async function pairWell(page, name, code) {
  await type(page, code);
  const { ours, theirs } = await compare(page, name);
  assert.equal(ours, theirs);
  await sayItMatches(page);
  await lab.tell("accept", { name });
  await page.getByText("The gateway is online").waitFor();
}

test("the right code: the same number on both sides, the tenant's name on the console, and the gateway comes online",
  pairing("right", async ({ page, code, name, tenant }) => {
    await type(page, code);
    const { ours, theirs, tenantName } = await compare(page, name);
    assert.match(ours, /^\d{6}$/);
    assert.equal(ours, theirs);
    assert.equal(tenantName, tenant.name);
    await sayItMatches(page);
    await lab.tell("accept", { name });
    await page.getByText("The gateway is online").waitFor();
  }));

test("a mistyped code costs nothing: the console shows the same code, and it works",
  pairing("typo", async ({ page, code, name }) => {
    await page.getByLabel("Pairing code").fill(mistyped(code));
    await page.getByText("The code is mistyped").waitFor();
    assert.equal((await lab.tell("code", { name })).code, code);
    await pairWell(page, name, code);
  }));

test("three wrong secrets burn the code; the new one on the console works",
  pairing("guess", async ({ page, code, name }) => {
    for (const [step, left] of [[1, "2 of 3"], [2, "1 of 3"], [3, "This code is void"]]) {
      await type(page, withWrongSecret(code, step));
      await page.getByText("The code is not the gateway's.").filter({ hasText: left }).waitFor();
    }
    const fresh = await lab.tell("code", { name, other_than: code });
    await pairWell(page, name, fresh.code);
  }));

test("a code that another tenant is using is as good as unknown",
  pairing("taken", async ({ page, code, name }) => {
    await type(page, code);
    await page.getByLabel("Comparison number").waitFor();
    const other = await lab.tell("tenant", { name: "latecomer" });
    const second = await lab.portal(other, "/pair");
    await type(second.page, code);
    await second.page.getByText("No gateway can be paired with this code now").waitFor();
    await second.context.close();
    await sayItMatches(page);
    await lab.tell("accept", { name });
    await page.getByText("The gateway is online").waitFor();
  }));

test("a tenant that the console refuses is told so, and may try the next code",
  pairing("refused", async ({ page, code, name }) => {
    await type(page, code);
    await compare(page, name);
    await sayItMatches(page);
    await lab.tell("reject", { name });
    await page.getByText("The gateway's console refused this tenant.").waitFor();
    const fresh = await lab.tell("code", { name, other_than: code });
    await pairWell(page, name, fresh.code);
  }));

test("'it differs' ends it on the console as well",
  pairing("differs", async ({ page, code, name }) => {
    await type(page, code);
    await compare(page, name);
    await page.getByRole("button", { name: "It differs" }).click();
    await page.getByText("You said that the console shows something else").waitFor();
    await lab.tell("code", { name, other_than: code });
  }));

test("a page that is left half-way leaves nothing behind: the gateway offers itself anew",
  pairing("left", async ({ page, code, name }) => {
    await type(page, code);
    await compare(page, name);
    await page.getByRole("link", { name: "Overview" }).click();
    const fresh = await lab.tell("code", { name, other_than: code });
    await page.goBack();
    await pairWell(page, name, fresh.code);
  }));
