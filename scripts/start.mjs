#!/usr/bin/env node
// `npm start`: installs and builds what is missing, makes a first configuration when there is none, then runs the
// gateway in the foreground. Arguments go to `openclaw gateway` (for example: npm start -- --port 19000).
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ensureDependencies, ensureNode, root, runUnder } from "./bootstrap.mjs";

const node = ensureNode();
const cli = join(root, "bin", "openclaw.js");
const stamp = join(root, "dist", ".source-digest");

const { sourceDigest } = await import("./build.mjs");
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== sourceDigest()) {
  ensureDependencies();
  const built = spawnSync(node, [join(root, "scripts", "build.mjs")], { stdio: "inherit", cwd: root });
  if (built.status !== 0) process.exit(built.status ?? 1);
}
runUnder(node, cli, ["gateway", "--setup", ...process.argv.slice(2)], { tether: true });
