// SPDX-License-Identifier: Apache-2.0
// What a tenant does all day, and what happens when it does not work.

import assert from "node:assert/strict";
import { test } from "node:test";

import { signIn } from "./harness.mjs";
import { ADMIN, setting } from "./setting.mjs";

const here = setting();
const sentTo = (stub, method, path) => stub.received.filter((one) => one.method === method && one.path === path);

/** Asks for an API token called "nightly". */
async function addToken(page, stub) {
  await page.goto(`${stub.url}/tokens`);
  await page.getByRole("button", { name: "Add an API token" }).click();
  await page.getByLabel("Label").fill("nightly");
  await page.getByRole("button", { name: "Add the token" }).click();
}

test("a wrong password is said, and after too many the page counts down to the next try", () =>
  here.fresh(async (page, stub) => {
    stub.signInsLeft = 1;
    await page.goto(stub.url);
    const attempt = async () => {
      await page.getByLabel("Tenant").fill("tenant-a");
      await page.getByLabel("User name").fill("admin");
      await page.getByLabel("Password").fill("wrong");
      await page.getByRole("button", { name: "Sign in" }).click();
    };
    await attempt();
    await page.getByText("Tenant, user name or password is wrong.").waitFor();
    assert.equal(await page.getByLabel("Password").inputValue(), "");
    await attempt();
    await page.getByText(/The next one is possible in \d s/).waitFor();
    assert.ok(await page.getByRole("button", { name: "Sign in" }).isDisabled());
    stub.signInsLeft = 1;
    await page.getByText(/The next one is possible/).waitFor({ state: "detached" });
    await signIn(page, stub.url, ADMIN);
  }));

test("changes carry the CSRF token and an idempotency key", () =>
  here.signedIn(async (page, stub) => {
    stub.stepUp = true;
    await addToken(page, stub);
    assert.equal(await page.getByLabel("Token", { exact: true }).inputValue(), "pcg_shown-only-once");
    const [sent] = sentTo(stub, "POST", "/api/v1/tokens");
    assert.equal(sent.headers["x-csrf-token"], "csrf-of-the-stub");
    assert.match(sent.headers["idempotency-key"], /^[0-9a-f]{32}$/);
  }));

test("what a page asks by itself is marked, so that an open tab does not keep its session alive", () =>
  here.signedIn(async (page, stub) => {
    const first = page.waitForResponse((one) => new URL(one.url()).pathname === "/api/v1/gateways");
    await page.goto(`${stub.url}/gateways`);
    await first;
    await page.locator("h1").waitFor();
    const asked = () => stub.received.filter((one) => one.path.startsWith("/api/v1/gateways"));
    const byHand = asked().filter((one) => !one.headers["pcg-unattended"]);
    assert.ok(byHand.length > 0);
    const again = page.waitForRequest((one) => one.headers()["pcg-unattended"] === "1");
    stub.announce("gateway", "gw");
    await again;
    assert.equal(asked().filter((one) => !one.headers["pcg-unattended"]).length, byHand.length);
  }));

test("what makes credentials takes the password again, and is then done without typing it anew", () =>
  here.signedIn(async (page, stub) => {
    await addToken(page, stub);
    await page.getByLabel("Your password").fill(ADMIN.password);
    await page.getByRole("button", { name: "Confirm" }).click();
    assert.equal(await page.getByLabel("Token", { exact: true }).inputValue(), "pcg_shown-only-once");
    assert.equal(sentTo(stub, "POST", "/api/v1/tokens").length, 2);
  }));

test("without the password nothing is made, and the form says what was missing", () =>
  here.signedIn(async (page, stub) => {
    await addToken(page, stub);
    await page.getByRole("dialog", { name: "Confirm that it is you" }).getByRole("button", { name: "Cancel" }).click();
    await page.getByText("This takes your password again.").waitFor();
    assert.equal(await page.getByLabel("Label").inputValue(), "nightly");
  }));

