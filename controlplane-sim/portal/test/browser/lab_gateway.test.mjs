// SPDX-License-Identifier: Apache-2.0
// What the portal shows of a gateway, beside what the API says of it: health, timeline, traffic, inventory; and what
// happens to it meanwhile, as it happens.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { faultsInBothThemes, hiddenIn, rowsOf, settled, focusOf } from "./harness.mjs";
import { Lab } from "./lab.mjs";

// A name that the vCenter lets its users give, and that would be shown as another.
const HOSTILE = "debian\u202E21\u200B<img src=x onerror=globalThis.pcgOwned=1>";

let lab, tenant, gateway, endpoint, opened;
before(async () => {
  lab = await Lab.start();
  ({ tenant, gateway, endpoint } = await lab.tenantAtWork("Tenant A", { templates: ["debian-12", HOSTILE] }));
  await lab.tell("calls", { endpoint });
  opened = await lab.portal(tenant);
});
after(() => lab?.stop());

const api = (path) => lab.api(tenant, `/api/v1${path}`);
const gatewayPath = () => `/gateways/${gateway}`;

/** Runs `body` on that page of the portal; nothing may have been blocked or thrown by the end. */
async function onPage(path, body) {
  const { page, faults } = opened;
  await page.goto(lab.controlplane.url + path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await settled(page);
  await body(page);
  assert.deepEqual(faults, []);
}

test("the list names each gateway with its state, and is searched", () =>
  onPage("/gateways", async (page) => {
    const { items: [one] } = await api("/gateways");
    const [row] = await rowsOf(page, "gateways");
    assert.deepEqual([row.Name, row.State, row.Version], [one.name, "online", one.version]);
    assert.match(row["Round trip"], /^\d+(\.\d)? ms$/);
    assert.deepEqual(await faultsInBothThemes(page), []);
    await page.getByLabel("Name").fill("no such name");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByText("No gateway fits").waitFor();
    await page.getByLabel("Name").fill("DC");
    await page.getByLabel("State").selectOption("online");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByRole("link", { name: one.name }).waitFor();
  }));

test("health by layer, endpoints, link and timeline are the API's", () =>
  onPage(gatewayPath(), async (page) => {
    const [one, { items: entries }] = [await api(gatewayPath()), await api(`${gatewayPath()}/timeline`)];
    const shown = await rowsOf(page, "Health by layer");
    assert.deepEqual(shown.map((row) => [row.Layer, row.State.toLowerCase()]), one.layers.map((layer) => [layer.name, layer.state]));
    const identity = one.layers.findIndex((layer) => layer.name === "identity");
    assert.equal(shown[identity].Detail, one.layers[identity].text);
    const [listed] = await rowsOf(page, "endpoints");
    assert.deepEqual([listed.Name, listed.Kind, listed.State], ["vc1", "vcenter", "OK"]);
    await page.getByText(one.link.path, { exact: true }).waitFor();
    const steps = page.getByRole("list", { name: "Timeline" }).getByRole("listitem");
    assert.ok(entries.length >= 3, "paired, started, online, and the endpoint");
    assert.equal(await steps.count(), entries.length);
    for (const [index, entry] of entries.entries()) {
      const text = await steps.nth(index).textContent();
      assert.ok(text.includes(entry.text) && text.includes(entry.cause), `${text}: ${JSON.stringify(entry)}`);
    }
    assert.deepEqual(await faultsInBothThemes(page), []);
  }));

test("the charts show the calls that were made, and those that are made meanwhile", () =>
  onPage(gatewayPath(), async (page) => {
    const { series: [series] } = await api(`${gatewayPath()}/metrics?range=1h`);
    const calls = series.calls.reduce((sum, value) => sum + value, 0);
    assert.ok(calls > 5, `${calls} calls`);
    const chart = page.getByRole("img", { name: /^Calls:/ });
    await page.getByText(`${calls} calls in all`).waitFor();
    assert.match(await chart.getAttribute("aria-label"), new RegExp(`highest ${Math.max(...series.calls)}\\b`));
    await page.getByText("Live", { exact: true }).waitFor();
    await lab.tell("calls", { endpoint });
    await page.getByText(`${calls} calls in all`).waitFor({ state: "detached" });
    const now = (await api(`${gatewayPath()}/metrics?range=1h`)).series[0].calls.reduce((sum, value) => sum + value, 0);
    await page.getByText(`${now} calls in all`).waitFor();
    await page.getByRole("button", { name: "24 hours" }).click();
    await page.getByText(`${now} calls in all`).waitFor();
  }));

test("a gateway that is lost and comes back is seen without a reload, as the control plane tells it", () =>
  onPage(gatewayPath(), async (page) => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Network.enable");
    const told = [];
    devtools.on("Network.eventSourceMessageReceived", (event) => told.push(`${event.eventName} ${event.data}`));
    await page.getByText("Live", { exact: true }).waitFor();
    await page.evaluate(() => (globalThis.pcgSamePage = true));
    await lab.tell("stop_gateway", { name: "dc1" });
    const alert = page.getByText("warning: The gateway is offline", { exact: true });
    await alert.waitFor({ timeout: 40_000 });
    const lost = await api(gatewayPath());
    assert.equal(lost.state, "offline");
    await page.getByText(lost.why).first().waitFor(); // why, in a sentence
    const health = await rowsOf(page, "Health by layer");
    assert.deepEqual(health.slice(0, 2).map((row) => row.State), ["unknown", "failed"]);
    await lab.tell("restart_gateway", { name: "dc1" });
    await alert.waitFor({ state: "detached", timeout: 40_000 });
    await page.getByText("The gateway is offline.").first().waitFor(); // in the timeline
    assert.ok(await page.evaluate(() => globalThis.pcgSamePage), "the page was loaded anew");
    assert.ok(told.filter((one) => one === `gateway {"id":"${gateway}"}`).length >= 2, told.join("\n"));
  }));

