// SPDX-License-Identifier: Apache-2.0
// usage: node run_browser.mjs BUILD_DIR PORTAL_DIR [FILE...]: runs the named files of test/browser, or all that need no
// lab, with the portal that was built into PORTAL_DIR.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const [buildDir, portalDir, ...named] = process.argv.slice(2);
const out = resolve(buildDir, "portal-browser");
mkdirSync(out, { recursive: true });
// The stub's gateway speaks the pairing protocol with the portal's own primitives.
const responder = join(out, "responder.mjs");
await build({
  absWorkingDir: here,
  entryPoints: ["unit/responder.ts"],
  outfile: responder,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node18",
  banner: { js: 'import { webcrypto } from "node:crypto"; globalThis.crypto ??= webcrypto;' },
});
const withoutLab = readdirSync(join(here, "browser")).filter((name) => /^(?!lab).*\.test\.mjs$/.test(name));
const names = named.length > 0 ? named : withoutLab;
// One file at a time: each has a browser, and browsers are heavy.
let failed = 0;
for (const name of names.sort()) {
  const run = spawnSync(process.execPath, ["--test", join(here, "browser", name)], {
    stdio: "inherit",
    env: { ...process.env, PCG_PORTAL: resolve(portalDir), PCG_RESPONDER: responder, PCG_WORK: out },
  });
  if (run.status !== 0) failed = 1;
}
process.exit(failed);
