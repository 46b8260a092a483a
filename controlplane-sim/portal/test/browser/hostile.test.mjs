// SPDX-License-Identifier: Apache-2.0
// Whatever text the API answers with, in every member that a stranger could have a hand in: no page shows it as something
// else, runs it, or is pushed apart by it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { hiddenIn, overflow, PHONE, settled, WIDE } from "./harness.mjs";
import { pagesOf, setting } from "./setting.mjs";

const here = setting();
const EVIL = '\u202Egnp.\u0007\u001B[31m\u200B\uFEFF\u0085<img src=x onerror="globalThis.pcgOwned=1">{{7*7}}' + "W".repeat(10_000);

// What is no text: ids, times, numbers in words, what pages decide by.
const KEPT = new RegExp("^(id|.*_id|.*at|not_.*|sha256|.*_sha256|state|role|kind|severity|outcome|next_cursor|from|ingress_url|"
  + "csrf_token|key_id|public_key|signature|device_spki|step_up_until)$");

function poisoned(value, name = "") {
  if (typeof value === "string") return KEPT.test(name) ? value : `${value}${EVIL}`;
  if (Array.isArray(value)) return value.map((one) => poisoned(one, name));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([member, one]) => [member, poisoned(one, member)]));
}

/** What is wrong with what the page shows now. */
async function harm(page, where) {
  const harms = (await hiddenIn(page)).map((text) => `hidden characters: ${text}`);
  const found = await page.evaluate(() => ({
    ran: globalThis.pcgOwned !== undefined,
    made: document.querySelectorAll("img, iframe, object").length,
    longest: Math.max(...Array.from(document.querySelectorAll("main *, dialog *"), (element) =>
      Math.max(0, ...Array.from(element.childNodes, (node) => (node.nodeType === Node.TEXT_NODE ? node.data.length : 0))))),
    // Whatever ends beyond the window, innermost last.
    beyond: Array.from(document.querySelectorAll("main *")).filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
      .map((one) => one.className || one.tagName).at(-1),
  }));
  if (found.ran || found.made) harms.push("a name became markup");
  if (found.longest > 1000) harms.push(`a text of ${found.longest} characters`);
  const wider = await overflow(page);
  if (wider > 0) harms.push(`${wider} px stick out: ${found.beyond}`);
  return harms.map((one) => `${where}: ${one}`);
}

test("hostile text is shown neutral on every page, at either width", () =>
  here.signedIn(async (page, stub) => {
    stub.transform = poisoned;
    const harms = [];
    for (const path of pagesOf(stub)) {
      await page.goto(stub.url + path);
      await page.locator("h1").waitFor();
      await settled(page);
      for (const viewport of [WIDE, PHONE]) {
        await page.setViewportSize(viewport);
        harms.push(...(await harm(page, `${path} ${viewport.width}`)));
      }
    }
    assert.deepEqual(harms, []);
  }));

test("and in dialogs, plans and refusals", () =>
  here.signedIn(async (page, stub) => {
    const gateway = `/gateways/${stub.data.gateways[0].id}`;
    const harms = [];
    stub.transform = poisoned;
    for (const [path, button] of [
      [gateway, "Rename"],
      [gateway, "Release"],
      [`${gateway}/endpoints/ep_vc2`, "Remove"],
      [`${gateway}/endpoints/ep_vc2`, "Approve this certificate"],
      ["/deployments/dp_prod", "Delete"],
      ["/users", /^Role of/],
      ["/users", /^Delete/],
      ["/tokens", /^Revoke/],
    ]) {
      await page.goto(stub.url + path);
      await page.getByRole("button", { name: button }).first().click();
      await page.getByRole("dialog").waitFor();
      harms.push(...(await harm(page, `${path} ${button}`)));
    }
    await page.goto(`${stub.url}/deployments/new`);
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("blue");
    await page.getByLabel("Gateway").selectOption({ index: 1 });
    await page.getByLabel("Endpoint").selectOption({ index: 1 });
    await page.getByLabel("Template").fill("t");
    await page.getByRole("button", { name: "Preview the plan" }).click();
    await page.getByRole("table", { name: "Planned machines" }).waitFor();
    harms.push(...(await harm(page, "plan")));
    stub.failing.set("/api/v1/deployments/plan", 503);
    await page.getByRole("button", { name: "Preview the plan" }).click();
    await page.getByText(/^danger: The storage is busy/).waitFor();
    harms.push(...(await harm(page, "refusal")));
    assert.deepEqual(harms, []);
  }));

test("an address that is no id asks the API for nothing", () =>
  here.signedIn(async (page, stub) => {
    const before = stub.received.length;
    await page.evaluate(() => {
      const link = document.createElement("a");
      link.href = "/gateways/..%2Ftokens";
      document.querySelector("main").append(link);
      link.click();
    });
    await page.getByText("There is nothing at this address").waitFor();
    const asked = stub.received.slice(before).map((one) => one.path).filter((path) => path.startsWith("/api/v1/"));
    assert.deepEqual(asked.filter((path) => !/\/(session|events)$/.test(path)), []);
  }));