test("the inventory browser lists what the vCenter has, of every kind", () =>
  onPage(`${gatewayPath()}/endpoints/${endpoint.id}/inventory`, async (page) => {
    const path = `${gatewayPath()}/endpoints/${endpoint.id}/inventory`;
    for (const kind of ["datacenters", "clusters", "hosts", "datastores", "networks", "folders", "templates", "vms"]) {
      const { items } = await api(`${path}?kind=${kind}`);
      assert.ok(items.length > 0, `no ${kind} at all`);
      await page.getByRole("button", { name: kind, exact: true }).click();
      await page.getByRole("table", { name: kind }).waitFor();
      const rows = await rowsOf(page, kind);
      const known = kind === "templates" ? items.filter((item) => item.name === "debian-12") : items;
      const listed = rows.filter((row) => known.length === items.length || row.Name === "debian-12");
      assert.deepEqual(listed.map((row) => [row.Name, row.Path, row.Id]), known.map((item) => [item.name, item.path, item.id]));
    }
    assert.deepEqual(await faultsInBothThemes(page), []);
  }));

test("the overview, an endpoint and the form for machines are accessible with real data, too", async () => {
  for (const path of ["/", `${gatewayPath()}/endpoints/${endpoint.id}`, "/deployments/new"]) {
    await onPage(path, async (page) => assert.deepEqual(await faultsInBothThemes(page), [], path));
  }
});

test("a name that the vCenter was given to fool its readers is shown for what it is, and makes nothing happen", () =>
  onPage(`${gatewayPath()}/endpoints/${endpoint.id}/inventory`, async (page) => {
    const { items } = await api(`${gatewayPath()}/endpoints/${endpoint.id}/inventory?kind=templates`);
    assert.ok(items.some((item) => item.name.includes("\u202E")), "the server lets it through: what is tested is the page");
    await page.getByRole("button", { name: "templates" }).click();
    await page.getByText("debian21<img src=x onerror=globalThis.pcgOwned=1>", { exact: true }).waitFor();
    assert.deepEqual(await hiddenIn(page), []);
    assert.equal(await page.evaluate(() => globalThis.pcgOwned), undefined);
  }));

test("such names, and far too long ones, are refused for what is named here, at the field", () =>
  onPage(gatewayPath(), async (page) => {
    await page.getByRole("button", { name: "Rename" }).click();
    for (const name of ["dc\u202E1", "x".repeat(10_000)]) {
      await page.getByRole("dialog").getByLabel("Name").fill(name);
      await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
      await page.locator('dialog [name="name"][aria-invalid="true"]').waitFor();
    }
    await page.keyboard.press("Escape");
    assert.equal((await api(gatewayPath())).name, "dc1");
  }));

/** Presses Tab until `name` has the focus, and Enter there; every stop on the way must show that it has it. */
async function walkTo(page, name) {
  for (let stop = 0; stop < 40; stop++) {
    await page.keyboard.press("Tab");
    const at = await focusOf(page);
    assert.ok(at.shown, `the focus does not show on ${at.name}`);
    if (at.name === name) return page.keyboard.press("Enter");
  }
  throw new Error(`Tab does not lead to ${name}`);
}

test("from pairing to the gateways, one of them and its endpoint, with the keyboard alone", () =>
  onPage("/pair", async (page) => {
    for (const [link, heading] of [["Gateways", "Gateways"], ["dc1", "dc1"], ["vc1", "vc1"]]) {
      await walkTo(page, link);
      await page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
      await settled(page);
      assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1", "the new page is not announced");
    }
  }));
