// SPDX-License-Identifier: Apache-2.0
// Signing in, and pairing in the browser with a real gateway through a real control plane. At the end, everything that
// the browser wrote to its connections in all these tests is searched for the codes that were typed.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { mistyped, withWrongSecret } from "./codes.mjs";
import { openPage } from "./harness.mjs";
import { Lab } from "./lab.mjs";
import { formsOf, sentBytes } from "./recorded.mjs";

const NET_LOG = join(process.env.PCG_WORK, "lab-netlog.json");
const submitted = [];

let lab;
before(async () => {
  rmSync(NET_LOG, { force: true });
  lab = await Lab.start({ netLog: NET_LOG });
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

/** The password is asked for once more before the first run of a session. */
async function type(page, code, password) {
  submitted.push(code);
  await page.getByLabel("Pairing code").fill(code);
  await page.getByRole("button", { name: "Pair", exact: true }).click();
  if (!password) return;
  await page.getByLabel("Your password").fill(password);
  await page.getByRole("button", { name: "Confirm" }).click();
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

async function pairWell(page, name, code, password) {
  await type(page, code, password);
  const { ours, theirs } = await compare(page, name);
  assert.equal(ours, theirs);
  await sayItMatches(page);
  await lab.tell("accept", { name });
  await page.getByText("The gateway is online").waitFor();
}

test("the right code: the same number on both sides, the tenant's name on the console, and the gateway comes online",
  pairing("right", async ({ page, code, name, tenant }) => {
    await type(page, code, tenant.password);
    const { ours, theirs, tenantName } = await compare(page, name);
    assert.match(ours, /^\d{6}$/);
    assert.equal(ours, theirs);
    assert.equal(tenantName, tenant.name);
    await sayItMatches(page);
    await lab.tell("accept", { name });
    await page.getByText("The gateway is online").waitFor();
  }));

test("a mistyped code costs nothing: the console shows the same code, and it works",
  pairing("typo", async ({ page, code, name, tenant }) => {
    await page.getByLabel("Pairing code").fill(mistyped(code));
    await page.getByText("The code is mistyped").waitFor();
    assert.equal((await lab.tell("code", { name })).code, code);
    await pairWell(page, name, code, tenant.password);
  }));

test("three wrong secrets burn the code; the new one on the console works",
  pairing("guess", async ({ page, code, name, tenant }) => {
    for (const [step, left] of [[1, "2 of 3"], [2, "1 of 3"], [3, "This code is void"]]) {
      await type(page, withWrongSecret(code, step), step === 1 && tenant.password);
      await page.getByText("The code is not the gateway's.").filter({ hasText: left }).waitFor();
    }
    const fresh = await lab.tell("code", { name, other_than: code });
    await pairWell(page, name, fresh.code);
  }));

test("a code that another tenant is using is as good as unknown",
  pairing("taken", async ({ page, code, name, tenant }) => {
    await type(page, code, tenant.password);
    await page.getByLabel("Comparison number").waitFor();
    const other = await lab.tell("tenant", { name: "latecomer" });
    const second = await lab.portal(other, "/pair");
    await type(second.page, code, other.password);
    await second.page.getByText("No gateway can be paired with this code now").waitFor();
    await second.context.close();
    await sayItMatches(page);
    await lab.tell("accept", { name });
    await page.getByText("The gateway is online").waitFor();
  }));

test("a tenant that the console refuses is told so, and may try the next code",
  pairing("refused", async ({ page, code, name, tenant }) => {
    await type(page, code, tenant.password);
    await compare(page, name);
    await sayItMatches(page);
    await lab.tell("reject", { name });
    await page.getByText("The gateway's console refused this tenant.").waitFor();
    const fresh = await lab.tell("code", { name, other_than: code });
    await pairWell(page, name, fresh.code);
  }));

test("'it differs' ends it on the console as well",
  pairing("differs", async ({ page, code, name, tenant }) => {
    await type(page, code, tenant.password);
    await compare(page, name);
    await page.getByRole("button", { name: "It differs" }).click();
    await page.getByText("You said that the console shows something else").waitFor();
    await lab.tell("code", { name, other_than: code });
  }));

test("a browser that is closed half-way leaves nothing behind: the gateway offers itself anew",
  pairing("closed", async ({ page, code, name, tenant }) => {
    await type(page, code, tenant.password);
    await compare(page, name);
    await page.goto("about:blank");
    const fresh = await lab.tell("code", { name, other_than: code });
    const again = await lab.portal(tenant, "/pair");
    await pairWell(again.page, name, fresh.code, tenant.password);
    await again.context.close();
  }));

test("whoever guesses passwords is slowed down, and the owner gets in after the wait", async () => {
  const tenant = await lab.tell("tenant", { name: "guessed" });
  const { context, page, faults } = await openPage(lab.browser);
  await page.goto(lab.controlplane.url);
  const attempt = async (password) => {
    await page.getByLabel("Tenant").fill(tenant.name);
    await page.getByLabel("User name").fill(tenant.username);
    await page.getByLabel("Password").fill(password);
    const answered = page.waitForResponse((response) => response.url().endsWith("/api/v1/session"));
    await page.getByRole("button", { name: "Sign in" }).click();
    return (await answered).status();
  };
  const statuses = [];
  while (!statuses.includes(429) && statuses.length < 12) statuses.push(await attempt("wrong"));
  assert.equal(statuses.at(-1), 429, statuses.join());
  await page.getByText(/The next one is possible in \d+ s/).waitFor();
  await page.getByText(/The next one is possible in/).waitFor({ state: "detached", timeout: 70_000 });
  assert.equal(await attempt(tenant.password), 200);
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("pages come with a policy that allows this origin and nothing inline", async () => {
  const { context, page } = await openPage(lab.browser);
  const response = await page.goto(`${lab.controlplane.url}/gateways`);
  const policy = (await response.allHeaders())["content-security-policy"];
  for (const part of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "require-trusted-types-for 'script'"]) {
    assert.ok(policy.includes(part), policy);
  }
  assert.doesNotMatch(policy, /unsafe|https?:|\*|data:/);
  await context.close();
});

test("nothing that was typed here as a code has left the browser", async () => {
  await lab.browser.close(); // completes the log
  const sent = sentBytes(NET_LOG);
  assert.ok(submitted.length >= 10 && sent.events > 50, `${submitted.length} codes, ${sent.events} writes`);
  for (const code of submitted) {
    assert.ok(sent.text.includes(`"nameplate":"${code.slice(0, 4)}"`), "the nameplate is not there: nothing is recorded");
    assert.deepEqual(formsOf(code).filter((form) => sent.text.includes(form) || sent.log.includes(form)), []);
  }
});
