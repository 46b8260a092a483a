// SPDX-License-Identifier: Apache-2.0
// The real thing on loopback: control plane, broker, gateways and vCenter simulators, told what to do through
// test/portal/lab_console.py. The browser trusts the lab's CA by its own certificate store, as a person's would.

import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
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

  /** A tenant with a gateway that is online and a vCenter behind it, at which the orchestrator has a key. */
  async tenantAtWork(name, { templates = [], delayMs = 0 } = {}) {
    const tenant = await this.tell("tenant", { name });
    const gateway = await this.tell("add_gateway", { name: "dc1", tenant: name });
    const options = [...templates.flatMap((one) => ["-template", one]), "-delay", String(delayMs)];
    await this.tell("start_vcenter", { name: "vc1", arguments: options });
    const endpoint = await this.tell("add_endpoint", {
      tenant: name, gateway_name: "dc1", gateway_id: gateway.id, name: "vc1", role: "deploy",
    });
    return { tenant, gateway: gateway.id, endpoint };
  }

  /** What the API itself answers to the tenant's token: parsed, or as text where it is no JSON. */
  async api(tenant, path, { method = "GET", body } = {}) {
    const answer = await this.ask(tenant, path, method, body);
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return /^application\/json(;|$)/.test(answer.type) ? JSON.parse(answer.text) : answer.text;
  }

  ask(tenant, path, method, body, token = readFileSync(tenant.token_file, "utf8").trim()) {
    this.ca ??= readFileSync(this.controlplane.ca);
    const authorization = `Bearer ${token}`;
    const json = body === undefined ? {} : { "Content-Type": "application/json" };
    return new Promise((settle, refuse) => {
      const options = { method, ca: this.ca, headers: { Authorization: authorization, ...json } };
      const sent = request(this.controlplane.url + path, options, async (response) => {
        let text = "";
        for await (const chunk of response) text += chunk;
        settle({ status: response.statusCode, type: response.headers["content-type"] ?? "", text });
      });
      sent.on("error", refuse).end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Asks until the answer is `good`; what it was then. */
  async until(tenant, path, good, seconds = 30) {
    const end = Date.now() + seconds * 1000;
    for (;;) {
      const answer = await this.api(tenant, path);
      if (good(answer)) return answer;
      if (Date.now() > end) throw new Error(`${path} was not as awaited within ${seconds} s: ${JSON.stringify(answer)}`);
      await new Promise((resume) => setTimeout(resume, 50));
    }
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
