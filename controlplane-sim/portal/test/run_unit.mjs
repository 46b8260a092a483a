// SPDX-License-Identifier: Apache-2.0
// usage: node run_unit.mjs BUILD_DIR: type-checks everything, bundles test/unit/*.test.ts and runs them with node:test.

import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const tsc = join(here, "../node_modules/.bin/tsc");
for (const project of ["..", "."]) {
  const check = spawnSync(tsc, ["--noEmit", "-p", join(here, project)], { stdio: "inherit" });
  if (check.status !== 0) process.exit(1);
}

const out = resolve(process.argv[2], "portal-unit");
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const names = readdirSync(join(here, "unit")).filter((name) => name.endsWith(".test.ts"));
await build({
  absWorkingDir: here,
  entryPoints: names.map((name) => `unit/${name}`),
  outdir: out,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node18",
  // Node 18 has no global `crypto` in modules.
  banner: { js: 'import { webcrypto } from "node:crypto"; globalThis.crypto ??= webcrypto;' },
});
const files = names.map((name) => join(out, name.replace(/\.ts$/, ".mjs")));
const run = spawnSync(process.execPath, ["--test", ...files], {
  stdio: "inherit",
  env: { ...process.env, PCG_SOURCE_DIR: resolve(here, "../../..") },
});
process.exit(run.status ?? 1);
