// SPDX-License-Identifier: Apache-2.0
// The code never leaves the page: one whole pairing under three recorders, each shown to work by finding the nameplate.

import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { PASSWORD, Stub } from "../stub/server.mjs";
import { withCheck } from "./codes.mjs";
import { launch, signIn, withPage } from "./harness.mjs";
import { ALICE } from "./setting.mjs";

const DATA = "4F7JC2VX9B6";
const CODE = withCheck(DATA);

/** The secret in every form that it could travel in; shorter pieces occur by chance in what is encrypted. */
function needles() {
  const whole = [DATA, DATA.slice(4), CODE.slice(0, -1), CODE.slice(5, -1)];
  const all = [...whole, ...whole.map((text) => text.toLowerCase())];
  const encoded = all.flatMap((text) => {
    const bytes = Buffer.from(text);
    return [bytes.toString("hex"), bytes.toString("base64").slice(0, -3), bytes.toString("base64url").slice(0, -3)];
  });
  return [...all, ...encoded];
}

const found = (text) => needles().filter((needle) => text.includes(needle));

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
  const log = readFileSync(netLog, "utf8");
  const sent = sentBytes(log);
  assert.ok(sent.events > 10, "the network log has hardly any bytes that were sent");
  assert.deepEqual(found(log), [], "the network log as it is");
  for (const [recorder, text] of [["requests", requests.join("\n")], ["server", server], ["sent bytes", sent.text]]) {
    assert.ok(text.includes("4F7J"), `${recorder}: the nameplate is not there, so this recorder records nothing`);
    assert.deepEqual(found(text), [], recorder);
  }
});

async function pairOnce(page, stub) {
  stub.pairing.offer(CODE);
  await signIn(page, stub.url, ALICE);
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

/** What the network log says was written to sockets, before any encryption. */
function sentBytes(log) {
  const { constants, events } = JSON.parse(log);
  const types = new Set(["SOCKET_BYTES_SENT", "SSL_SOCKET_BYTES_SENT"].map((name) => constants.logEventTypes[name]));
  const sent = events.filter((event) => types.has(event.type) && event.params?.bytes);
  return { events: sent.length, text: sent.map((event) => Buffer.from(event.params.bytes, "base64").toString("latin1")).join("\n") };
}
