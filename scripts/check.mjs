#!/usr/bin/env node
// `npm run check`: format, lint and types in one. `--fix` formats and applies safe lint fixes.
import { spawnSync } from "node:child_process";
import { root } from "./bootstrap.mjs";

const fix = process.argv.includes("--fix");
const steps = [
  ["format", "oxfmt", fix ? ["."] : ["--check", "."]],
  ["lint", "oxlint", ["--type-aware", "--deny-warnings", ...(fix ? ["--fix"] : []), "."]],
  ["types", "tsc", ["--noEmit"]],
  ["types of the page", "tsc", ["--noEmit", "-p", "ui/tsconfig.json"]],
];
let failed = 0;
for (const [name, tool, args] of steps) {
  const run = spawnSync(tool, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, PATH: `${root}/node_modules/.bin:${process.env.PATH}` },
  });
  console.log(`check ${name}: ${run.status === 0 ? "ok" : "failed"}`);
  if (run.status !== 0) failed++;
}
process.exit(failed ? 1 : 0);
