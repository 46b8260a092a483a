// SPDX-License-Identifier: Apache-2.0
// The real thing on loopback: control plane, broker, gateways and vCenter simulators, told what to do through
// test/portal/lab_console.py. The browser trusts the lab's CA by its own certificate store, as a person's would.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { launch, openPage, signIn } from "./harness.mjs";

const CONSOLE = join(dirname(fileURLToPath(import.meta.url)), "../../../../test/portal/lab_console.py");

export class Lab {
  static async start(browserOptions = {}) {
    const lab = new Lab();
    lab.console = spawn("/usr/bin/python3", ["-B", CONSOLE], { stdio: ["pipe", "pipe", "inherit"] });
    lab.answers = createInterface({ input: lab.console.stdout })[Symbol.asyncIterator]();
    lab.controlplane = await lab.tell("controlplane");
    lab.home = mkdtempSync(join(tmpdir(), "pcg-browser-"));
    trust(lab.home, lab.controlplane.ca);
    lab.browser = await launch({ home: lab.home, ...browserOptions });
    return lab;
  }

  /** Has the console do something; throws what it says when it cannot. */
  async tell(command, more = {}) {
    this.console.stdin.write(JSON.stringify({ do: command, ...more }) + "\n");
    const { value, done } = await this.answers.next();
    if (done) throw new Error(`the lab ended at '${command}'`);
    const answer = JSON.parse(value);
    if (answer.error) throw new Error(answer.error);
    return answer.ok;
  }

  /** A tenant and a gateway that shows a code: every test has its own, a tenant may claim five times a minute only. */
  async tenantWithGateway(name) {
    const tenant = await this.tell("tenant", { name: `tenant-of-${name}` });
    await this.tell("start_gateway", { name, tenant: tenant.name });
    const { code } = await this.tell("code", { name });
    return { tenant, code };
  }

  /** A page of the portal, signed in as the tenant's admin. */
  async portal(tenant, path = "/") {
    const opened = await openPage(this.browser);
    const { name, username, password } = tenant;
    await signIn(opened.page, this.controlplane.url, { tenant: name, username, password });
    await opened.page.goto(this.controlplane.url + path);
    await opened.page.getByRole("heading", { level: 1 }).waitFor();
    return opened;
  }

  /** The whole pairing on the page that opens with portal(tenant, "/pair"); returns the gateway's id. */
  async pair(page, tenant, name, code) {
    await page.getByLabel("Pairing code").fill(code);
    await page.getByRole("button", { name: "Pair", exact: true }).click();
    await page.getByLabel("Your password").fill(tenant.password);
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByLabel("The console names the tenant").check();
    await page.getByRole("button", { name: "It matches" }).click();
    await page.getByText("Waiting for the answer at the gateway's console").waitFor();
    await this.tell("accept", { name });
    const link = await page.getByRole("link", { name: "Open it" }).getAttribute("href");
    return link.split("/").at(-1);
  }

  async stop() {
    await this.browser?.close();
    const ended = new Promise((done) => this.console.on("exit", done));
    this.console.stdin.end();
    await ended;
    rmSync(this.home, { recursive: true, force: true });
  }
}

function trust(home, ca) {
  const store = join(home, ".pki/nssdb");
  mkdirSync(store, { recursive: true });
  execFileSync("certutil", ["-d", `sql:${store}`, "-N", "--empty-password"]);
  execFileSync("certutil", ["-d", `sql:${store}`, "-A", "-t", "C,,", "-n", "lab", "-i", ca]);
}
