// SPDX-License-Identifier: Apache-2.0
// Every page, light and dark, wide and narrow: no accessibility fault, nothing that sticks out.

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { accessibilityFaults, overflow, PHONE, settled, signIn, still, WIDE } from "./harness.mjs";
import { ADMIN, pagesOf, setting } from "./setting.mjs";

const BUDGET = 60 * 1024;
const here = setting();

async function faultsInAllForms(page, name) {
  const faults = [];
  for (const viewport of [WIDE, PHONE]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await still(page);
      const form = `${name} ${colorScheme} ${viewport.width}`;
      const wider = await overflow(page);
      if (wider > 0) faults.push(`${form}: ${wider} px wider than the window`);
      faults.push(...(await accessibilityFaults(page)).map((fault) => `${form}: ${fault}`));
    }
  }
  return faults;
}

test("no page has an accessibility fault or sticks out, in either theme and at either width", () =>
  here.signedIn(async (page, stub) => {
    const faults = [];
    for (const path of pagesOf(stub)) {
      await page.goto(stub.url + path);
      await page.locator("h1").waitFor();
      await settled(page);
      faults.push(...(await faultsInAllForms(page, path)));
    }
    assert.deepEqual(faults, []);
  }));

test("sign-in and dialogs have no accessibility fault", () =>
  here.fresh(async (page, stub) => {
    await page.goto(stub.url);
    await page.getByLabel("Tenant").waitFor();
    assert.deepEqual(await faultsInAllForms(page, "sign-in"), []);
    await page.setViewportSize(WIDE);
    await signIn(page, stub.url, ADMIN);
    await page.goto(`${stub.url}/users`);
    await page.getByRole("button", { name: "Add a user" }).click();
    await page.getByRole("dialog").waitFor();
    assert.deepEqual(await faultsInAllForms(page, "dialog"), []);
  }));

test("on a phone the navigation opens over the page and closes by itself", () =>
  here.signedIn(
    async (page) => {
      const closed = page.locator(".pf-v6-c-page__sidebar[inert]");
      await closed.waitFor({ state: "attached" });
      await page.getByRole("button", { name: "Navigation" }).click();
      await page.getByRole("link", { name: "Gateways", exact: true }).click();
      await page.getByRole("heading", { name: "Gateways" }).waitFor();
      await closed.waitFor({ state: "attached" });
    },
    { viewport: PHONE },
  ));

test("the first page is under 60 KiB of script and style, as it travels", () =>
  here.fresh(async (page, stub) => {
    const names = new Set();
    page.on("response", (response) => {
      const { pathname } = new URL(response.url());
      if (/\.(js|css)$/.test(pathname)) names.add(pathname);
    });
    await signIn(page, stub.url, ADMIN);
    await page.getByRole("heading", { name: "What happened last" }).waitFor();
    const sizes = Array.from(names, (name) => statSync(join(process.env.PCG_PORTAL, `${name}.gz`)).size);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(names.size >= 3 && total > 10_000, `${names.size} files of ${total} bytes cannot be all`);
    assert.ok(total < BUDGET, `${total} bytes gzipped are more than ${BUDGET}`);
  }));

test("the policy stops what a script that slipped in would try, and a test would fail by it", () =>
  here.fresh(async (page, stub, faults) => {
    await page.goto(stub.url);
    await page.getByLabel("Tenant").waitFor();
    const outcome = await page.evaluate(async () => {
      const tried = (what) => {
        try {
          what();
          return "went through";
        } catch (error) {
          return error.name;
        }
      };
      const reported = new Promise((done) => addEventListener("securitypolicyviolation", done));
      const outcomes = {
        markup: tried(() => (document.body.innerHTML = "<b>x</b>")),
        policy: tried(() => globalThis.trustedTypes.createPolicy("x", {})),
      };
      await reported;
      await globalThis.pcgViolation("reported");
      return outcomes;
    });
    assert.deepEqual(outcome, { markup: "TypeError", policy: "TypeError" });
    assert.ok(faults.some((fault) => fault.startsWith("policy: require-trusted-types-for")), faults.join());
    faults.length = 0;
  }));
