import { chmodSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../state/index.ts";

// What the service and the shell start. It follows `current`; and where an update was left half done by a process that
// is dead, it has the version that worked finish it first. It knows nothing else, so that it never has to change.
const launcher = `#!/usr/bin/env node
// Written by \`openclaw update\`. Starts the installed version that "current" names.
const { readFileSync, existsSync } = await import("node:fs");
const { join } = await import("node:path");
const { fileURLToPath, pathToFileURL } = await import("node:url");
const slots = fileURLToPath(new URL("..", import.meta.url));
const program = (folder) => join(slots, folder, "node_modules", "openclaw", "bin", "openclaw.js");
const words = process.argv.slice(2);
const startsGateway =
  process.env.OPENCLAW_SERVICE_KIND === "gateway" ||
  (words.includes("gateway") && !words.some((word) => ["--help", "status", "stop", "call"].includes(word)));
if (startsGateway && existsSync(join(slots, "update.json"))) {
  let journal = {};
  try {
    journal = JSON.parse(readFileSync(join(slots, "update.json"), "utf8"));
  } catch {
    // Half a journal tells nothing to go by; the next openclaw update cleans up.
  }
  let isAlive = true;
  try {
    process.kill(journal.pid, 0);
  } catch (error) {
    isAlive = error.code === "EPERM";
  }
  const isOver = journal.phase === "trial" && !(Date.now() < journal.watchUntil);
  const isOpen = ["switch", "trial"].includes(journal.phase) ? !isAlive && !isOver : journal.phase === "rollback";
  if (isOpen && journal.from && existsSync(program("versions/" + journal.from))) {
    const { spawnSync } = await import("node:child_process");
    spawnSync(process.execPath, [program("versions/" + journal.from), "update", "settle"], {
      stdio: ["ignore", "inherit", "inherit"],
      env: {
        ...process.env,
        OPENCLAW_SLOTS_DIR: slots,
        OPENCLAW_SERVICE_KIND: "gateway",
        OPENCLAW_STATE_DIR: journal.stateDir,
        OPENCLAW_CONFIG_PATH: journal.configPath,
      },
      timeout: 120000,
    });
  }
}
await import(pathToFileURL(program("current")).href);
`;

/** Writes `<slots>/bin/openclaw.js` and `<slots>/bin/openclaw`, which runs it with the Node that runs now. */
export function writeLauncher(slotsDir: string, node: string): void {
  writeFileAtomic(join(slotsDir, "package.json"), `${JSON.stringify({ private: true, type: "module" })}\n`);
  const script = join(slotsDir, "bin", "openclaw.js");
  writeFileAtomic(script, launcher, { mode: 0o755 });
  const shell = join(slotsDir, "bin", "openclaw");
  writeFileAtomic(shell, `#!/bin/sh\nexec ${quoted(node)} ${quoted(script)} "$@"\n`, { mode: 0o755 });
  chmodSync(shell, 0o755);
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
