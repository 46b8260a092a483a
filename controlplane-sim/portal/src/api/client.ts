// SPDX-License-Identifier: Apache-2.0
// The only place that talks HTTP. Every POST carries an idempotency key, so that one whose answer was lost can be sent
// again; the session's cookie goes by itself, the CSRF token beside it.

import { neutralValue } from "./neutral.ts";
import { Problem, problemOf, unreachable } from "./problem.ts";

export interface Answer<T> {
  data: T;
  etag: string | null;
}

interface CallOptions {
  body?: unknown;
  etag?: string | null;
  signal?: AbortSignal | undefined;
  keepalive?: boolean;
  unattended?: boolean; // nobody asked for it just now: it does not keep the session from idling out
}

const ATTEMPTS = 3;
const PAUSE_MS = 400;
const FORBIDDEN = "api.forbidden"; // to this role

let csrfToken = "";
let onSignedOut: () => void = () => {};
let onForbidden: () => void = () => {};
let askForPassword: () => Promise<boolean> = async () => false;

export function setCsrfToken(token: string): void {
  csrfToken = token;
}

/**
 * What to do when the session is over, when the role does not go to something that was offered (it may have changed
 * meanwhile), and when an action needs the password once more (true: it was given).
 */
export function setSessionHooks(signedOut: () => void, forbidden: () => void, stepUp: () => Promise<boolean>): void {
  onSignedOut = signedOut;
  onForbidden = forbidden;
  askForPassword = stepUp;
}

function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (octet) => octet.toString(16).padStart(2, "0")).join("");
}

function headersFor(method: string, options: CallOptions, key: string): Record<string, string> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRF-Token"] = csrfToken;
  if (method === "POST") headers["Idempotency-Key"] = key;
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  if (options.etag) headers["If-Match"] = options.etag;
  if (options.unattended) headers["Pcg-Unattended"] = "1";
  return headers;
}

/** Sends until there is an answer. Only what may be repeated is: reads, and POSTs by their key. */
async function send(method: string, path: string, options: CallOptions): Promise<Response> {
  const key = newIdempotencyKey();
  const repeatable = (method === "GET" || method === "POST") && !options.keepalive;
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetch(path, {
        method,
        headers: headersFor(method, options, key),
        body: options.body === undefined ? null : JSON.stringify(options.body),
        signal: options.signal ?? null,
        keepalive: options.keepalive ?? false,
        credentials: "same-origin",
        redirect: "error",
      });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      if (!repeatable || attempt === ATTEMPTS) throw unreachable();
      await new Promise((resume) => setTimeout(resume, PAUSE_MS * attempt));
    }
  }
}

async function call(method: string, path: string, options: CallOptions = {}): Promise<Response> {
  const response = await send(method, path, options);
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.status === 401 && !path.startsWith("/api/v1/session")) onSignedOut();
  if (problem.code === FORBIDDEN) onForbidden();
  if (problem.code === "api.step_up" && (await askForPassword())) return call(method, path, options);
  throw problem;
}

async function jsonOf<T>(response: Response): Promise<T> {
  try {
    const text = await response.text();
    return (text === "" ? undefined : JSON.parse(text, neutralValue)) as T; // 202 and 204 say all with their status
  } catch {
    throw new Problem(0, "portal.answer", "The control plane's answer was cut off. Try again.");
  }
}

export async function get<T>(path: string, signal?: AbortSignal, unattended = false): Promise<Answer<T>> {
  const response = await call("GET", path, { signal, unattended });
  return { data: await jsonOf<T>(response), etag: response.headers.get("ETag") };
}

export async function post<T>(path: string, body?: unknown): Promise<T> {
  return jsonOf<T>(await call("POST", path, { body: body ?? {} }));
}

export async function put<T>(path: string, body: unknown): Promise<T> {
  return jsonOf<T>(await call("PUT", path, { body }));
}

export async function patch<T>(path: string, body: unknown, etag: string | null): Promise<T> {
  return jsonOf<T>(await call("PATCH", path, { body, etag }));
}

export async function remove(path: string, options: { etag?: string | null; keepalive?: boolean } = {}): Promise<void> {
  await call("DELETE", path, options);
}

/** The text of a GET, or null when there is nothing yet (204); for the pairing's long polls. */
export async function poll(path: string, signal: AbortSignal): Promise<string | null> {
  const response = await call("GET", path, { signal });
  return response.status === 204 ? null : response.text();
}

/** The text of a POST's answer, for what is parsed more strictly than JSON.parse does. */
export async function postForText(path: string, body: unknown): Promise<string> {
  return (await call("POST", path, { body })).text();
}
