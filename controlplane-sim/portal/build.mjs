// SPDX-License-Identifier: Apache-2.0
// usage: node build.mjs OUT_DIR
// Bundles the portal into static files: index.html, and assets/ with a hash of the content in every name, each beside
// its gzip and brotli form. Nothing is minified twice, nothing is fetched.

import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { build } from "esbuild";

import { trimCss } from "./trim_css.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const BROWSERS = ["chrome115", "firefox115", "safari16.4"];
const COMPRESSED = new Set([".js", ".css", ".html", ".svg", ".txt"]);

async function bundle(entryPoints, options) {
  const result = await build({
    absWorkingDir: here,
    entryPoints,
    outdir: "/",
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    target: BROWSERS,
    legalComments: "none",
    entryNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    assetNames: "[name]-[hash]",
    loader: { ".woff2": "file", ".svg": "file" },
    ...options,
  });
  const files = new Map(result.outputFiles.map((file) => [basename(file.path), Buffer.from(file.contents)]));
  const named = (source) => {
    const [path] = Object.entries(result.metafile.outputs).find(([, output]) => output.entryPoint === source);
    return basename(path);
  };
  /** The chunks that this one needs before it can run, however deep. */
  const needed = (name, seen = new Set()) => {
    const [, output] = Object.entries(result.metafile.outputs).find(([path]) => basename(path) === name);
    for (const { kind, path } of output.imports) {
      if (kind !== "import-statement" || seen.has(basename(path))) continue;
      seen.add(basename(path));
      needed(basename(path), seen);
    }
    return seen;
  };
  return { files, named, needed };
}

function hashed(name, content) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase();
  return `${basename(name, extname(name))}-${hash}${extname(name)}`;
}

/** The style sheet without what no component uses, and the fonts that are left in it. */
async function styles(sources) {
  const { files } = await bundle(["src/style/portal.css"], { entryNames: "[name]" });
  const css = trimCss(files.get("portal.css"), sources);
  const fonts = [...files].filter(([name]) => name.endsWith(".woff2") && css.includes(name));
  return { css: Buffer.from(css), fonts };
}

const SHIPPED = ["preact", "@preact/signals", "@preact/signals-core", "@noble/curves", "@noble/hashes"];

/** The licences of what is in the bundle, as their owners ask. */
async function licences() {
  const texts = [await readFile(join(here, "THIRD-PARTY.md"), "utf8")];
  for (const name of SHIPPED) texts.push(`${name}\n\n${await readFile(join(here, "node_modules", name, "LICENSE"), "utf8")}`);
  return Buffer.from(texts.join("\n\n"));
}

async function assemble() {
  const scripts = await bundle(["src/main.tsx"], { format: "esm", splitting: true });
  const theme = await bundle(["src/theme.ts"], { format: "iife" }); // a classic script: it runs before the first paint
  const code = Buffer.concat([...scripts.files.values()]).toString();
  const { css, fonts } = await styles(code);
  const cssName = hashed("portal.css", css);
  const icon = await readFile(join(here, "src/favicon.svg"));
  const iconName = hashed("favicon.svg", icon);
  const main = scripts.named("src/main.tsx");
  // Asked for at once, not one after the other as each is read.
  const preloads = Array.from(scripts.needed(main), (name) => `<link rel="modulepreload" href="/assets/${name}">`);
  const page = (await readFile(join(here, "src/index.html"), "utf8"))
    .replace("@THEME@", `/assets/${theme.named("src/theme.ts")}`)
    .replace("@MAIN@", `/assets/${main}`)
    .replace("@PRELOADS@", preloads.join("\n    "))
    .replace("@STYLE@", `/assets/${cssName}`)
    .replace("@ICON@", `/assets/${iconName}`);
  const assets = [...scripts.files, ...theme.files, ...fonts, [cssName, css], [iconName, icon]];
  const root = [["index.html", Buffer.from(page)], ["licences.txt", await licences()]];
  return new Map([...root, ...assets.map(([name, content]) => [`assets/${name}`, content])]);
}

async function writeCompressed(path, content) {
  await writeFile(path, content);
  if (!COMPRESSED.has(extname(path))) return;
  await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }));
  const quality = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  await writeFile(`${path}.br`, brotliCompressSync(content, { params: quality }));
}

async function main(outDir) {
  const files = await assemble();
  // Made beside it and then put in its place, so that a portal that is being served is never half there for long.
  const fresh = `${outDir}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(join(fresh, "assets"), { recursive: true });
  for (const [name, content] of files) await writeCompressed(join(fresh, name), content);
  await rm(outDir, { recursive: true, force: true });
  await rename(fresh, outDir);
  console.log(`portal: ${files.size} files in ${outDir}`);
}

if (!process.argv[2]) {
  console.error("usage: node build.mjs OUT_DIR");
  process.exit(2);
}
await main(resolve(process.argv[2]));
