// SPDX-License-Identifier: Apache-2.0
// `./dev bench portal`: how long cold loads of the portal take on loopback, by the browser's own performance entries. Each
// load has a browser profile of its own, so that nothing is cached and the TLS connection is new.

import { cpus, loadavg } from "node:os";

import { openPage } from "./harness.mjs";
import { Lab } from "./lab.mjs";

const LOADS = Number(process.argv[2] ?? 15);

/** What a load took: the first paint with content, and when the page was there with its handlers and the thread free. */
async function load(lab, cookies, path) {
  const { context, page } = await openPage(lab.browser);
  await context.addCookies(cookies);
  await page.goto(lab.controlplane.url + path);
  const times = await page.evaluate(async () => {
    const entry = (name) => new Promise((found) => new PerformanceObserver((list) => {
      const [one] = list.getEntriesByName(name);
      if (one) found(one.startTime);
    }).observe({ type: name === "pcg.interactive" ? "mark" : "paint", buffered: true }));
    const [paint, interactive] = [await entry("first-contentful-paint"), await entry("pcg.interactive")];
    const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    return { paint, interactive, requests: all.length, octets: all.reduce((sum, one) => sum + one.transferSize, 0) };
  });
  await context.close();
  return times;
}

const middle = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function measure(lab, title, cookies, path) {
  await load(lab, cookies, path); // the server's and the browser's own first time
  const loads = [];
  for (let i = 0; i < LOADS; i++) loads.push(await load(lab, cookies, path));
  const of = (member) => loads.map((one) => one[member]);
  const figures = (member) => `${middle(of(member)).toFixed(0)} | ${Math.max(...of(member)).toFixed(0)}`;
  const { requests, octets } = loads[0];
  console.log(`| ${title} | ${figures("paint")} | ${figures("interactive")} | ${requests} | ${(octets / 1024).toFixed(0)} |`);
}

const lab = await Lab.start();
try {
  const { tenant } = await lab.tenantAtWork("Tenant A");
  const { context } = await lab.portal(tenant);
  const cookies = await context.cookies();
  await context.close();
  const machine = `${cpus().length} cores (${cpus()[0].model})`;
  console.log(`${new Date().toISOString().slice(0, 10)}, ${machine}, ${lab.browser.version()}, ${LOADS} cold loads each.\n`);
  console.log("| page | first paint ms, median | most | interactive ms, median | most | requests | KiB |");
  console.log("|---|---|---|---|---|---|---|");
  await measure(lab, "sign-in", [], "/");
  await measure(lab, "overview, signed in", cookies, "/");
  await measure(lab, "gateways, signed in", cookies, "/gateways");
  console.log(`\nLoad at the end: ${loadavg()[0].toFixed(1)}.`);
} finally {
  await lab.stop();
}
