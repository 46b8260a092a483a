// SPDX-License-Identifier: Apache-2.0
// usage: PCG_IMAGES=docs/images node test/run_browser.mjs BUILD_DIR PORTAL_DIR screenshots.mjs
// The pictures of the documentation, from the stub's data.

import { join } from "node:path";
import { test } from "node:test";

import { withCheck } from "./codes.mjs";
import { settled, still } from "./harness.mjs";
import { PASSWORD } from "../stub/server.mjs";
import { setting } from "./setting.mjs";

const CODE = withCheck("7K3MH2TDX4W");
const here = setting();
const wide = (height) => ({ width: 1280, height });

async function picture(page, name) {
  await settled(page);
  await still(page);
  await page.screenshot({ path: join(process.env.PCG_IMAGES, `portal-${name}.png`), animations: "disabled" });
}

function pictureOf(name, path, options) {
  test(name, () =>
    here.signedIn(async (page, stub) => {
      await page.goto(stub.url + path(stub.data.gateways[0].id));
      await page.locator("h1").waitFor();
      await picture(page, name);
    }, options));
}

pictureOf("overview", () => "/", { viewport: wide(760) });
pictureOf("gateway", (id) => `/gateways/${id}`, { viewport: wide(1180) });
pictureOf("certificate", (id) => `/gateways/${id}/endpoints/ep_vc2`, { viewport: wide(960), dark: true });
pictureOf("deployment", () => "/deployments/dp_prod", { viewport: wide(860) });
pictureOf("phone", (id) => `/gateways/${id}`, { viewport: { width: 390, height: 844 }, dark: true });

test("pair", () =>
  here.signedIn(async (page, stub) => {
    stub.pairing.offer(CODE);
    await page.goto(`${stub.url}/pair`);
    await page.getByLabel("Pairing code").fill(CODE);
    await page.getByRole("button", { name: "Pair", exact: true }).click();
    await page.getByLabel("Your password").fill(PASSWORD);
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByLabel("The console names the tenant").check();
    await picture(page, "pair");
  }, { viewport: wide(1000) }));
