// SPDX-License-Identifier: Apache-2.0
// What the browser's own network log says was sent, and the forms in which a code could hide in it.

import { readFileSync } from "node:fs";

const SENT = ["SOCKET_BYTES_SENT", "SSL_SOCKET_BYTES_SENT", "HTTP2_SESSION_SEND_DATA"];

/** The bytes as they were before any encryption, and the log as it is. */
export function sentBytes(file) {
  const log = readFileSync(file, "utf8");
  const { constants, events } = JSON.parse(log);
  const types = new Set(SENT.map((name) => constants.logEventTypes[name]));
  const sent = events.filter((event) => types.has(event.type) && event.params?.bytes);
  const text = sent.map((event) => Buffer.from(event.params.bytes, "base64").toString("latin1")).join("\n");
  return { events: sent.length, text, log };
}

/** The secret in every form that it could travel in; shorter pieces occur by chance in what is encrypted. */
export function formsOf(code) {
  const data = code.replaceAll("-", "").slice(0, 11);
  const whole = [data, data.slice(4), code.slice(0, -1), code.slice(5, -1)];
  const all = [...whole, ...whole.map((text) => text.toLowerCase())];
  const encoded = all.flatMap((text) => {
    const bytes = Buffer.from(text);
    return [bytes.toString("hex"), bytes.toString("base64").slice(0, -3), bytes.toString("base64url").slice(0, -3)];
  });
  return [...all, ...encoded];
}
