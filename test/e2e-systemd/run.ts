// `npm run e2e:systemd`: the service commands on a freshly booted, real systemd, as root, as an ordinary user and for the
// machine. Needs root, namespaces and mmdebstrap (Debian); says why when it cannot run, and then ends with 77.
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const withSystemd = fileURLToPath(new URL("../support/with-systemd", import.meta.url));

/** What test runners of many kinds understand as "skipped"; .ci/run counts it. */
const skippedStatus = 77;
const reason = cannotRun();
if (reason !== null) {
  console.log(`e2e:systemd: skipped: ${reason}`);
  process.exit(skippedStatus);
}
if (!existsSync(`${root}/dist/cli.js`)) {
  const built = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: root, stdio: "inherit" });
  if (built.status !== 0) process.exit(1);
}
const started = performance.now();
// A copy, so that a build beside this run changes nothing under the machines' feet. Not in /tmp: the machine's service
// has a private one.
mkdirSync(join(root, ".runtime"), { recursive: true });
const project = mkdtempSync(join(root, ".runtime", "systemd-"));
chmodSync(project, 0o755);
for (const part of ["bin", "dist", "docs", "package.json", "test/e2e-systemd", "test/fakes/registry.ts"])
  cpSync(join(root, part), join(project, part), { recursive: true });
const script = (name: string) => join(project, "test", "e2e-systemd", name);
const machine = (options: string[], command: string[]) =>
  new Promise<number>((resolve) => {
    const args = [
      ...options,
      "--project",
      project,
      "--node",
      process.execPath,
      "--timeout",
      "480",
      "--",
      ...command,
    ];
    const child = spawn(withSystemd, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
    child.once("close", (code) => resolve(code ?? 1));
  });
// Built before, so that the machines can boot beside each other.
const built = spawnSync(withSystemd, ["--build-only"], { stdio: ["ignore", "ignore", "inherit"] });
if (built.status !== 0) {
  console.log("e2e:systemd: skipped: the minimal Debian root could not be built (see above)");
  process.exit(skippedStatus);
}
const ends = await Promise.all([
  machine(["--user", "alice"], ["node", script("own-service.ts"), "18789"]),
  machine([], ["node", script("own-service.ts"), "18789"]),
  machine(["--user", "alice"], ["node", script("timers.ts")]),
  machine(["--user", "alice"], ["node", script("coming-and-going.ts")]),
  machine([], ["node", script("coming-and-going.ts")]),
  machine(["--user", "alice"], ["node", script("slots.ts")]),
  machine(["--add-user", "svc", "--add-user", "bob"], ["node", script("machine-service.ts")]),
]);
rmSync(project, { recursive: true, force: true });
const failed = ends.filter((code) => code !== 0).length;
console.log(
  `e2e:systemd: ${failed === 0 ? "passed" : `${failed} of ${ends.length} machines failed`} in ${Math.round((performance.now() - started) / 1000)} s`,
);
process.exit(failed === 0 ? 0 : 1);

/** Whether every user may enter the folder and all above it: an ordinary user runs the program from there. */
function openToAll(folder: string): boolean {
  return (statSync(folder).mode & 0o001) !== 0 && (dirname(folder) === folder || openToAll(dirname(folder)));
}

function cannotRun(): string | null {
  if (process.platform !== "linux") return "this is not Linux";
  if (process.getuid?.() !== 0) return "booting a systemd needs root";
  const namespaces = spawnSync(
    "unshare",
    ["--pid", "--fork", "--mount", "--cgroup", "--uts", "--ipc", "--net", "true"],
    { encoding: "utf8" },
  );
  if (namespaces.status !== 0)
    return `no namespaces here: ${(namespaces.stderr ?? String(namespaces.error)).trim()}`;
  if (!openToAll(root)) return `an ordinary user cannot enter ${root}`;
  const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
  if (!has("mmdebstrap") && !has("apt-get")) return "neither mmdebstrap nor apt-get is installed";
  return null;
}