test("an endpoint is added with credentials that only the gateway can read", () =>
  here.signedIn(async (page, stub) => {
    stub.stepUp = true;
    const gateway = stub.data.gateways[0];
    await page.goto(`${stub.url}/gateways/${gateway.id}/endpoints/new`);
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("VC9");
    await page.getByLabel("Address").fill("https://vc9.dc-berlin.example/");
    await page.getByLabel("User name").fill("svc-pcg@vsphere.local");
    await page.getByLabel("Password").fill("a-password-nobody-may-read");
    const add = page.getByRole("button", { name: "Add the endpoint" });
    assert.ok(await add.isDisabled(), "an unknown device key must be compared first");
    await page.getByLabel("The gateway shows the same id").check();
    await add.click();
    await page.getByText("Its certificate was not approved yet.").waitFor();
    const [sent] = sentTo(stub, "POST", `/api/v1/gateways/${gateway.id}/endpoints`);
    const body = JSON.parse(sent.body);
    assert.equal(body.name, "vc9");
    assert.deepEqual(body.trust, { mode: "ask" });
    assert.equal(body.credentials.key_id, gateway.sealing.key_id);
    assert.doesNotMatch(JSON.stringify(stub.received), /a-password-nobody-may-read|svc-pcg@/);
  }));

test("an endpoint's credentials are changed for the address that is typed, and only the gateway can read them", () =>
  here.signedIn(async (page, stub) => {
    stub.stepUp = true;
    const gateway = stub.data.gateways[0];
    await page.goto(`${stub.url}/gateways/${gateway.id}/endpoints/ep_maas1`);
    await page.getByRole("link", { name: "Change credentials" }).click();
    assert.equal(await page.getByLabel("Address").inputValue(), "", "not what the control plane says");
    await page.getByLabel("Address").fill("maas.dc-berlin.example:5443");
    await page.getByLabel("API key").fill("nobody:may:read-this");
    await page.getByLabel("The gateway shows the same id").check();
    await page.getByRole("button", { name: "Change the credentials" }).click();
    await page.getByRole("link", { name: "Change credentials" }).waitFor();
    const [sent] = sentTo(stub, "PATCH", `/api/v1/gateways/${gateway.id}/endpoints/ep_maas1`);
    const body = JSON.parse(sent.body);
    assert.deepEqual(Object.keys(body), ["credentials"]);
    assert.equal(body.credentials.key_id, gateway.sealing.key_id);
    assert.doesNotMatch(JSON.stringify(stub.received), /read-this/);
  }));

for (const form of ["new", "ep_vc1/credentials"]) {
  test(`no credentials are asked for at ${form} when the gateway's key is not the one that was paired here`, () =>
    here.signedIn(async (page, stub) => {
      const gateway = stub.data.gateways[0];
      await page.evaluate((id) => localStorage.setItem(`pcg.device.${id}`, "00".repeat(32)), gateway.id);
      await page.goto(`${stub.url}/gateways/${gateway.id}/endpoints/${form}`);
      await page.getByText("This is not the device key that this browser paired").waitFor();
      assert.equal(await page.getByLabel("Password").count(), 0);
    }));

  test(`no credentials are asked for at ${form} when the sealing key is signed by somebody else`, () =>
    here.signedIn(async (page, stub) => {
      const gateway = stub.data.gateways[0];
      gateway.sealing.signature = stub.data.gateways[1].sealing.signature;
      await page.goto(`${stub.url}/gateways/${gateway.id}/endpoints/${form}`);
      await page.getByText("The sealing key was not signed by the gateway's device key.").waitFor();
      assert.equal(await page.getByLabel("Password").count(), 0);
    }));

  test(`no credentials are asked for at ${form} when the answer is about another gateway, even one that this browser paired`, () =>
    here.signedIn(async (page, stub) => {
      const [chosen, other] = stub.data.gateways;
      await page.evaluate(([id, device]) => localStorage.setItem(`pcg.device.${id}`, device), [other.id, other.device_spki_sha256]);
      const answer = stub.answer.bind(stub);
      stub.answer = async (method, url, body) =>
        url.pathname === `/api/v1/gateways/${chosen.id}` ? { body: other } : answer(method, url, body);
      await page.goto(`${stub.url}/gateways/${chosen.id}/endpoints/${form}`);
      await page.getByText("The answer is about another gateway than the one that you chose.").waitFor();
      assert.equal(await page.getByLabel("Password").count(), 0);
    }));
}

