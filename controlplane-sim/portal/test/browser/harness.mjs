// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium, kept from talking to anybody but loopback, and pages that fail their test on anything that the
// content policy stopped or that was written to the console as an error.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { chromium } from "playwright-core";

const CHROMIUM = process.env.PCG_CHROMIUM ?? "/usr/bin/chromium";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export const WIDE = { width: 1280, height: 1000 };
export const PHONE = { width: 390, height: 844 };

/** `home` holds the certificate store; `netLog` a file for everything that is sent. */
export async function launch({ home, netLog } = {}) {
  const args = [
    "--no-sandbox", // the tests run as root in a container; every page is ours
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-features=AutofillServerCommunication",
    "--host-resolver-rules=MAP portal.test 127.0.0.1, MAP localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
  ];
  if (netLog) args.push(`--log-net-log=${netLog}`, "--net-log-capture-mode=Everything");
  return chromium.launch({
    executablePath: CHROMIUM,
    args,
    env: home ? { ...process.env, HOME: home } : process.env,
  });
}

const EXPECTED_ERRORS = /Failed to load resource/; // a refusal that the test provokes; the page shows it

export async function openPage(browser, options = {}) {
  const { dark = false, viewport = WIDE } = options;
  const context = await browser.newContext({
    viewport,
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "UTC",
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const faults = [];
  await context.exposeBinding("pcgViolation", (_source, text) => faults.push(text));
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) =>
      globalThis.pcgViolation(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !EXPECTED_ERRORS.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  return { context, page, faults };
}

/** Runs `body` with a page of its own; nothing may have been blocked or thrown by the end. */
export async function withPage(browser, options, body) {
  const { context, page, faults } = await openPage(browser, options);
  try {
    await body(page, context, faults);
    assert.deepEqual(faults, []);
  } catch (error) {
    if (faults.length > 0) error.message += `\nfaults of the page: ${faults.join("; ")}`;
    throw error;
  } finally {
    await context.close();
  }
}

/** Serious accessibility faults, as one line each. */
export async function accessibilityFaults(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: tags }), RULES);
  return violations
    .filter((one) => ["serious", "critical", "moderate"].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

/** The same in the light theme on a wide screen and in the dark one on a phone; also what sticks out. */
export async function faultsInBothThemes(page) {
  const faults = [];
  for (const [viewport, colorScheme] of [[PHONE, "dark"], [WIDE, "light"]]) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await still(page);
    const wider = await overflow(page);
    const found = await accessibilityFaults(page);
    if (wider > 0) found.push(`${wider} px wider than the window`);
    faults.push(...found.map((fault) => `${colorScheme} ${viewport.width}: ${fault}`));
  }
  return faults;
}

/** By how many pixels something is wider than the window, or than the card that it stands in (1 is for rounding). */
export function overflow(page) {
  return page.evaluate(() => {
    const boxes = Array.from(document.querySelectorAll("main, .pf-v6-c-card, dialog"), (box) => box.scrollWidth - box.clientWidth - 1);
    return Math.max(0, document.documentElement.scrollWidth - innerWidth, ...boxes);
  });
}

/** Characters in what the page shows or says that reorder, hide or break a line. */
export function hiddenIn(page) {
  return page.evaluate(() => {
    const bad = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u;
    const texts = [document.title, document.body.innerText];
    for (const element of document.querySelectorAll("*")) {
      texts.push(...Array.from(element.attributes, ({ value }) => value));
      if (typeof element.value === "string") texts.push(element.value);
    }
    return texts.filter((text) => bad.test(text)).map((text) => JSON.stringify(text.slice(0, 200)));
  });
}

/** What has the focus, and whether one can see that. */
export function focusOf(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === document.body) return { name: "the window", shown: true }; // between the last and the first
    const look = () => ["", "::before", "::after"].map((part) => {
      const style = getComputedStyle(element, part || null);
      const around = getComputedStyle(element.parentElement, part || null);
      return [style.outline, style.boxShadow, style.borderColor, style.borderWidth, style.backgroundColor, around.outline,
        around.boxShadow, around.borderColor, around.borderWidth].join();
    }).join();
    const focused = look();
    element.blur();
    const shown = look() !== focused;
    element.focus({ focusVisible: true, preventScroll: true });
    return { name: (element.getAttribute("aria-label") ?? element.textContent ?? element.tagName).trim(), shown };
  });
}

/** A table's rows as objects, by the titles of its columns. */
export async function rowsOf(page, name) {
  await page.getByRole("table", { name, exact: true }).waitFor();
  return page.getByRole("table", { name, exact: true }).evaluate((table) => {
    const titles = Array.from(table.querySelectorAll("th"), (cell) => cell.textContent);
    const rowOf = (row) => Array.from(row.querySelectorAll("td"), (cell, index) => [titles[index], cell.textContent]);
    return Array.from(table.querySelectorAll("tbody tr"), (row) => Object.fromEntries(rowOf(row)));
  });
}

export async function signIn(page, url, { tenant, username, password }) {
  await page.goto(url);
  await page.getByLabel("Tenant").fill(tenant);
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
}

/** When nothing moves or fades any more. */
export async function still(page) {
  await page.evaluate(async () => {
    const frame = () => new Promise((next) => requestAnimationFrame(next));
    await frame();
    await frame();
    await Promise.allSettled(document.getAnimations().map((one) => one.finished));
    await frame();
  });
}

/** Without what differs from run to run; PatternFly fades some things in. */
export async function settled(page) {
  await page.evaluate(() => document.fonts.ready);
  await page.waitForFunction(() => !document.querySelector(".pcg-loading"));
}
