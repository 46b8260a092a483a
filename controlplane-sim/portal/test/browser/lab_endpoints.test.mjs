// SPDX-License-Identifier: Apache-2.0
// A tenant's first hour with a real vCenter simulator: pair, add it, approve its certificate, make an access key, and
// find the certificate changed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Lab } from "./lab.mjs";

let lab;
before(async () => {
  lab = await Lab.start();
});
after(() => lab?.stop());

async function shownFingerprint(page) {
  const heading = page.getByRole("heading", { name: /^Shown/ }).locator("xpath=..");
  return (await heading.locator("dd").first().textContent()).replace(/\s/g, "").toLowerCase();
}

test("from the code to an access key, and over a changed certificate", async () => {
  const { tenant, code } = await lab.tenantWithGateway("dc1");
  const vcenter = await lab.tell("start_vcenter", { name: "vc1" });
  const { context, page, faults } = await lab.portal(tenant, "/pair");
  await lab.pair(page, tenant, "dc1", code);

  await page.getByRole("link", { name: "Add an endpoint" }).click();
  await page.getByText("Sealed in this browser, for this gateway only").waitFor();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("VC1");
  await page.getByLabel("Address").fill(`${vcenter.url}/ui/`);
  await page.getByLabel("User name").fill(vcenter.username);
  await page.getByLabel("Password").fill(vcenter.password);
  await page.getByRole("button", { name: "Add the endpoint" }).click();

  await page.getByRole("heading", { name: "Shown, not trusted yet" }).waitFor();
  const real = await lab.tell("certificate_of", { name: "vc1" });
  assert.equal(await shownFingerprint(page), real.sha256);
  await page.getByRole("button", { name: "Approve this certificate" }).click();
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await page.getByRole("heading", { name: "Trusted", exact: true }).waitFor();

  await page.getByRole("button", { name: "Add an access key" }).click();
  await page.getByLabel("Label").fill("terraform");
  await page.getByRole("button", { name: "Add the key" }).click();
  assert.match(await page.getByLabel("User name", { exact: true }).inputValue(), /^ak_/);
  await page.getByRole("button", { name: "I have kept it" }).click();
  await page.getByRole("cell", { name: "terraform", exact: true }).waitFor();

  const changeTo = async (address, password) => {
    await page.getByLabel("Address").fill(address);
    await page.getByLabel("User name").fill(vcenter.username);
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Change the credentials" }).click();
  };
  await page.getByRole("link", { name: "Change credentials" }).click();
  await page.getByText("Sealed in this browser, for this gateway only").waitFor();
  await changeTo("vcenter.elsewhere.example", vcenter.password);
  await page.getByText("the credentials were sealed for another address").waitFor();
  await changeTo(vcenter.url, "not-the-password-9c1d");
  await page.getByText("credentials refused").waitFor();
  await page.getByRole("link", { name: "Change credentials" }).click();
  await changeTo(vcenter.url, vcenter.password);
  await page.getByText("OK", { exact: true }).waitFor();

  await lab.tell("change_certificate", { name: "vc1" });
  await page.getByRole("button", { name: "Check now" }).click();
  await page.getByRole("heading", { name: "Trusted until now" }).waitFor();
  const changed = await lab.tell("certificate_of", { name: "vc1" });
  assert.notEqual(changed.sha256, real.sha256);
  assert.equal(await shownFingerprint(page), changed.sha256);
  await page.getByRole("button", { name: "Approve this certificate" }).click();
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await page.getByRole("heading", { name: "Trusted", exact: true }).waitFor();

  const { text } = await lab.tell("logs");
  assert.ok(text.includes("gw_"), "the control plane's files are not there"); // names are sealed, ids are not
  for (const password of [vcenter.password, "not-the-password-9c1d"]) {
    assert.ok(!text.includes(password), "the control plane has read the vCenter's password");
  }
  assert.deepEqual(faults, []);
  await context.close();
});
