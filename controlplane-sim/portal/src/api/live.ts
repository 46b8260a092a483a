// SPDX-License-Identifier: Apache-2.0
// Tells pages when to look again: by server-sent events, and by the clock while those cannot be had.

import { signal } from "@preact/signals";

export type Topic = "gateway" | "endpoint" | "deployment" | "audit" | "session";

const TOPICS: Topic[] = ["gateway", "endpoint", "deployment", "audit", "session"];
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
  for (const topic of TOPICS) source.addEventListener(topic, () => announce(topic));
}

function tick(): void {
  if (liveState.value === "live" || document.hidden) return;
  announce(null);
  const gaveUp = source?.readyState === EventSource.CLOSED;
  if (gaveUp && Date.now() - openedAt > REOPEN_MS) open();
}

export function startLive(): void {
  if (source) return;
  open();
  timer = setInterval(tick, POLL_MS);
}

export function stopLive(): void {
  source?.close();
  source = null;
  clearInterval(timer);
  liveState.value = "polling";
}

/** Calls `listener` when something of these topics may have changed; returns how to stop that. */
export function subscribe(topics: Topic[], listener: () => void): () => void {
  listeners.set(listener, topics);
  return () => listeners.delete(listener);
}