test("what the server finds wrong stands at its field, which gets the focus", () =>
  here.signedIn(async (page, stub) => {
    stub.stepUp = true;
    await page.goto(`${stub.url}/gateways/${stub.data.gateways[0].id}/endpoints/new`);
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("vc9");
    await page.getByLabel("Address").fill("not an address");
    await page.getByLabel("User name").fill("u");
    await page.getByLabel("Password").fill("p");
    await page.getByLabel("The gateway shows the same id").check();
    await page.getByRole("button", { name: "Add the endpoint" }).click();
    await page.getByText("An address is a host name").waitFor();
    const address = page.getByLabel("Address");
    assert.equal(await address.getAttribute("aria-invalid"), "true");
    assert.ok(await address.evaluate((input) => input === document.activeElement));
  }));

test("a changed certificate is shown beside the old one, and exactly the shown one is approved", () =>
  here.signedIn(async (page, stub) => {
    stub.stepUp = true;
    const gateway = stub.data.gateways[0].id;
    const shown = stub.data.endpoints[1].presented_certificate.sha256;
    await page.goto(`${stub.url}/gateways/${gateway}/endpoints/ep_vc2`);
    await page.getByRole("heading", { name: "Trusted until now" }).waitFor();
    await page.getByRole("heading", { name: "Shown now" }).waitFor();
    await page.getByRole("button", { name: "Approve this certificate" }).click();
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.getByRole("heading", { name: "Trusted", exact: true }).waitFor();
    const [sent] = sentTo(stub, "POST", `/api/v1/gateways/${gateway}/endpoints/ep_vc2/certificate`);
    assert.deepEqual(JSON.parse(sent.body), { sha256: shown });
  }));

test("an access key is shown once", () =>
  here.signedIn(async (page, stub) => {
    stub.stepUp = true;
    await page.goto(`${stub.url}/gateways/${stub.data.gateways[0].id}/endpoints/ep_vc1`);
    await page.getByRole("button", { name: "Add an access key" }).click();
    await page.getByLabel("Label").fill("backup");
    await page.getByRole("button", { name: "Add the key" }).click();
    assert.equal(await page.getByLabel("Password", { exact: true }).inputValue(), "shown-only-once");
    await page.getByRole("button", { name: "I have kept it" }).click();
    await page.getByRole("cell", { name: "backup", exact: true }).waitFor();
    assert.ok(!(await page.content()).includes("shown-only-once"));
  }));

test("machines are deployed after a look at the plan, and progress comes by itself", () =>
  here.signedIn(async (page, stub) => {
    await page.goto(`${stub.url}/deployments/new`);
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("blue");
    await page.getByLabel("Gateway").selectOption({ label: "dc-berlin" });
    await page.getByLabel("Endpoint").selectOption({ label: "vc1" });
    await page.getByLabel("Template").fill("/DC0/vm/templates/debian-12");
    await page.getByLabel("Network").fill("/DC0/network/VM Network");
    await page.getByLabel("CPUs").fill("100");
    await page.getByRole("button", { name: "Preview the plan" }).click();
    await page.getByText("A machine has at most 64 CPUs here.").waitFor();
    await page.getByLabel("CPUs").fill("4");
    await page.getByRole("button", { name: "Preview the plan" }).click();
    await page.getByRole("cell", { name: "blue-cp-1" }).waitFor();
    assert.equal(sentTo(stub, "POST", "/api/v1/deployments").length, 0);
    await page.getByRole("button", { name: "Deploy", exact: true }).click();
    await page.getByText("Machines ready: 0 of 2").waitFor();

    const deployment = stub.data.deployments[0];
    deployment.machines[0].state = "ready";
    deployment.progress.done = 1;
    stub.announce("deployment", deployment.id);
    await page.getByText("Machines ready: 1 of 2").waitFor();
  }));

