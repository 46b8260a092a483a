// SPDX-License-Identifier: Apache-2.0
// People and what they did, against the real control plane: users and what their roles go to, API tokens, the own
// password, signing out; and the audit of it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { faultsInBothThemes, openPage, rowsOf, settled, signIn } from "./harness.mjs";
import { Lab } from "./lab.mjs";

let lab, tenant, endpoint, gateway, admin;
before(async () => {
  lab = await Lab.start();
  ({ tenant, endpoint, gateway } = await lab.tenantAtWork("Tenant A"));
  await lab.tell("calls", { endpoint });
  admin = await lab.portal(tenant);
});
after(() => lab?.stop());

const api = (path) => lab.api(tenant, `/api/v1${path}`);

async function visit({ page }, path) {
  await page.goto(lab.controlplane.url + path);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await settled(page);
}

/** Runs `body` on the admin's page; nothing may have been blocked or thrown by the end. */
async function asAdmin(path, body) {
  await visit(admin, path);
  await body(admin.page);
  assert.deepEqual(admin.faults, []);
}

/** A page of somebody else's, signed in. */
async function signedIn(username, password) {
  const opened = await openPage(lab.browser);
  await signIn(opened.page, lab.controlplane.url, { tenant: tenant.name, username, password });
  return opened;
}

/** The password again, if the session's last one is too long ago; then what was asked for shows. */
async function confirmed(page, done) {
  const asked = page.getByLabel("Your password");
  await asked.or(done).first().waitFor();
  if (await asked.isVisible()) {
    await asked.fill(tenant.password);
    await page.getByRole("button", { name: "Confirm" }).click();
  }
  await done.waitFor();
  return done;
}

/** Adds a user with the dialog; the password that is shown then, this once. */
async function addUser(page, username, role) {
  await page.getByRole("button", { name: "Add a user" }).click();
  await page.getByLabel("User name").fill(username);
  await page.getByLabel("Role", { exact: true }).selectOption(role);
  await page.getByRole("button", { name: "Add the user" }).click();
  const password = await (await confirmed(page, page.getByLabel("Password", { exact: true }))).inputValue();
  await page.getByRole("button", { name: "I have kept it" }).click();
  await page.getByRole("row", { name: new RegExp(`^${username} `) }).waitFor();
  assert.ok(password.length >= 12 && !(await page.content()).includes(password), "the password is still there");
  return password;
}

const offered = async (page, name) => (await page.getByText(name, { exact: true }).count()) > 0;

test("operators and auditors are offered what their roles go to, and a changed role shows at the next try", () =>
  asAdmin("/users", async (page) => {
    await page.getByRole("button", { name: "Add a user" }).click();
    await page.getByLabel("User name").fill("not a name!");
    await page.getByRole("button", { name: "Add the user" }).click();
    await confirmed(page, page.locator('[name="username"][aria-invalid="true"]'));
    await page.getByRole("button", { name: "Close" }).click();
    const operatorsPassword = await addUser(page, "operator", "operator");
    const auditorsPassword = await addUser(page, "auditor", "auditor");
    assert.deepEqual(await faultsInBothThemes(page), []);

    const auditor = await signedIn("auditor", auditorsPassword);
    for (const [path, absent] of [
      ["/gateways", "Pair a gateway"],
      [`/gateways/${gateway}`, "Release"],
      [`/gateways/${gateway}/endpoints/${endpoint.id}`, "Check now"],
      ["/deployments", "Deploy machines"],
      ["/users", "Add a user"],
    ]) {
      await visit(auditor, path);
      assert.ok(!(await offered(auditor.page, absent)), `${path} offers ${absent} to an auditor`);
    }
    for (const [path, words] of [
      ["/pair", "Pairing takes the role admin"],
      [`/gateways/${gateway}/endpoints/new`, "This takes the role admin"],
      ["/deployments/new", "This takes the role operator"],
    ]) {
      await visit(auditor, path);
      await auditor.page.getByText(words).waitFor();
    }

    const operator = await signedIn("operator", operatorsPassword);
    await visit(operator, "/deployments/new");
    await operator.page.getByRole("button", { name: "Preview the plan" }).waitFor();
    await visit(operator, `/gateways/${gateway}/endpoints/${endpoint.id}`);
    assert.ok(!(await offered(operator.page, "Remove")));

    await page.getByRole("button", { name: "Role of operator" }).click();
    await page.getByLabel("Role", { exact: true }).selectOption("auditor");
    await page.getByRole("button", { name: "Save" }).click();
    await confirmed(page, page.getByRole("row", { name: /^operator auditor/ }));
    assert.equal((await api("/users/operator")).role, "auditor");
    await operator.page.getByRole("button", { name: "Check now" }).click();
    await operator.page.getByText(/role operator/).waitFor(); // the refusal
    await operator.page.getByRole("button", { name: "Check now" }).waitFor({ state: "detached" });

    await page.getByRole("button", { name: "Delete auditor" }).click();
    await page.getByRole("button", { name: "Delete the user" }).click();
    await page.getByRole("row", { name: /^auditor/ }).waitFor({ state: "detached" });
    await auditor.page.getByRole("link", { name: "Audit", exact: true }).click();
    await auditor.page.getByText("Your session has ended.").waitFor();
    for (const { context, faults } of [auditor, operator]) {
      assert.deepEqual(faults, []);
      await context.close();
    }
  }));

