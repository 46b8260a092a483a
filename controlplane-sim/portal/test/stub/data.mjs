// SPDX-License-Identifier: Apache-2.0
// A tenant with something of everything, in the API's shape.

import { webcrypto as crypto } from "node:crypto";

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const at = (minutesAgo) => new Date(NOW - minutesAgo * 60_000).toISOString();
const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
const hex = (seed) => Array.from({ length: 32 }, (_, i) => ((i * 37 + seed) % 256).toString(16).padStart(2, "0")).join("");

export const TENANT = { id: "tn_01jd3v8z9q4m6x2c7b5k0h1w8e", name: "Tenant A" };

function lengthValue(bytes) {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(bytes.length);
  return Buffer.concat([head, bytes]);
}

function gatewayIdOf(spkiSha256) {
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  let value = BigInt("0x" + Buffer.from(spkiSha256.slice(0, 16)).toString("hex")) << 2n;
  let text = "";
  for (let i = 0; i < 26; i++, value >>= 5n) text = alphabet[Number(value & 31n)] + text;
  return "gw_" + text;
}

/** A gateway with keys of its own, so that what the browser checks and seals is real. */
async function makeGateway(name, more) {
  const device = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const sealing = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", device.publicKey));
  const point = Buffer.from(await crypto.subtle.exportKey("raw", sealing.publicKey));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", spki));
  const id = gatewayIdOf(digest);
  const statement = Buffer.concat([Buffer.from("PCG-SEAL-KEY-1"), lengthValue(Buffer.from(id)), lengthValue(point)]);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, device.privateKey, statement);
  return {
    id,
    name,
    state: "online",
    why: "",
    version: "0.1.0",
    epoch: 1,
    bound_at: at(60 * 24 * 12),
    kind: "paired",
    link: { why: "", path: "direct to 192.0.2.1:4222, TLSv1.3", rtt_ms: 14.2, clock_offset_ms: 3.1, last_heartbeat_ms_ago: 1800 },
    layers: [
      { name: "host", state: "ok", text: "Version 0.1.0 runs, its clock is right to 0.0 s.", next_step: "" },
      { name: "link", state: "ok", text: "Connected: direct to 192.0.2.1:4222, round trip 14.2 ms.", next_step: "" },
      { name: "identity", state: "ok", text: "Paired on 2026-11-09T12:00:00.000Z (epoch 1).", next_step: "" },
      { name: "endpoint vc1", state: "ok", text: "It answers, and its credentials are accepted.", next_step: "" },
      { name: "endpoint vc2", state: "failed", text: "It shows another certificate.", next_step: "Compare the SHA-256, then approve it." },
    ],
    device_spki_sha256: Buffer.from(digest).toString("hex"),
    sealing: { key_id: "c7a79a6f110fafaf", public_key: base64url(point), signature: base64url(signature), device_spki: base64url(spki) },
    remote: { endpoints: true, keys: true },
    ...more,
  };
}

const certificate = (seed, subject, issuer) => ({
  sha256: hex(seed),
  subject,
  issuer,
  not_before: at(60 * 24 * 200),
  not_after: at(-60 * 24 * 500),
});

function makeEndpoints() {
  const trusted = certificate(3, "CN=vc1.dc-berlin.example", "CN=Example Internal CA");
  const old = certificate(9, "CN=vc2.dc-berlin.example", "CN=Example Internal CA");
  const fresh = certificate(77, "CN=vc2.dc-berlin.example", "CN=Example Internal CA 2");
  const common = { why: "", certificate: trusted, presented_certificate: null, checked_at: at(2) };
  return [
    { ...common, id: "ep_vc1", name: "vc1", kind: "vcenter", state: "ok", target: "vc1.dc-berlin.example:443", ingress_url: "https://127.0.0.1:19443" },
    {
      ...common, id: "ep_vc2", name: "vc2", kind: "vcenter", state: "certificate_changed", target: "vc2.dc-berlin.example:443",
      ingress_url: "https://127.0.0.1:19444", why: "It shows another certificate than the one that was approved.",
      certificate: old, presented_certificate: fresh,
    },
    { ...common, id: "ep_maas1", name: "maas1", kind: "maas", state: "ok", target: "maas.dc-berlin.example:5443", ingress_url: "https://127.0.0.1:19445" },
  ];
}

const SPEC = {
  control_plane_count: 3, worker_count: 2, template: "/DC0/vm/templates/debian-12", cpu: 4, memory_mib: 8192, disk_gib: 60,
  network: "/DC0/network/VM Network", ssh_keys: [],
};

function makeDeployments(gatewayId) {
  const machine = (name, role, state, more = {}) => ({ name, role, state, why: "", addresses: [], changed_at: at(3), ...more });
  return [
    {
      id: "dp_prod", name: "prod", spec: { ...SPEC, name: "prod", gateway_id: gatewayId, endpoint_id: "ep_vc1" },
      state: "deploying", why: "", progress: { done: 2, total: 5 }, created_at: at(9),
      machines: [
        machine("prod-cp-1", "control-plane", "ready", { addresses: ["192.0.2.11"] }),
        machine("prod-cp-2", "control-plane", "ready", { addresses: ["192.0.2.12"] }),
        machine("prod-cp-3", "control-plane", "waiting_for_address"),
        machine("prod-w-1", "worker", "cloning"),
        machine("prod-w-2", "worker", "planned"),
      ],
    },
    {
      id: "dp_edge", name: "edge", spec: { ...SPEC, name: "edge", gateway_id: gatewayId, endpoint_id: "ep_vc1" },
      state: "failed", why: "The datastore is full.", progress: { done: 0, total: 1 }, created_at: at(600),
      machines: [machine("edge-cp-1", "control-plane", "failed", { why: "InsufficientStorageSpace" })],
    },
    {
      id: "dp_metal", name: "metal", state: "deleting", deleting: true, why: "", progress: { done: 0, total: 2 }, created_at: at(700),
      spec: {
        name: "metal", gateway_id: gatewayId, endpoint_id: "ep_maas1", control_plane_count: 1, worker_count: 1,
        image: "ubuntu/jammy", zone: "az1", tags: ["gpu"], cpu: 8, ssh_keys: [],
      },
      machines: [
        machine("metal-cp-1", "control-plane", "deleting", { vm: "4y3ha3" }),
        machine("metal-worker-1", "worker", "deleting", { vm: "4y3ha4" }),
      ],
    },
  ];
}

