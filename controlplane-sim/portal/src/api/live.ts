// SPDX-License-Identifier: Apache-2.0
// Tells pages when to look again: by server-sent events, and by the clock while those cannot be had. A page that nobody
// looks at is told nothing: a browser has six connections for an origin, and each stream takes one.

import { signal } from "@preact/signals";

/** "clock" is for what changes without being told: ages, round trips, the time under a chart. */
export type Topic = "gateway" | "endpoint" | "deployment" | "audit" | "clock";

const TOLD: Topic[] = ["gateway", "endpoint", "deployment", "audit"];
const POLL_MS = 10_000;
const REOPEN_MS = 30_000;

/** "live" while the control plane tells us, "polling" while we ask. */
export const liveState = signal<"live" | "polling">("polling");

const listeners = new Map<() => void, Topic[]>();
let source: EventSource | null = null;
let timer = 0;
let openedAt = 0;

function announce(topic: Topic | null): void {
  for (const [listener, topics] of listeners) {
    if (topic === null || topics.includes(topic)) listener();
  }
}

function open(): void {
  openedAt = Date.now();
  source = new EventSource("/api/v1/events");
  source.onopen = () => {
    liveState.value = "live";
    announce(null); // what happened in between was not told
  };
  source.onerror = () => (liveState.value = "polling");
  for (const topic of TOLD) source.addEventListener(topic, () => announce(topic));
}

function close(): void {
  source?.close();
  source = null;
  liveState.value = "polling";
}

function tick(): void {
  if (document.hidden) return;
  announce(liveState.value === "live" ? "clock" : null);
  const gaveUp = source?.readyState === EventSource.CLOSED;
  if (gaveUp && Date.now() - openedAt > REOPEN_MS) open();
}

function onVisibility(): void {
  if (document.hidden) close();
  else if (!source) open();
}

export function startLive(): void {
  if (timer) return;
  timer = setInterval(tick, POLL_MS);
  document.addEventListener("visibilitychange", onVisibility);
  onVisibility();
}

export function stopLive(): void {
  document.removeEventListener("visibilitychange", onVisibility);
  clearInterval(timer);
  timer = 0;
  close();
}

/** Calls `listener` when something of these topics may have changed; returns how to stop that. */
export function subscribe(topics: Topic[], listener: () => void): () => void {
  listeners.set(listener, topics);
  return () => listeners.delete(listener);
}
