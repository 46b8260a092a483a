// SPDX-License-Identifier: Apache-2.0
// A MAAS in the portal: what it has, machines of it deployed, watched and scaled, and a deletion that is given up because
// the gateway does not come back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { faultsInBothThemes, rowsOf } from "./harness.mjs";
import { Lab } from "./lab.mjs";

const PATIENCE = { timeout: 120_000 };

let lab, tenant, gateway, endpoint;
before(async () => {
  lab = await Lab.start();
  tenant = await lab.tell("tenant", { name: "metal" });
  gateway = (await lab.tell("add_gateway", { name: "dc1", tenant: tenant.name })).id;
  await lab.tell("start_maas", { name: "maas1", arguments: ["--machines", "8", "--time-scale", "0.01"] });
  endpoint = await lab.tell("add_maas_endpoint", {
    tenant: tenant.name, gateway_name: "dc1", gateway_id: gateway, name: "maas1", role: "deploy",
  });
});
after(() => lab?.stop());

test("every list of the MAAS is the one that the API has", async () => {
  const here = `/gateways/${gateway}/endpoints/${endpoint.id}/inventory`;
  const { context, page, faults } = await lab.portal(tenant, here);
  for (const kind of ["machines", "pools", "zones", "tags", "images", "fabrics", "subnets"]) {
    await page.getByRole("button", { name: kind, exact: true }).click();
    const { items } = await lab.api(tenant, `/api/v1${here}?kind=${kind}&limit=50`);
    assert.ok(items.length > 0, kind);
    for (const item of items) await page.getByRole("cell", { name: item.id, exact: true }).first().waitFor();
  }
  await page.getByRole("button", { name: "machines", exact: true }).click();
  await page.getByRole("row").filter({ hasText: "node-3.maas" }).getByText("status: Ready, power: off, cpu: 16").waitFor();
  assert.deepEqual(await faultsInBothThemes(page), []);
  assert.deepEqual(faults, []);
  await context.close();
});

test("machines are installed, scaled, and a deletion that cannot end is given up", async () => {
  const { context, page, faults } = await lab.portal(tenant, "/deployments/new");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("metal");
  await page.getByLabel("Endpoint").selectOption({ label: "maas1" });
  await page.getByLabel("Image").fill("no-such-image");
  await page.getByLabel("Zone").fill("az1");
  await page.getByLabel("Tags").fill("virtual");
  await page.getByRole("button", { name: "Preview the plan" }).click();
  await page.locator('[name="image"][aria-invalid="true"]').waitFor();
  await page.getByLabel("Image").fill("jammy");
  await page.getByRole("button", { name: "Preview the plan" }).click();
  await page.getByRole("cell", { name: "metal-cp-1" }).waitFor();
  await page.locator("dd").filter({ hasText: "ubuntu/jammy" }).waitFor();
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  await page.getByText("Machines ready: 2 of 2").waitFor(PATIENCE);
  const id = new URL(page.url()).pathname.split("/").at(-1);
  const { machines } = await lab.api(tenant, `/api/v1/deployments/${id}`);
  const shown = (await rowsOf(page, "Machines")).map((row) => [row.Machine, row.State, row["Id there"], row.Addresses]);
  assert.deepEqual(shown, machines.map((one) => [one.name, one.state, one.vm, one.addresses.join(", ")]));
  assert.deepEqual(await faultsInBothThemes(page), []);

  await page.getByRole("button", { name: "Scale" }).click();
  await page.getByLabel("Workers").fill("2");
  await page.getByRole("dialog").getByRole("button", { name: "Scale" }).click();
  await page.getByText("Machines ready: 3 of 3").waitFor(PATIENCE);

  await lab.tell("stop_gateway", { name: "dc1" });
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByText("are released: the MAAS may install them for somebody else").waitFor();
  await page.getByRole("button", { name: "Delete the deployment" }).click();
  await page.getByRole("button", { name: "Give up" }).click();
  const asked = page.getByRole("dialog");
  for (const machine of machines) await asked.getByText(machine.vm).waitFor();
  assert.deepEqual(await faultsInBothThemes(page), []);
  await page.getByRole("button", { name: "Forget the deployment" }).click();
  await page.getByLabel("Your password").fill(tenant.password);
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("No deployment yet").waitFor(PATIENCE);

  const { items } = await lab.until(tenant, "/api/v1/audit?action=deployment.left_behind&limit=50", (list) => list.items.length === 3);
  for (const machine of machines) assert.ok(items.some((row) => row.detail.includes(machine.vm)), machine.vm);
  assert.deepEqual(faults, []);
  await context.close();
});
