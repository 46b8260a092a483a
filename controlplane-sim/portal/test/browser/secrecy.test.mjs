// SPDX-License-Identifier: Apache-2.0
// The code never leaves the page: one whole pairing under three recorders, each shown to work by finding the nameplate.

import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { PASSWORD, Stub } from "../stub/server.mjs";
import { withCheck } from "./codes.mjs";
import { launch, signIn, withPage } from "./harness.mjs";
import { formsOf, sentBytes } from "./recorded.mjs";
import { ADMIN } from "./setting.mjs";

const CODE = withCheck("4F7JC2VX9B6");

const found = (text) => formsOf(CODE).filter((form) => text.includes(form));

test("neither requests, nor the server, nor the browser's own network log ever hold the code", async () => {
  const netLog = join(process.env.PCG_WORK, "netlog.json");
  rmSync(netLog, { force: true });
  const { Responder } = await import(process.env.PCG_RESPONDER);
  const stub = await Stub.start(process.env.PCG_PORTAL, Responder);
  const browser = await launch({ netLog });
  const requests = [];
  try {
    await withPage(browser, {}, async (page, context) => {
      context.on("request", (request) =>
        requests.push(`${request.method()} ${request.url()} ${JSON.stringify(request.headers())} ${request.postData() ?? ""}`));
      const wire = await context.newCDPSession(page);
      await wire.send("Network.enable");
      wire.on("Network.requestWillBeSent", (event) => requests.push(JSON.stringify(event.request)));
      wire.on("Network.webSocketFrameSent", (event) => requests.push(JSON.stringify(event)));
      await pairOnce(page, stub);
      const left = await page.evaluate(() =>
        JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, document.documentElement.outerHTML]) +
        Array.from(document.querySelectorAll("input"), (input) => input.value).join());
      assert.deepEqual(found(left), [], "storage, cookies, address or document");
    });
  } finally {
    await browser.close(); // completes the log
    await stub.stop();
  }
  const server = JSON.stringify(stub.received);
  const sent = sentBytes(netLog);
  assert.ok(sent.events > 10, "the network log has hardly any bytes that were sent");
  assert.deepEqual(found(sent.log), [], "the network log as it is");
  for (const [recorder, text] of [["requests", requests.join("\n")], ["server", server], ["sent bytes", sent.text]]) {
    assert.ok(text.includes("4F7J"), `${recorder}: the nameplate is not there, so this recorder records nothing`);
    assert.deepEqual(found(text), [], recorder);
  }
});

async function pairOnce(page, stub) {
  stub.pairing.offer(CODE);
  await signIn(page, stub.url, ADMIN);
  await page.goto(`${stub.url}/pair`);
  await page.getByLabel("Pairing code").pressSequentially(CODE);
  await page.getByRole("button", { name: "Pair", exact: true }).click();
  await page.getByLabel("Your password").fill(PASSWORD);
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByLabel("The console names the tenant").check();
  await page.getByRole("button", { name: "It matches" }).click();
  await page.getByText("Waiting for the answer at the gateway's console").waitFor();
  stub.pairing.accept();
  await page.getByText("The gateway is online").waitFor();
}
