#!/usr/bin/env node
// Bundles src/ into dist/ with one chunk per lazy import, so a command loads only what it uses.
// Does nothing when dist/ is newer than every input.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { root } from "./bootstrap.mjs";
import { buildUi } from "./build-ui.mjs";
import { builtinImports } from "./builtin-imports.mjs";
import { whatsappLibrary } from "./whatsapp/library.mjs";

const inputs = [
  "src",
  "ui",
  "package.json",
  "package-lock.json",
  "scripts/build.mjs",
  "scripts/build-ui.mjs",
  "scripts/builtin-imports.mjs",
  "scripts/whatsapp",
];

/**
 * What nearly every command loads lies in one chunk: a file costs half a millisecond to find, read and link. What
 * `--help` needs stays apart from it.
 */
const chunkGroups = [
  { name: "start", tags: ["$initial"], priority: 2 },
  { name: "terminal", test: /[/\\]src[/\\]cli[/\\]terminal\.ts$/, priority: 2 },
  // Many small files that many parts need one or two of.
  { name: "guard", test: /[/\\]src[/\\]guard[/\\]/, priority: 1 },
  {
    name: "command",
    test: /[/\\]src[/\\](?:cli[/\\](?:context|output|parse|options|remote-options|format|local-facts|health-report|probe|connect-errors)\.ts|client[/\\](?:index|node-socket|loopback-socket)\.ts|config[/\\]quick[/\\]index\.ts|core[/\\][\w-]+\.ts|state[/\\]index\.ts)$/,
    priority: 1,
  },
];

/** Digest over names and contents: the only staleness test that survives clones, checkouts and clock skew. */
export function sourceDigest() {
  const hash = createHash("sha256");
  const add = (path) => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    let entries;
    try {
      entries = readdirSync(full, { withFileTypes: true });
    } catch {
      hash.update(path).update("\0").update(readFileSync(full));
      return;
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (!/\.test\.tsx?$/.test(entry.name)) add(`${path}/${entry.name}`);
    }
  };
  for (const path of inputs) add(path);
  return hash.digest("hex");
}

const stamp = join(root, "dist", ".source-digest");

export async function build({ quiet = false } = {}) {
  const digest = sourceDigest();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return false;
  const started = Date.now();
  const { rolldown } = await import("rolldown");
  const whatsapp = whatsappLibrary();
  const bundle = await rolldown({
    input: { cli: join(root, "src/cli/main.ts") },
    platform: "node",
    external: [/^node:/, "@lydell/node-pty", "bufferutil", "utf-8-validate", ...whatsapp.left],
    treeshake: true,
    plugins: [builtinImports(), whatsapp],
    logLevel: "warn",
    // The command line loads late what the parts loaded late import outright.
    checks: { ineffectiveDynamicImport: false },
  });
  // Built beside and swapped in, so a gateway or CLI that is starting never sees half a dist/.
  const next = join(root, `dist.${process.pid}.tmp`);
  rmSync(next, { recursive: true, force: true });
  try {
    const { output } = await bundle.write({
      dir: next,
      format: "esm",
      entryFileNames: "[name].js",
      chunkFileNames: "[name]-[hash].js",
      // Functions and classes keep their names: a stack in a log has to be read, and errors are known by theirs.
      minify: { compress: true, mangle: { keepNames: true }, codegen: { removeWhitespace: true } },
      comments: false,
      // One "…" in a file, and Node keeps all of its text at two bytes a character.
      charset: "ascii",
      codeSplitting: { groups: chunkGroups },
    });
    await bundle.close();
    const page = await buildUi(join(next, "ui"));
    writeFileSync(
      join(next, "THIRD_PARTY_LICENSES.txt"),
      licences([...output, ...page, { moduleIds: whatsapp.moduleIds() }]),
    );
  } catch (error) {
    rmSync(next, { recursive: true, force: true });
    throw error;
  }
  writeFileSync(join(next, ".source-digest"), digest);
  const dist = join(root, "dist");
  const old = join(root, `dist.${process.pid}.old`);
  mkdirSync(dist, { recursive: true });
  renameSync(dist, old);
  renameSync(next, dist);
  rmSync(old, { recursive: true, force: true });
  if (!quiet) console.error(`openclaw: built dist/ in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return true;
}

/** The licence text of every package that went into the bundle: their licences ask for it. */
function licences(output) {
  // By folder: a package may be nested below the one that needs it, in a version of its own.
  const folders = new Map();
  for (const chunk of output) {
    for (const id of chunk.moduleIds ?? []) {
      const [, folder, name] = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\/(?!.*node_modules)/.exec(id) ?? [];
      if (folder) folders.set(resolve(root, folder.replaceAll("\0", "")), name);
    }
  }
  return [...folders]
    .sort(([a, first], [b, second]) => first.localeCompare(second) || a.localeCompare(b))
    .map(([folder, name]) => {
      const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file ? readFileSync(join(folder, file), "utf8").trim() : "";
      return `${name} ${version} (${license})\n${"-".repeat(72)}\n${text}\n`;
    })
    .join("\n");
}

if (process.argv[1]?.endsWith("build.mjs")) await build();
