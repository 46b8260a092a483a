// SPDX-License-Identifier: Apache-2.0
// A control plane of cardboard: the API's shapes over data in memory, a gateway that pairs for real, no more rules than
// the browser tests look at. What it was sent is kept, so that tests can look for what must not be there.

import { createServer } from "node:http";

import { makeData, TENANT } from "./data.mjs";
import { StubPairing } from "./pairing.mjs";
import { serveStatic } from "./static.mjs";

export const PASSWORD = "correct horse battery staple";
const PAGE = 50;

// What the control plane wants the password again for (controlplane-sim/rest).
const ENDPOINT = "gateways/[^/]+/endpoints";
const STEP_UP = new RegExp(
  `^(POST (tokens|users|users/[^/]+/reset-password|${ENDPOINT}|${ENDPOINT}/[^/]+/(certificate|keys))` +
    `|PATCH (users/[^/]+|${ENDPOINT}/[^/]+))$`);

class Refused extends Error {
  constructor(status, code, detail, field) {
    super(detail);
    Object.assign(this, { status, code, field });
  }
}

const notFound = () => new Refused(404, "tenancy.not_found", "There is nothing of this id.");

function found(list, id) {
  const one = list.find((item) => item.id === id || item.username === id);
  if (!one) throw notFound();
  return one;
}

function without(list, id) {
  list.splice(list.indexOf(found(list, id)), 1);
  return { status: 204 };
}

export class Stub {
  received = []; // every request: method, path, headers, body
  failing = new Map(); // path -> status, for tests of error states
  delays = new Map(); // path -> milliseconds until the answer
  signInsLeft = 5;
  stepUp = false;
  signedIn = false;
  orchestratorKey = null;
  streams = new Set();
  transform = (body) => body; // of every answer, for tests of what an API could send

  static async start(portalDirectory, Responder) {
    const stub = new Stub();
    stub.directory = portalDirectory;
    stub.data = await makeData();
    stub.server = createServer((request, response) => void stub.serve(request, response));
    await new Promise((ready) => stub.server.listen(0, "127.0.0.1", ready));
    stub.url = `http://localhost:${stub.server.address().port}`;
    stub.pairing = new StubPairing(Responder, { tenantId: TENANT.id, tenantName: TENANT.name, origin: stub.url });
    return stub;
  }