test("an API token is shown once, works, and is refused when it is revoked", () =>
  asAdmin("/tokens", async (page) => {
    await page.getByRole("button", { name: "Add an API token" }).click();
    await page.getByLabel("Label").fill("nightly");
    await page.getByLabel("Role", { exact: true }).selectOption("auditor");
    await page.getByRole("button", { name: "Add the token" }).click();
    const token = await (await confirmed(page, page.getByLabel("Token", { exact: true }))).inputValue();
    await page.getByRole("button", { name: "I have kept it" }).click();
    await page.getByRole("cell", { name: "nightly", exact: true }).waitFor();
    assert.ok(!(await page.content()).includes(token), "the token is still there");
    const asToken = () => lab.ask(null, "/api/v1/me", "GET", undefined, token);
    assert.equal(JSON.parse((await asToken()).text).role, "auditor");
    const shown = (await rowsOf(page, "API tokens")).map((row) => [row.Label, row.Role, row.User]).sort();
    const { items } = await api("/tokens");
    assert.deepEqual(shown, items.map((one) => [one.label, one.role, one.username]).sort());
    assert.deepEqual(await faultsInBothThemes(page), []);
    await page.getByRole("button", { name: "Revoke nightly" }).click();
    await page.getByRole("button", { name: "Revoke the token" }).click();
    await page.getByRole("cell", { name: "nightly", exact: true }).waitFor({ state: "detached" });
    assert.equal((await asToken()).status, 401);
  }));

test("the audit lists, filters, searches and exports what the API has", () =>
  asAdmin("/audit", async (page) => {
    await page.getByText("gateway.connect").first().waitFor();
    assert.deepEqual(await faultsInBothThemes(page), []);
    for (const [label, value, query] of [
      ["What", "proxy.call", "action=proxy.call"],
      ["Any text", "sdk complete", "action=proxy.call&q=sdk complete"],
      ["Who", endpoint.username, `action=proxy.call&q=sdk complete&actor=${endpoint.username}`],
    ]) {
      await page.getByLabel(label, { exact: true }).fill(value);
      const asked = page.waitForResponse((response) => response.url().endsWith(`/api/v1/audit?${new URLSearchParams(
        Object.fromEntries(Array.from(new URLSearchParams(query)).sort(byField)))}`));
      await page.getByRole("button", { name: "Search" }).click();
      await asked;
      await settled(page);
      const { items } = await api(`/audit?${new URLSearchParams(query)}`);
      assert.ok(items.length > 5, `${query} finds ${items.length}`);
      const rows = await rowsOf(page, "audit entries");
      assert.deepEqual(rows.map((row) => [row.Who, row.What, row.Target, row.Outcome]), items.map((one) =>
        [one.actor.name === one.actor.kind ? one.actor.name : `${one.actor.name} (${one.actor.kind})`, one.action, one.target.name, one.outcome]), query);
    }
    await page.getByLabel("Any text").fill("");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByRole("table").waitFor();
    for (const [format, name] of [["csv", "CSV"], ["jsonl", "JSON lines"]]) {
      const saved = page.waitForEvent("download");
      await page.getByRole("link", { name: `Export as ${name}` }).click();
      const download = await saved;
      assert.equal(download.suggestedFilename(), `audit.${format}`);
      const query = `action=proxy.call&actor=${endpoint.username}&format=${format}`;
      assert.equal(readFileSync(await download.path(), "utf8"), await api(`/audit/export?${query}`));
    }
    await page.getByLabel("From", { exact: true }).fill("2026-02-02T10:00");
    await page.getByLabel("To", { exact: true }).fill("2026-02-01T10:00");
    await page.getByRole("button", { name: "Search" }).click();
    await page.locator('[name="to"][aria-invalid="true"]').waitFor();
    await page.getByText("Mend the filter and search again.").waitFor();
  }));

