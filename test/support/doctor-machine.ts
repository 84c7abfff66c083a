// A machine with services for tests of the doctor.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import type { ServicePlace } from "../../src/doctor/index.ts";

/** A Linux whose home is `folder`, with no systemctl, and an installed package that can write service definitions. */
export const place = (folder: string, host: Partial<ServicePlace["host"]> = {}): ServicePlace => ({
  host: {
    platform: "linux",
    uid: 501,
    user: "pat",
    home: folder,
    env: {},
    clock: systemClock,
    folders: [],
    systemdBooted: true,
    wsl: null,
    systemUnitDir: join(folder, "etc"),
    systemSecretsDir: join(folder, "etc"),
    runtimeDir: join(folder, "run"),
    ...host,
  },
  packageRoot: standIn(folder),
  lingerDir: join(folder, "linger"),
  executable: { kind: "node", path: process.execPath },
});

/** A package whose `gateway install --force` writes the definition that is wanted, and nothing else. */
function standIn(folder: string): string {
  const root = join(folder, "package");
  mkdirSync(join(root, "bin"), { recursive: true });
  const unitPath = join(folder, ".config", "systemd", "user", "openclaw-gateway.service");
  const systemPath = join(folder, "etc", "openclaw-gateway.service");
  const text = `[Service]\nExecStart=${process.execPath} ${root}/bin/openclaw.js gateway --port 18789\nEnvironment=OPENCLAW_SERVICE_VERSION=2026.11.21\n`;
  writeFileSync(
    join(root, "bin", "openclaw.js"),
    `const words = process.argv.slice(2).join(" ");
const path = { "gateway install --force": ${JSON.stringify(unitPath)}, "gateway install --force --system": ${JSON.stringify(systemPath)} }[words];
if (path === undefined) process.exit(3);
require("node:fs").writeFileSync(path, ${JSON.stringify(text)} + (path.includes("/etc/") ? "User=pat\\nEnvironment=OPENCLAW_STATE_DIR=${join(folder, ".openclaw")}\\n" : ""));\n`,
  );
  return root;
}