test("at a MAAS the form asks for an image and for what a machine must have", () =>
  here.signedIn(async (page, stub) => {
    await page.goto(`${stub.url}/deployments/new`);
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("metal2");
    await page.getByLabel("Gateway").selectOption({ label: "dc-berlin" });
    await page.getByLabel("Endpoint").selectOption({ label: "vc1" });
    await page.getByLabel("Folder").fill("/DC0/vm");
    await page.getByLabel("Endpoint").selectOption({ label: "maas1" });
    assert.equal(await page.getByLabel("Template").count(), 0);
    await page.getByLabel("Image").fill("ubuntu/jammy");
    await page.getByLabel("Zone").fill("az1");
    await page.getByLabel("Tags").fill("gpu, virtual");
    await page.getByLabel("CPUs, at least").fill("8");
    await page.getByRole("button", { name: "Preview the plan" }).click();
    await page.getByRole("cell", { name: "metal2-cp-1" }).waitFor();
    const { name, gateway_id, endpoint_id, ...asked } = JSON.parse(sentTo(stub, "POST", "/api/v1/deployments/plan").at(-1).body);
    assert.deepEqual(asked, {
      control_plane_count: 1, worker_count: 1, image: "ubuntu/jammy", ssh_keys: [], cpu: 8, zone: "az1", tags: ["gpu", "virtual"],
    });
    assert.ok(name && gateway_id && endpoint_id);
  }));

test("a MAAS shows its machines with what one looks for, and a deletion that never ends is given up", () =>
  here.signedIn(async (page, stub) => {
    await page.goto(`${stub.url}/gateways/${stub.data.gateways[0].id}/endpoints/ep_maas1/inventory`);
    const row = page.getByRole("row").filter({ hasText: "node-1" });
    await row.getByText("status: Ready, power: off, cpu: 8, memory mib: 16384, tags: gpu virtual, zone: az1").waitFor();
    await page.getByRole("button", { name: "zones" }).click();
    await page.getByText("First room").waitFor();

    await page.goto(`${stub.url}/deployments/dp_metal`);
    await page.getByText("at least 8").waitFor();
    await page.getByRole("button", { name: "Give up" }).click();
    await page.getByRole("dialog").getByText("4y3ha4").waitFor();
    await page.getByRole("button", { name: "Forget the deployment" }).click();
    await page.getByRole("link", { name: "prod" }).waitFor();
    assert.equal(await page.getByRole("link", { name: "metal" }).count(), 0);
    assert.equal(sentTo(stub, "POST", "/api/v1/deployments/dp_metal/abandon").length, 1);
  }));

test("a failed deployment says why and can be retried", () =>
  here.signedIn(async (page, stub) => {
    await page.goto(`${stub.url}/deployments/dp_edge`);
    await page.getByText("The datastore is full.").waitFor();
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByText("The datastore is full.").waitFor({ state: "detached" });
  }));

test("a list that cannot be had says so and is had at the next try", () =>
  here.signedIn(async (page, stub) => {
    stub.failing.set("/api/v1/gateways", 503);
    await page.goto(`${stub.url}/gateways`);
    await page.getByText("The storage is busy.").waitFor();
    stub.failing.clear();
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("link", { name: "dc-berlin" }).waitFor();
  }));

test("a tenant without a gateway is shown the first step", () =>
  here.signedIn(async (page, stub) => {
    stub.data.gateways.length = 0;
    await page.goto(stub.url);
    await page.getByText("Bring your data center here").waitFor();
    await page.getByRole("link", { name: "Pair a gateway" }).click();
    await page.getByLabel("Pairing code").waitFor();
  }));

