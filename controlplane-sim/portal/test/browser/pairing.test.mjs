// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";

import { PASSWORD } from "../stub/server.mjs";
import { withCheck } from "./codes.mjs";
import { setting } from "./setting.mjs";

const GOOD = withCheck("2C5HMNPQR8T");
const GUESS = withCheck("2C5HMNPQR8Z");
const here = setting();

async function typeCode(page, stub, code) {
  await page.goto(`${stub.url}/pair`);
  await page.getByLabel("Pairing code").fill(code);
}

async function startRun(page, stub, code) {
  await typeCode(page, stub, code);
  await page.getByRole("button", { name: "Pair", exact: true }).click();
  await page.getByLabel("Your password").fill(PASSWORD);
  await page.getByRole("button", { name: "Confirm" }).click();
}

async function untilNumber(page, stub) {
  stub.pairing.offer(GOOD);
  await startRun(page, stub, GOOD);
  await page.getByRole("heading", { name: "Does the gateway's console show this number?" }).waitFor();
}

async function sayItMatches(page) {
  await page.getByLabel("The console names the tenant").check();
  await page.getByRole("button", { name: "It matches" }).click();
}

test("a right code: both sides show the same number, and the page follows until the gateway is online", () =>
  here.signedIn(async (page, stub) => {
    await untilNumber(page, stub);
    const shown = await page.getByLabel("Comparison number").textContent();
    assert.equal(shown.replace(/\s/g, ""), stub.pairing.gateway.session.sas);
    assert.match(await page.locator(".pcg-console").textContent(), /Tenant:\s+Tenant A/);
    await sayItMatches(page);
    await page.getByText("Waiting for the answer at the gateway's console").waitFor();
    assert.ok(stub.pairing.approved);
    stub.pairing.accept();
    await page.getByText("The gateway is online").waitFor();
    const kept = await page.evaluate(() => Object.keys(localStorage));
    assert.deepEqual(kept.filter((key) => key.startsWith("pcg.device.")), [`pcg.device.${stub.pairing.gateway.gatewayId}`]);
  }));

test("a mistyped code is refused where it was typed, and nothing is sent", () =>
  here.signedIn(async (page, stub) => {
    stub.pairing.offer(GOOD);
    const wrong = GOOD.slice(0, -1) + (GOOD.endsWith("7") ? "8" : "7");
    await typeCode(page, stub, wrong);
    await page.getByText("The code is mistyped").waitFor();
    assert.ok(await page.getByRole("button", { name: "Pair", exact: true }).isDisabled());
    assert.deepEqual(stub.received.filter((one) => one.path.startsWith("/pair/")), []);
  }));

test("what is typed in small letters and without dashes is grouped and taken", () =>
  here.signedIn(async (page, stub) => {
    await typeCode(page, stub, GOOD.replaceAll("-", "").toLowerCase());
    assert.equal(await page.getByLabel("Pairing code").inputValue(), GOOD);
    await page.getByText("The code is complete.").waitFor();
  }));

test("a wrong secret: the gateway says so, and how many attempts are left", () =>
  here.signedIn(async (page, stub) => {
    stub.pairing.offer(GUESS, GOOD);
    await startRun(page, stub, GUESS);
    await page.getByText("The code is not the gateway's. 2 of 3 attempts are left").waitFor();
    assert.equal(await page.getByLabel("Pairing code").inputValue(), "");
  }));

test("a code that nobody offers, or that somebody else is using", () =>
  here.signedIn(async (page, stub) => {
    await startRun(page, stub, GOOD);
    await page.getByText("No gateway can be paired with this code now").waitFor();
  }));

test("the console refuses: the page says so and offers to begin again", () =>
  here.signedIn(async (page, stub) => {
    await untilNumber(page, stub);
    await sayItMatches(page);
    await page.getByText("Waiting for the answer at the gateway's console").waitFor();
    stub.pairing.reject();
    await page.getByText("The gateway's console refused this tenant.").waitFor();
    await page.getByLabel("Pairing code").waitFor();
  }));

test("'it differs' approves nothing and withdraws the claim", () =>
  here.signedIn(async (page, stub) => {
    await untilNumber(page, stub);
    await page.getByRole("button", { name: "It differs" }).click();
    await page.getByText("You said that the console shows something else").waitFor();
    await page.waitForFunction(() => !document.querySelector(".pcg-number"));
    assert.ok(!stub.pairing.approved);
    const sent = stub.received.filter((one) => one.path.endsWith("/messages")).map((one) => JSON.parse(one.body).type);
    assert.deepEqual(sent, ["pake_a", "confirm_a", "fail"]);
  }));

test("a page that is closed half-way withdraws its claim", () =>
  here.signedIn(async (page, stub) => {
    await untilNumber(page, stub);
    const withdrawn = new Promise((done) => {
      stub.server.on("request", (request) => request.method === "DELETE" && request.url.startsWith("/pair/") && done());
    });
    await page.goto("about:blank");
    await withdrawn;
  }));

test("the password is asked for before, and a wrong one is said at its field", () =>
  here.signedIn(async (page, stub) => {
    stub.pairing.offer(GOOD);
    await typeCode(page, stub, GOOD);
    await page.getByRole("button", { name: "Pair", exact: true }).click();
    await page.getByLabel("Your password").fill("not it");
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByText("The password is not right.").waitFor();
    assert.deepEqual(stub.received.filter((one) => one.path.startsWith("/pair/")), []);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  }));

test("the whole pairing works with the keyboard alone", () =>
  here.signedIn(async (page, stub) => {
    stub.pairing.offer(GOOD);
    await page.goto(`${stub.url}/pair`);
    await page.getByLabel("Pairing code").focus();
    await page.keyboard.type(GOOD);
    await page.keyboard.press("Enter");
    await page.getByLabel("Your password").focus();
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByLabel("Comparison number").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("Waiting for the answer at the gateway's console").waitFor();
  }));
