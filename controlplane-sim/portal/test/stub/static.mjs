// SPDX-License-Identifier: Apache-2.0
// Serves the built portal as the control plane does: the strict policy, index.html for every page's address.

import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; " +
  "form-action 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

export async function serveStatic(directory, path, response) {
  const name = extname(path) ? normalize(path) : "/index.html";
  const headers = {
    "Content-Security-Policy": POLICY,
    "Content-Type": TYPES[extname(name)] ?? "application/octet-stream",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": name === "/index.html" ? "no-cache" : "public, max-age=31536000, immutable",
  };
  try {
    const content = await readFile(join(directory, name));
    response.writeHead(200, headers).end(content);
  } catch {
    response.writeHead(404).end();
  }
}