test("the audit is paged, filtered and exported with its filter", () =>
  here.signedIn(async (page, stub) => {
    await page.goto(`${stub.url}/audit`);
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByText("Page 2").waitFor();
    await page.getByLabel("Outcome").selectOption("failed");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByText("Page 2").waitFor({ state: "detached" });
    const csv = await page.getByRole("link", { name: "Export as CSV" }).getAttribute("href");
    assert.equal(csv, "/api/v1/audit/export?outcome=failed&format=csv");
  }));

test("a session that ended leads to sign-in, and says why", () =>
  here.signedIn(async (page, stub) => {
    await page.getByRole("cell", { name: "admin" }).first().waitFor();
    stub.signedIn = false;
    await page.getByRole("link", { name: "Deployments", exact: true }).click();
    await page.getByText("Your session has ended.").waitFor();
  }));

test("names with bidirectional and control characters are shown without them", () =>
  here.signedIn(async (page, stub) => {
    stub.data.gateways[0].name = "dc\u202Eevil\u0007\u200B";
    await page.goto(`${stub.url}/gateways`);
    assert.equal(await page.getByRole("link", { name: /^dc/ }).first().textContent(), "dcevil");
  }));

test("signing out forgets the session", () =>
  here.signedIn(async (page, stub) => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Tenant").waitFor();
    assert.ok(!stub.signedIn);
  }));

test("a page of a list that is empty, but not the last, says so and leads on", () =>
  here.signedIn(async (page, stub) => {
    stub.transform = (body) => (body.items && "seq" in (body.items[0] ?? {}) ? { ...body, items: [] } : body);
    await page.goto(`${stub.url}/audit`);
    await page.getByText("Nothing fits among those that were looked at so far").waitFor();
    stub.transform = (body) => body;
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("table", { name: "audit entries" }).waitFor();
  }));

test("warnings about a gateway are shown also while it is online", () =>
  here.signedIn(async (page, stub) => {
    const gateway = stub.data.gateways[0];
    gateway.warnings = ["Two running gateways use its identity."];
    await page.goto(`${stub.url}/gateways/${gateway.id}`);
    await page.getByText("Two running gateways use its identity.").waitFor();
    await page.goto(`${stub.url}/gateways`);
    await page.getByText("Two running gateways use its identity.").waitFor();
  }));

test("a page that nobody looks at holds no stream, and catches up when it is seen again", () =>
  here.signedIn(async (page, stub) => {
    await page.getByText("Live", { exact: true }).waitFor();
    const show = (hidden) => page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
    await show(true);
    await page.getByText("Live", { exact: true }).waitFor({ state: "detached" });
    for (let wait = 0; stub.streams.size > 0 && wait < 500; wait++) await new Promise((resume) => setTimeout(resume, 20));
    assert.equal(stub.streams.size, 0);
    stub.data.gateways.length = 1;
    await show(false);
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByText("1 / 1").waitFor();
    assert.equal(stub.streams.size, 1);
  }));

test("changes that never pause do not keep a page from looking", () =>
  here.signedIn(async (page, stub) => {
    await page.getByText("Live", { exact: true }).waitFor();
    stub.data.gateways.length = 1;
    const storm = setInterval(() => stub.announce("gateway", "gw"), 50);
    try {
      await page.getByText("1 / 1").waitFor();
    } finally {
      clearInterval(storm);
    }
  }));

test("an answer that is slower than the changes arrives all the same", () =>
  here.signedIn(async (page, stub) => {
    await page.getByText("Live", { exact: true }).waitFor();
    stub.delays.set("/api/v1/gateways", 2500);
    stub.data.gateways.length = 1;
    const storm = setInterval(() => stub.announce("gateway", "gw"), 50);
    try {
      await page.getByText("1 / 1").waitFor();
    } finally {
      clearInterval(storm);
    }
  }));