function makeAudit() {
  const actions = ["session.create", "gateway.pair", "endpoint.add", "proxy.call", "deployment.create", "key.create"];
  const outcomes = ["success", "success", "success", "refused", "failed"];
  return Array.from({ length: 130 }, (_, i) => ({
    seq: 130 - i,
    at: at(i * 7),
    actor: { kind: i % 3 ? "user" : "orchestrator", name: i % 3 ? "admin" : "deployer" },
    action: actions[i % actions.length],
    target: { kind: "endpoint", id: "ep_vc1", name: "vc1" },
    outcome: outcomes[i % outcomes.length],
    duration_ms: 12 + (i % 40) * 3,
    bytes_up: 400 + i,
    bytes_down: 12_000 + i * 97,
    detail: i % 6 === 3 ? "RetrievePropertiesEx" : "",
  }));
}

const wave = (size, base, swing) => Array.from({ length: size }, (_, i) => Math.max(0, base + swing * Math.sin(i / 5) + ((i * 7) % 5)));

const METRICS = {
  step_s: 60,
  from: at(60),
  series: [
    {
      endpoint_id: "ep_vc1", name: "vc1", calls: wave(60, 40, 18), errors: wave(60, 0, 2), p50_ms: wave(60, 14, 4),
      p99_ms: wave(60, 60, 20).map((value, i) => (i > 20 && i < 26 ? null : value)), bytes_up: wave(60, 90_000, 40_000),
      bytes_down: wave(60, 900_000, 300_000),
    },
  ],
};

const INVENTORY = {
  templates: [
    { id: "vm-101", name: "debian-12", path: "/DC0/vm/templates/debian-12", parent: "group-v3", guest: "debian12_64Guest" },
    { id: "vm-102", name: "flatcar", path: "/DC0/vm/templates/flatcar", parent: "group-v3", guest: "other5xLinux64Guest" },
  ],
  networks: [{ id: "network-7", name: "VM Network", path: "/DC0/network/VM Network", parent: "group-n6" }],
  datastores: [{ id: "datastore-52", name: "LocalDS_0", path: "/DC0/datastore/LocalDS_0", parent: "group-s5", free_bytes: 8796093022208 }],
  machines: [
    {
      id: "4y3ha3", name: "node-1", path: "node-1.maas", parent: "default", status: "Ready", power: "off", cpu: 8,
      memory_mib: 16384, tags: ["gpu", "virtual"], zone: "az1", pool: "default",
    },
  ],
  pools: [{ id: "0", name: "default", path: "default", parent: null }],
  zones: [{ id: "2", name: "az1", path: "az1", parent: null, description: "First room" }],
  images: ["ga-22.04", "hwe-22.04"].map((kernel, i) => (
    { id: `${i + 1}`, name: "ubuntu/jammy", path: "ubuntu/jammy", parent: null, architecture: `amd64/${kernel}`, type: "Synced" })),
  datacenters: [{ id: "datacenter-2", name: "DC0", path: "/DC0", parent: "group-d1" }],
};

export async function makeData() {
  const berlin = await makeGateway("dc-berlin");
  const lost = await makeGateway("dc-oslo", {
    state: "offline", why: "",
    link: { why: "No heartbeat for 4 minutes", path: "direct", rtt_ms: null, clock_offset_ms: null, last_heartbeat_ms_ago: 241_000 },
  });
  return {
    gateways: [berlin, lost],
    endpoints: makeEndpoints(),
    keys: [{ id: "ak_1", label: "terraform", role: "deploy", created_at: at(9000), expires_at: at(-60 * 24 * 60), last_used_at: at(11) }],
    deployments: makeDeployments(berlin.id),
    audit: makeAudit(),
    users: [
      { username: "admin", role: "admin", created_at: at(60 * 24 * 40), last_sign_in_at: at(1) },
      { username: "operator", role: "operator", created_at: at(60 * 24 * 30), last_sign_in_at: null },
    ],
    tokens: [{ id: "tk_1", label: "ci", role: "operator", username: "admin", created_at: at(9000), expires_at: null, last_used_at: at(50) }],
    timeline: [
      { at: at(2), kind: "endpoint", severity: "warning", text: "vc2 shows another certificate", cause: "SHA-256 differs from the approved one" },
      { at: at(180), kind: "link", severity: "success", text: "Online", cause: "Direct TLS, 14 ms" },
      { at: at(184), kind: "link", severity: "danger", text: "Offline", cause: "No heartbeat for 15 s" },
      { at: at(60 * 24 * 12), kind: "pairing", severity: "info", text: "Paired", cause: "by admin, in the browser" },
    ],
    metrics: METRICS,
    inventory: INVENTORY,
  };
}