const FIELDS = ["q", "actor", "action", "target", "outcome"];
const byField = ([one], [other]) => FIELDS.indexOf(one) - FIELDS.indexOf(other);

test("the report sums what the API sums, today included, and is fit to be printed", () =>
  asAdmin("/audit/report", async (page) => {
    await page.getByRole("table", { name: "By action" }).waitFor();
    const calls = (rows) => rows.find((row) => row.Name === "proxy.call")?.Count;
    const today = new Date().toISOString().slice(0, 10);
    const report = await api(`/audit/report?from=${today.slice(0, 8)}01`);
    assert.ok(report.rows > 10);
    assert.equal(Number(calls(await rowsOf(page, "By action"))), report.by_action.find((one) => one.action === "proxy.call").count);
    const [sum] = await rowsOf(page, "By endpoint");
    assert.deepEqual([sum.Name, Number(sum.Count)], ["vc1", report.by_endpoint[0].count]);
    const actors = await rowsOf(page, "By who");
    assert.deepEqual(actors.map((row) => row.Name).sort(), report.by_actor.map((one) => one.actor).sort());
    assert.deepEqual(await faultsInBothThemes(page), []);
    await page.emulateMedia({ media: "print" });
    assert.ok(!(await page.getByRole("navigation", { name: "Main" }).isVisible()));
    assert.ok(!(await page.getByRole("button", { name: "Print" }).isVisible()));
    assert.ok(await page.getByRole("table", { name: "By endpoint" }).isVisible());
    assert.ok((await page.pdf()).length > 10_000);
    await page.emulateMedia({ media: null });
  }));

test("the own password is changed with the current one, and the old one is over", () =>
  asAdmin("/account", async (page) => {
    assert.deepEqual(await faultsInBothThemes(page), []);
    const fresh = "another fine password";
    const change = async (current, wanted) => {
      await page.getByLabel("Current password").fill(current);
      await page.locator('[name="new_password"]').fill(wanted);
      await page.getByLabel("New password, again").fill(wanted);
      await page.getByRole("button", { name: "Change the password" }).click();
    };
    await change("not the password", fresh);
    await page.locator('[name="current_password"][aria-invalid="true"]').waitFor();
    await change(tenant.password, "short");
    await page.locator('[name="new_password"][aria-invalid="true"]').waitFor();
    await change(tenant.password, fresh);
    await page.getByText("Your password is changed.").waitFor();
    const again = await openPage(lab.browser);
    await again.page.goto(lab.controlplane.url);
    await again.page.getByLabel("Tenant").fill(tenant.name);
    await again.page.getByLabel("User name").fill(tenant.username);
    await again.page.getByLabel("Password").fill(tenant.password);
    await again.page.getByRole("button", { name: "Sign in" }).click();
    await again.page.getByText("is not right").waitFor();
    await again.page.getByLabel("Password").fill(fresh);
    await again.page.getByRole("button", { name: "Sign in" }).click();
    await again.page.getByRole("button", { name: "Sign out" }).waitFor();
    await again.context.close();
  }));

test("signing out ends the session, and going back shows nothing of it", () =>
  asAdmin("/users", async (page) => {
    const cookies = await page.context().cookies();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Tenant").waitFor();
    await page.goBack();
    await page.getByLabel("Tenant").waitFor();
    assert.equal(await page.getByRole("table").count(), 0);
    await page.context().addCookies(cookies); // whoever has kept the cookie
    await page.goto(`${lab.controlplane.url}/users`);
    await page.getByLabel("Tenant").waitFor();
  }));
