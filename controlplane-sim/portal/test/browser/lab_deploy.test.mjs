// SPDX-License-Identifier: Apache-2.0
// Machines of a cluster, deployed from the portal at a vCenter simulator that only the gateway reaches.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { faultsInBothThemes, rowsOf } from "./harness.mjs";
import { Lab } from "./lab.mjs";

const PATIENCE = { timeout: 120_000 };

/** From now on, every state that a machine is shown in. */
function watchStates(page) {
  return page.evaluate(() => {
    globalThis.pcgSeen = new Set();
    const look = () => {
      for (const cell of document.querySelectorAll('td[data-label="State"]')) globalThis.pcgSeen.add(cell.textContent);
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}

/** The machines that the page lists are those that the API has, in the same states. */
async function compareMachines(page, tenant, id) {
  const { machines } = await lab.api(tenant, `/api/v1/deployments/${id}`);
  const shown = (await rowsOf(page, "Machines")).map((row) => [row.Machine, row.Role, row.State, row.Addresses]);
  assert.deepEqual(shown, machines.map((one) => [one.name, one.role, one.state, one.addresses.join(", ")]));
}

let lab;
before(async () => {
  lab = await Lab.start();
});
after(() => lab?.stop());

test("give the orchestrator a key, look around, deploy, watch it, scale, delete", async () => {
  const { tenant, code } = await lab.tenantWithGateway("dc1");
  // Slow enough for a person, and for this test, to see what goes on.
  await lab.tell("start_vcenter", { name: "vc1", arguments: ["-template", "debian-12", "-delay", "100"] });
  const { context, page, faults } = await lab.portal(tenant, "/pair");
  const gateway = await lab.pair(page, tenant, "dc1", code);
  const made = await lab.tell("add_endpoint", {
    tenant: tenant.name, gateway_name: "dc1", gateway_id: gateway, name: "vc1", role: "deploy",
  });
  const endpoint = `${lab.controlplane.url}/gateways/${gateway}/endpoints/${made.id}`;

  await page.goto(endpoint);
  await page.getByRole("button", { name: "Give it a key" }).click();
  await page.getByLabel("User name").fill(made.username);
  await page.getByLabel("Password").fill(made.password);
  await page.getByRole("dialog").getByRole("button", { name: "Give it the key" }).click();
  await page.getByText("It signs in with the access key").waitFor();

  await page.getByRole("link", { name: "Browse" }).click();
  await page.getByRole("button", { name: "templates" }).click();
  await page.getByRole("cell", { name: "debian-12", exact: true }).waitFor();

  await page.goto(`${lab.controlplane.url}/deployments/new`);
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("blue");
  await page.getByLabel("Endpoint").selectOption({ label: "vc1" });
  await page.getByLabel("Template").fill("DC0/vm/no-such-template");
  await page.getByRole("button", { name: "Preview the plan" }).click();
  await page.locator('[name="template"][aria-invalid="true"]').waitFor();
  await page.getByLabel("Template").fill("DC0/vm/debian-12");
  await page.getByRole("button", { name: "Preview the plan" }).click();
  await page.getByRole("cell", { name: "blue-cp-1" }).waitFor();
  await watchStates(page);
  await page.getByRole("button", { name: "Deploy", exact: true }).click();
  await page.getByText("Machines ready: 2 of 2").waitFor(PATIENCE);
  const seen = await page.evaluate(() => Array.from(globalThis.pcgSeen));
  assert.ok(seen.some((state) => /cloning|customising|powering on|waiting for address/.test(state)), `only ${seen.join()} was seen`);
  const id = new URL(page.url()).pathname.split("/").at(-1);
  await compareMachines(page, tenant, id);
  assert.deepEqual(await faultsInBothThemes(page), []);

  await page.getByRole("button", { name: "Scale" }).click();
  await page.getByLabel("Workers").fill("2");
  await page.getByRole("dialog").getByRole("button", { name: "Scale" }).click();
  await page.getByText("Machines ready: 3 of 3").waitFor(PATIENCE);
  await compareMachines(page, tenant, id);

  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete the deployment" }).click();
  await page.getByText("It is not here").waitFor(PATIENCE);
  assert.deepEqual((await lab.api(tenant, "/api/v1/deployments")).items, []);
  await page.getByRole("link", { name: "Deployments", exact: true }).first().click();
  await page.getByText("No deployment yet").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});
