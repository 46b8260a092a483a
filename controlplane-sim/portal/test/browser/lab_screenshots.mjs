// SPDX-License-Identifier: Apache-2.0
// The pictures of the documentation, from a lab that was just started: `./dev screenshots`.

import { join } from "node:path";
import { after, before, test } from "node:test";

import { openPage, settled, still } from "./harness.mjs";
import { Lab } from "./lab.mjs";

const PATIENCE = { timeout: 120_000 };

let lab, tenant, gateway, endpoint, changed, signedIn;
before(async () => {
  lab = await Lab.start();
  ({ tenant, gateway, endpoint } = await lab.tenantAtWork("Tenant A", { templates: ["debian-12"], delayMs: 10 }));
  for (let round = 0; round < 3; round++) await lab.tell("calls", { endpoint });
  await lab.tell("start_vcenter", { name: "vc2" });
  const place = { tenant: tenant.name, gateway_name: "dc1", gateway_id: gateway };
  changed = await lab.tell("add_endpoint", { ...place, name: "vc2", role: "inventory" });
  await lab.tell("change_certificate", { name: "vc2" });
  await lab.api(tenant, `/api/v1/gateways/${gateway}/endpoints/${changed.id}/check`, { method: "POST", body: {} });
  await lab.tell("add_gateway", { name: "dc2", tenant: tenant.name });
  await lab.tell("stop_gateway", { name: "dc2" });
  const { context } = await lab.portal(tenant);
  signedIn = await context.cookies();
  await lab.until(tenant, "/api/v1/gateways?state=offline", ({ items }) => items.length === 1);
});
after(() => lab?.stop());

async function picture(name, path, options, until = async () => {}) {
  const { context, page } = await openPage(lab.browser, options);
  await context.addCookies(signedIn);
  await page.goto(lab.controlplane.url + path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await until(page);
  await settled(page);
  await page.getByText("Live", { exact: true }).waitFor({ state: "attached" });
  await still(page);
  await page.screenshot({ path: join(process.env.PCG_IMAGES, `portal-${name}.png`), animations: "disabled" });
  await context.close();
}

const wide = (height) => ({ viewport: { width: 1280, height } });

test("a deployment's progress", () =>
  picture("deployment", "/deployments/new", wide(980), async (page) => {
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("blue");
    await page.getByLabel("Gateway").selectOption({ label: "dc1" });
    await page.getByLabel("Endpoint").selectOption({ label: "vc1" });
    await page.getByLabel("Control-plane machines").selectOption("3");
    await page.getByLabel("Workers").fill("6");
    await page.getByLabel("Template").fill("DC0/vm/debian-12");
    await page.getByLabel("CPUs").fill("4");
    await page.getByLabel("Memory (MiB)").fill("8192");
    await page.getByRole("button", { name: "Preview the plan" }).click();
    await page.getByRole("button", { name: "Deploy", exact: true }).click();
    await page.getByText(/Machines ready: [1-8] of 9/).waitFor(PATIENCE);
  }));

test("the overview", () => picture("overview", "/", wide(860)));
test("a gateway", () => picture("gateway", `/gateways/${gateway}`, wide(1500)));
test("a gateway, on a phone", () =>
  picture("phone", `/gateways/${gateway}`, { viewport: { width: 390, height: 844 }, dark: true }));
test("a changed certificate", () =>
  picture("certificate", `/gateways/${gateway}/endpoints/${changed.id}`, { ...wide(960), dark: true }));
test("the inventory", () => picture("inventory", `/gateways/${gateway}/endpoints/${endpoint.id}/inventory`, wide(620), (page) =>
  page.getByRole("button", { name: "templates" }).click()));
test("the audit", () => picture("audit", "/audit", wide(900)));

test("pairing: the comparison number", async () => {
  await lab.tell("start_gateway", { name: "dc3", tenant: tenant.name });
  const { code } = await lab.tell("code", { name: "dc3" });
  await picture("pair", "/pair", wide(1000), async (page) => {
    await page.getByLabel("Pairing code").fill(code);
    await page.getByRole("button", { name: "Pair", exact: true }).click();
    await page.getByLabel("Your password").fill(tenant.password);
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByLabel("The console names the tenant").check();
  });
});
