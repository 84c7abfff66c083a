#!/usr/bin/env node
// Packs the package and installs it globally, offline, into an empty prefix, as a user would; reports sizes against the
// budgets of issue 1.1 (5 MB packed and unpacked, 80 MB with all production dependencies).
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./bootstrap.mjs";
import { build } from "./build.mjs";

const budgets = { packageMb: 5, installedMb: 80 };
const folder = mkdtempSync(join(tmpdir(), "openclaw-package-"));
const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: "utf8", cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options });
const problems = [];
try {
  await build({ quiet: true });
  const [packed] = JSON.parse(
    run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder]),
  );
  const tarball = join(folder, packed.filename);
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const name of ["preinstall", "install", "postinstall", "prepare"]) {
    if (manifest.scripts[name]) problems.push(`package.json has an install script: ${name}`);
  }
  const cache = join(folder, "cache");
  // The first install may fill the cache from the registry; the one that counts is offline.
  const install = (prefix, more) =>
    run("npm", [
      "install",
      "--global",
      "--prefix",
      join(folder, prefix),
      "--cache",
      cache,
      "--no-audit",
      "--no-fund",
      ...more,
      tarball,
    ]);
  install("filled", []);
  install("offline", ["--offline"]);
  const cli = join(folder, "offline", "bin", "openclaw");
  const home = join(folder, "home");
  mkdirSync(home);
  const env = { ...process.env, HOME: home, OPENCLAW_STATE_DIR: join(home, "state") };
  const version = run(cli, ["--version"], { env }).trim();
  if (version !== manifest.version)
    problems.push(`--version printed ${version}, package.json says ${manifest.version}`);
  run(cli, ["--help"], { env });
  const installed = Number(run("du", ["-sk", join(folder, "offline")]).split("\t")[0]) / 1024;
  const unpacked = packed.unpackedSize / 1024 / 1024;
  console.log(
    `package: ${(statSync(tarball).size / 1024 / 1024).toFixed(2)} MB packed, ${unpacked.toFixed(2)} MB unpacked, ${packed.entryCount} files; installed with dependencies ${installed.toFixed(1)} MB`,
  );
  if (unpacked > budgets.packageMb)
    problems.push(`the package is ${unpacked.toFixed(2)} MB, budget ${budgets.packageMb} MB`);
  if (installed > budgets.installedMb)
    problems.push(`installed it is ${installed.toFixed(1)} MB, budget ${budgets.installedMb} MB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const problem of problems) console.error(`package: ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