  async stop() {
    for (const stream of this.streams) stream.end();
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  /** Tells the page that something of this topic changed. */
  announce(topic, id) {
    for (const stream of this.streams) stream.write(`event: ${topic}\ndata: {"id":"${id}"}\n\n`);
  }

  async serve(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    this.received.push({ method: request.method, path: request.url, headers: request.headers, body });
    const url = new URL(request.url, this.url);
    if (!/^\/(api|pair)\//.test(url.pathname)) return serveStatic(this.directory, url.pathname, response);
    if (url.pathname === "/api/v1/events") return this.stream(request, response);
    try {
      await new Promise((resume) => setTimeout(resume, this.delays.get(url.pathname) ?? 0));
      const answer = await this.answer(request.method, url, body ? JSON.parse(body) : null);
      const status = answer.status ?? 200;
      response.writeHead(status, { "Content-Type": "application/json", ETag: '"1"', ...answer.headers });
      response.end(answer.body && JSON.stringify(this.transform(answer.body)));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { status, code, message: detail, field } = error;
      const wait = status === 429 ? { "Retry-After": "3" } : {};
      response.writeHead(status, { "Content-Type": "application/problem+json", ...wait });
      response.end(JSON.stringify(this.transform({ status, code, detail, field })));
    }
  }

  stream(request, response) {
    if (!this.signedIn) return response.writeHead(401).end();
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(": here\n\n");
    this.streams.add(response);
    response.on("close", () => this.streams.delete(response)); // the request's "close" comes when it was read
  }

  session() {
    return {
      tenant: TENANT,
      username: "admin",
      role: "admin",
      csrf_token: "csrf-of-the-stub",
      expires_at: new Date(Date.now() + 3600_000).toISOString(),
      step_up_until: this.stepUp ? new Date(Date.now() + 300_000).toISOString() : null,
    };
  }

  page(items, url) {
    const start = Number(url.searchParams.get("cursor") ?? 0);
    const size = Number(url.searchParams.get("limit") ?? PAGE);
    const next = start + size < items.length ? String(start + size) : null;
    return { body: { items: items.slice(start, start + size), next_cursor: next } };
  }

  async answer(method, url, body) {
    const path = url.pathname;
    if (this.failing.has(path)) throw new Refused(this.failing.get(path), "weather", "The storage is busy.");
    if (path.startsWith("/pair/v1/")) return this.pairing.answer(method, path, url, body, notFound);
    const parts = path.split("/").slice(3);
    if (parts[0] === "session") return this.answerSession(method, parts, body);
    if (!this.signedIn) throw new Refused(401, "tenancy.unauthenticated", "Sign in first.");
    if (!this.stepUp && STEP_UP.test(`${method} ${parts.join("/")}`)) {
      throw new Refused(403, "api.step_up", "This takes your password again.");
    }
    return this[`answer_${parts[0]}`]?.(method, parts, url, body) ?? Promise.reject(notFound());
  }

  answerSession(method, parts, body) {
    if (parts[1] === "step-up") {
      if (body.password !== PASSWORD) throw new Refused(403, "api.credentials", "The password is not right.", "password");
      this.stepUp = true;
      return { body: this.session() };
    }
    if (method === "POST") {
      if (this.signInsLeft <= 0) throw new Refused(429, "api.too_many", "Too many tries to sign in.");
      if (body.password !== PASSWORD) {
        this.signInsLeft -= 1;
        throw new Refused(401, "api.credentials", "Tenant, user name or password is wrong.");
      }
      this.signedIn = true;
      return { body: this.session() };
    }
    if (!this.signedIn) throw new Refused(401, "tenancy.unauthenticated", "Sign in first.");
    if (method === "DELETE") {
      this.signedIn = false;
      return { status: 204 };
    }
    return { body: this.session() };
  }

  answer_gateways(method, parts, url, body) {
    const { gateways, timeline, metrics } = this.data;
    const [, id, part] = parts;
    if (!id) {
      const { q = "", state = "" } = Object.fromEntries(url.searchParams);
      return this.page(gateways.filter((one) => one.name.includes(q) && (!state || one.state === state)), url);
    }
    const gateway = found(gateways, id);
    if (part === "timeline") return this.page(timeline, url);
    if (part === "metrics") return { body: metrics };
    if (part === "endpoints") return this.answerEndpoints(method, parts.slice(3), url, body);
    if (method === "DELETE") return without(gateways, id);
    if (method === "PATCH") Object.assign(gateway, body);
    return { body: gateway };
  }

  answerEndpoints(method, [id, part, key], url, body) {
    const { endpoints, keys, inventory } = this.data;
    if (!id && method === "POST") return this.addEndpoint(body);
    if (!id) return this.page(endpoints, url);
    const endpoint = found(endpoints, id);
    if (part === "inventory") return this.page(inventory[url.searchParams.get("kind")] ?? [], url);
    if (part === "certificate") {
      if (body.sha256 !== endpoint.presented_certificate?.sha256) throw new Refused(409, "api.stale", "It shows another one now.");
      Object.assign(endpoint, { certificate: endpoint.presented_certificate, presented_certificate: null, state: "ok", why: "" });
    }
    if (part === "orchestrator-key") {
      if (method === "PUT") this.orchestratorKey = body.username;
      if (method === "DELETE") this.orchestratorKey = null;
      return method === "DELETE" ? { status: 204 } : { body: { username: this.orchestratorKey } };
    }
    if (part === "keys" && method === "GET") return this.page(keys, url);
    if (part === "keys" && method === "DELETE") return without(keys, key);
    if (part === "keys") {
      const made = { id: `ak_${keys.length + 1}`, created_at: new Date().toISOString(), expires_at: null, last_used_at: null, ...body };
      keys.push(made);
      return { status: 201, body: { ...made, username: "pcg-key", password: "shown-only-once" } };
    }
    if (method === "DELETE") return without(endpoints, id);
    return { body: endpoint };
  }

  addEndpoint(body) {
    if (this.data.endpoints.some((one) => one.name === body.name)) {
      throw new Refused(409, "api.name_taken", "There is an endpoint of this name.", "name");
    }
    if (!/^[\w.:[\]-]+$/.test(body.address.replace(/^https:\/\/|\/$/g, ""))) {
      throw new Refused(400, "api.field", "An address is a host name, with a port if need be.", "address");
    }
    const target = body.address.replace(/^https:\/\/|\/$/g, "");
    const made = {
      id: `ep_${body.name}`, name: body.name, kind: body.kind, state: "untrusted", why: "Its certificate was not approved yet.", target,
      certificate: null, presented_certificate: this.data.endpoints[0].certificate, checked_at: new Date().toISOString(),
    };
    this.data.endpoints.push(made);
    return { status: 201, body: made };
  }

  answer_deployments(method, parts, url, body) {
    const { deployments } = this.data;
    const [, id, part] = parts;
    const machinesOf = (spec) => [
      ...Array.from({ length: spec.control_plane_count }, (_, i) => ({ name: `${spec.name}-cp-${i + 1}`, role: "control-plane" })),
      ...Array.from({ length: spec.worker_count }, (_, i) => ({ name: `${spec.name}-w-${i + 1}`, role: "worker" })),
    ];
    if (id === "plan") {
      if (body.cpu > 64) throw new Refused(400, "api.field", "A machine has at most 64 CPUs here.", "cpu");
      return { body: { spec: body, machines: machinesOf(body), placement: { folder: "/DC0/vm", datastore: "LocalDS_0" } } };
    }
    if (!id && method === "POST") {
      const machines = machinesOf(body).map((one) => ({ ...one, state: "planned", addresses: [] }));
      const made = {
        id: `dp_${body.name}`, name: body.name, spec: body, state: "deploying", why: "", machines,
        progress: { done: 0, total: machines.length }, created_at: new Date().toISOString(),
      };
      deployments.unshift(made);
      return { status: 201, body: made };
    }
    if (!id) return this.page(deployments, url);
    const deployment = found(deployments, id);
    if (part === "abandon") {
      deployments.splice(deployments.indexOf(deployment), 1);
      return { body: { id, name: deployment.name, left_behind: deployment.machines.map(({ name, vm }) => ({ name, vm })) } };
    }
    if (part === "scale") Object.assign(deployment.spec, body);
    if (part === "retry") deployment.state = "deploying";
    if (method === "DELETE") deployment.state = "deleting";
    return method === "DELETE" ? { status: 204 } : { body: deployment };
  }

  answer_audit(method, [, part], url) {
    const filters = Object.fromEntries(url.searchParams);
    const rows = this.data.audit.filter(
      (row) => (!filters.outcome || row.outcome === filters.outcome) && (!filters.action || row.action === filters.action));
    if (part !== "report") return this.page(rows, url);
    const sum = (member, name) => {
      const counts = new Map();
      for (const row of rows) counts.set(name(row), (counts.get(name(row)) ?? 0) + 1);
      const rest = { refused: 1, failed: 0, unknown: 0, duration_ms: 900, bytes_up: 4096, bytes_down: 1048576 };
      return Array.from(counts, ([key, count]) => ({ [member]: key, count, success: count - 1, ...rest }));
    };
    return {
      body: {
        rows: rows.length,
        by_outcome: { success: rows.length - 3, refused: 2, failed: 1, unknown: 0 },
        by_action: sum("action", (row) => row.action),
        by_actor: sum("actor", (row) => row.actor.name),
        by_endpoint: sum("id", (row) => row.target.id),
      },
    };
  }

  answer_users(method, [, name, part], url, body) {
    const { users } = this.data;
    if (part === "reset-password") return { body: { password: "a-new-password" } };
    if (!name && method === "POST") {
      const made = { ...body, created_at: new Date().toISOString(), last_sign_in_at: null };
      users.push(made);
      return { status: 201, body: { ...made, password: "first-password" } };
    }
    if (!name) return this.page(users, url);
    if (method === "DELETE") return without(users, name);
    return { body: Object.assign(found(users, name), method === "PATCH" ? body : {}) };
  }

  answer_tokens(method, [, id], url, body) {
    const { tokens } = this.data;
    if (method === "DELETE") return without(tokens, id);
    if (method === "GET") return this.page(tokens, url);
    const made = { id: `tk_${tokens.length + 1}`, username: "admin", created_at: new Date().toISOString(), expires_at: null, last_used_at: null, ...body };
    tokens.push(made);
    return { status: 201, body: { ...made, token: "pcg_shown-only-once" } };
  }

  answer_me(method, parts, url, body) {
    if (body.current_password !== PASSWORD) {
      throw new Refused(403, "api.credentials", "This is not your password.", "current_password");
    }
    return { status: 204 };
  }
}
