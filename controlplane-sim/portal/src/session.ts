// SPDX-License-Identifier: Apache-2.0
// Who is signed in. `undefined` until the control plane was asked, `null` when nobody is.

import { signal } from "@preact/signals";

import { get, post, remove, setCsrfToken, setSessionHooks } from "./api/client.ts";
import { startLive, stopLive } from "./api/live.ts";
import { asProblem, type Problem } from "./api/problem.ts";
import type { Session, UserRole } from "./api/types.ts";

const PATH = "/api/v1/session";
// A session ends half an hour after its last use. What a page asks by itself is no use; what a person does is, also when
// it needs no request, as filling in a form.
const NOTE_USE_MS = 5 * 60_000;

export const session = signal<Session | null | undefined>(undefined);
/** Why the first look failed, when it was not for being signed out. */
export const sessionProblem = signal<Problem | null>(null);
/** True when a session ended by itself. */
export const sessionEnded = signal(false);
/** Set while the password is asked for once more: settles what waits for it. */
export const stepUpRequest = signal<((given: boolean) => void) | null>(null);

let usedAt = 0;

function onUse(): void {
  if (Date.now() - usedAt < NOTE_USE_MS) return;
  usedAt = Date.now();
  void lookAgain();
}

function watchUse(on: boolean): void {
  for (const kind of ["pointerdown", "keydown"]) {
    if (on) document.addEventListener(kind, onUse);
    else document.removeEventListener(kind, onUse);
  }
}

function adopt(found: Session): void {
  if (!session.value) {
    usedAt = Date.now();
    watchUse(true);
  }
  setCsrfToken(found.csrf_token);
  session.value = found;
  sessionEnded.value = false;
  startLive();
}

function drop(): void {
  watchUse(false);
  stopLive();
  setCsrfToken("");
  session.value = null;
}

setSessionHooks(
  () => {
    if (session.value) sessionEnded.value = true;
    drop();
  },
  () => void lookAgain(),
  () => new Promise((settle) => (stepUpRequest.value = settle)),
);

export async function loadSession(): Promise<void> {
  sessionProblem.value = null;
  try {
    adopt((await get<Session>(PATH)).data);
  } catch (error) {
    const problem = asProblem(error);
    if (problem.status === 401) drop();
    else sessionProblem.value = problem;
  }
}

/** The role may have changed; a look that fails changes nothing. */
async function lookAgain(): Promise<void> {
  try {
    adopt((await get<Session>(PATH)).data);
  } catch {
    // whatever it is, the next action says so
  }
}

export async function signIn(tenant: string, username: string, password: string): Promise<void> {
  adopt(await post<Session>(PATH, { tenant, username, password }));
}

export async function signOut(): Promise<void> {
  try {
    await remove(PATH);
  } finally {
    drop();
  }
}

/** Shows once more that the person at the keyboard knows the password. */
export async function stepUp(password: string): Promise<void> {
  adopt(await post<Session>(`${PATH}/step-up`, { password }));
}

export function steppedUp(): boolean {
  const until = session.value?.step_up_until;
  return Boolean(until && Date.parse(until) > Date.now());
}

const RANK: Record<UserRole, number> = { auditor: 0, operator: 1, admin: 2 };

/** What the person may be offered; the server decides for itself. */
export function may(role: UserRole): boolean {
  return session.value ? RANK[session.value.role] >= RANK[role] : false;
}
