// SPDX-License-Identifier: Apache-2.0
// What the API answers (docs/api/controlplane.openapi.yaml), as far as the portal reads it.

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export type UserRole = "admin" | "operator" | "auditor";

export interface Session {
  tenant: { id: string; name: string };
  username: string;
  role: UserRole;
  csrf_token: string;
  expires_at: string;
  step_up_until: string | null;
}

export type GatewayState = "pairing" | "online" | "offline";

export interface Gateway {
  id: string;
  name: string;
  state: GatewayState;
  why?: string;
  version: string;
  epoch: number;
  bound_at: string;
  kind?: "paired" | "system";
  /** Sentences to act on, also while it is online. */
  warnings?: string[];
  link: {
    why: string;
    path?: string | null;
    rtt_ms?: number | null;
    clock_offset_ms?: number | null;
    last_heartbeat_ms_ago?: number | null;
  };
}

export interface Layer {
  name: string;
  state: "ok" | "warning" | "failed" | "unknown";
  text: string;
  next_step: string;
}

export interface GatewayDetail extends Gateway {
  layers?: Layer[];
  device_spki_sha256?: string;
  sealing?: { key_id: string; public_key: string; signature: string; device_spki: string } | null;
  remote?: { endpoints: boolean; keys: boolean };
}

export type Severity = "info" | "success" | "warning" | "danger";

export interface TimelineEntry {
  at: string;
  kind: string;
  severity: Severity;
  text: string;
  cause: string;
}

export interface MetricSeries {
  endpoint_id: string;
  name: string;
  calls: number[];
  errors: number[];
  p50_ms: (number | null)[];
  p99_ms: (number | null)[];
  bytes_up: number[];
  bytes_down: number[];
}

export interface Metrics {
  step_s: number;
  from: string;
  series: MetricSeries[];
}

export type EndpointKind = "vcenter" | "maas";

export interface Certificate {
  sha256: string;
  subject: string;
  issuer: string;
  not_before: string;
  not_after: string;
}

export interface Endpoint {
  id: string;
  name: string;
  kind: EndpointKind;
  state: string;
  why: string;
  ingress_url?: string | null;
  ingress_host?: string;
  target?: string | null;
  certificate?: Certificate | null;
  presented_certificate?: Certificate | null;
  checked_at?: string | null;
}

export type KeyRole = "inventory" | "deploy" | "full";

export interface AccessKey {
  id: string;
  label: string;
  role: KeyRole;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
}

export interface InventoryItem {
  id: string;
  name: string;
  path?: string;
  parent?: string | null;
  [fact: string]: unknown;
}

export interface DeploymentSpec {
  name: string;
  gateway_id: string;
  endpoint_id: string;
  control_plane_count: number;
  worker_count: number;
  /** At a vCenter; at a MAAS it is an image. */
  template?: string;
  image?: string;
  cpu?: number;
  memory_mib?: number;
  disk_gib?: number;
  network?: string;
  folder?: string;
  datastore?: string;
  resource_pool?: string;
  zone?: string;
  tags?: string[];
  ssh_keys?: string[];
  user_data?: string;
  user_data_sha256?: string;
}

export interface Machine {
  name: string;
  role: "control-plane" | "worker";
  state: string;
  why?: string;
  vm?: string | null;
  addresses?: string[];
  changed_at?: string;
}

export interface Deployment {
  id: string;
  name: string;
  deleting?: boolean;
  spec: DeploymentSpec;
  state: "planning" | "deploying" | "ready" | "scaling" | "deleting" | "failed";
  why: string;
  progress: { done: number; total: number };
  machines: Machine[];
  created_at: string;
}

export interface AuditEntry {
  seq: number;
  at: string;
  actor: { kind: string; name: string };
  action: string;
  target: { kind: string; id: string; name: string };
  outcome: "success" | "refused" | "failed" | "unknown";
  duration_ms: number | null;
  bytes_up: number | null;
  bytes_down: number | null;
  detail: string;
}

export interface User {
  username: string;
  role: UserRole;
  created_at: string;
  last_sign_in_at: string | null;
}

export interface ApiToken {
  id: string;
  label: string;
  role: UserRole;
  username: string;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
}
