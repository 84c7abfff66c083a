// `npm run e2e:net`: the gateway behind real nginx, Caddy, HAProxy and sshd, with the files of packaging/ as they stand, in a
// network of its own with public addresses and names. Needs root and Debian; says why when it cannot run, and ends with 77.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { clientAddresses, proxyAddress, siteName } from "./place.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const programs = {
  nginx: "nginx",
  caddy: "caddy",
  haproxy: "haproxy",
  sshd: "openssh-server",
  ssh: "openssh-client",
};
const skippedStatus = 77;

const reason = cannotRun();
if (reason !== null) {
  console.log(`e2e:net: skipped: ${reason}`);
  process.exit(skippedStatus);
}
if (!existsSync(join(root, "dist", "cli.js"))) {
  const built = spawnSync(process.execPath, ["scripts/build.mjs"], { cwd: root, stdio: "inherit" });
  if (built.status !== 0) process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "openclaw-net-"));
const hosts = join(folder, "hosts");
writeFileSync(hosts, `127.0.0.1 localhost\n${proxyAddress} ${siteName} other.example.org\n`);
const addresses = [proxyAddress, ...clientAddresses].map((ip) => `ip address add ${ip}/32 dev lo`);
const prepare = [
  "ip link set lo up",
  ...addresses,
  `mount --bind ${hosts} /etc/hosts`,
  "mkdir -p /run/sshd",
].join(" && ");
const words = [
  "--net",
  "--mount",
  "sh",
  "-c",
  `${prepare} && exec "$@"`,
  "sh",
  process.execPath,
  join(root, "node_modules", "vitest", "vitest.mjs"),
  "run",
  "--config",
  "test/e2e-net/vitest.config.ts",
  ...process.argv.slice(2),
];
const ran = spawnSync("unshare", words, { cwd: root, stdio: "inherit" });
rmSync(folder, { recursive: true, force: true });
process.exit(ran.status ?? 1);

function cannotRun(): string | null {
  if (process.platform !== "linux") return "this is not Linux";
  if (process.getuid?.() !== 0) return "a network of its own, and sshd, need root";
  if (spawnSync("unshare", ["--net", "--mount", "ip", "link", "set", "lo", "up"]).status !== 0)
    return "no network namespaces here";
  const missing = () =>
    Object.entries(programs)
      .filter(
        ([program]) => spawnSync("sh", ["-c", `PATH=$PATH:/usr/sbin; command -v ${program}`]).status !== 0,
      )
      .map(([, name]) => name);
  if (missing().length > 0) install(missing());
  return missing().length === 0
    ? null
    : `not installed and cannot be installed here: ${missing().join(", ")}`;
}

/** Debian packages, without starting the servers they bring. */
function install(names: string[]): void {
  const policy = "/usr/sbin/policy-rc.d";
  if (!existsSync(policy)) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update", "-qq"], { stdio: "ignore", env });
  spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names], {
    stdio: "ignore",
    env,
  });
}
