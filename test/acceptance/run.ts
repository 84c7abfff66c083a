// `npm run acceptance [-- --write] [world …]`: runs every command the documents print, offline, on machines of their own, and
// prints a table. Exit 1 when one does not do what its case says; 77 when this machine cannot make such machines.
import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  chmodSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { worlds } from "./cases/index.ts";
import { page } from "./page.ts";
import type { Outcome, World } from "./types.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const withSystemd = join(root, "test", "support", "with-systemd");
const pageFile = join(root, "docs", "acceptance.md");
const skippedStatus = 77;
const beside = 2;

const words = process.argv.slice(2);
const write = words.includes("--write");
const names = words.filter((word) => word !== "--write");
const unknown = names.find((name) => !worlds.some((world) => world.name === name));
if (unknown !== undefined) {
  console.error(`no world "${unknown}"; there are ${worlds.map((world) => world.name).join(", ")}`);
  process.exit(2);
}

const namespace = namespaceCommand();
if (namespace === null) {
  console.log("acceptance: skipped: no network namespaces here (`unshare --net` is refused)");
  process.exit(skippedStatus);
}
if (!existsSync(join(root, "dist", "cli.js"))) {
  const built = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: root, stdio: "inherit" });
  if (built.status !== 0) process.exit(1);
}
const started = performance.now();
// A copy, so that a build beside this run changes nothing under its feet; open to the ordinary user of the booted systemd.
mkdirSync(join(root, ".runtime"), { recursive: true });
const project = mkdtempSync(join(root, ".runtime", "acceptance-"));
chmodSync(project, 0o755);
for (const part of ["bin", "dist", "docs", "package.json", "src", "test/acceptance", "test/fakes"])
  cpSync(join(root, part), join(project, part), { recursive: true });

const noSystemd = systemdReason();
const queue = worlds.filter((world) => names.length === 0 || names.includes(world.name));
const skipped = noSystemd === null ? [] : queue.filter((world) => world.machine === "systemd");
const todo = queue.filter((world) => !skipped.includes(world));
const outcomes: Outcome[] = [];
const broken: string[] = [];
await Promise.all(
  Array.from({ length: beside }, async () => {
    for (let world = todo.shift(); world !== undefined; world = todo.shift()) await runWorld(world);
  }),
);
rmSync(project, { recursive: true, force: true });

for (const outcome of outcomes) {
  const mark = outcome.ok ? "ok    " : "FAILED";
  const status = String(outcome.status).padStart(3);
  console.log(
    `${mark} ${status} ${String(outcome.ms).padStart(6)} ms  ${outcome.world.padEnd(10)} ${outcome.command}`,
  );
  if (!outcome.ok) console.log(outcome.detail.replace(/^/gm, "         "));
}
for (const line of broken) console.log(`FAILED ${line}`);
for (const world of skipped)
  console.log(`skipped ${world.name} (${world.cases.length} commands): ${noSystemd}`);
const failed = outcomes.filter((outcome) => !outcome.ok).length + broken.length;
const text = page();
let stale = 0;
if (write) writeFileSync(pageFile, text);
else if (!existsSync(pageFile) || readFileSync(pageFile, "utf8") !== text) {
  console.log("docs/acceptance.md is not up to date: npm run acceptance -- --write");
  stale = 1;
}
const seconds = Math.round((performance.now() - started) / 1000);
console.log(`acceptance: ${outcomes.length - failed} of ${outcomes.length} as documented, in ${seconds} s`);
process.exit(failed + stale === 0 ? 0 : 1);

/** Runs one world in its machine and takes its outcomes, line by line. */
function runWorld(world: World): Promise<void> {
  const script = [join(project, "test", "acceptance", "world.ts"), world.name];
  const [command = "", ...args] =
    world.machine === "systemd"
      ? [
          withSystemd,
          "--user",
          "alice",
          "--project",
          project,
          "--node",
          process.execPath,
          "--timeout",
          "300",
          "--",
          "node",
          ...script,
        ]
      : [
          ...(namespace ?? []),
          "sh",
          "-c",
          'ip link set lo up && exec "$@"',
          "sh",
          process.execPath,
          ...script,
        ];
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (stdout += part));
    child.stderr.setEncoding("utf8").on("data", (part: string) => (stderr += part));
    child.once("error", (error) => (stderr += String(error)));
    child.once("close", (code) => {
      const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
      for (const line of lines) outcomes.push(JSON.parse(line) as Outcome);
      if (code !== 0 || lines.length !== world.cases.length)
        broken.push(
          `world ${world.name} ended with ${code} after ${lines.length} of ${world.cases.length}\n${stderr.slice(-3000)}`,
        );
      resolve();
    });
  });
}

/** What puts a command into a network and mount namespace of its own; null where that is not allowed. */
function namespaceCommand(): string[] | null {
  const ways = [
    ["unshare", "--net", "--mount"],
    ["unshare", "--map-root-user", "--net", "--mount"],
  ];
  return (
    ways.find(
      ([command = "", ...args]) =>
        spawnSync(command, [...args, "ip", "link", "set", "lo", "up"]).status === 0,
    ) ?? null
  );
}

function systemdReason(): string | null {
  if (process.getuid?.() !== 0) return "booting a systemd needs root";
  const built = spawnSync(withSystemd, ["--build-only"], { encoding: "utf8" });
  return built.status === 0 ? null : `no systemd root here: ${(built.stderr ?? String(built.error)).trim()}`;
}
