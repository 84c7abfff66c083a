// A machine for the service managers that is a temporary folder.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock, type Clock } from "../../src/core/clock.ts";
import { Secret } from "../../src/core/secret.ts";
import type { ServiceHost, ServiceSpec } from "../../src/service/contract.ts";

export interface TestMachine {
  home: string;
  stateDir: string;
  /** Where the stand-ins are. */
  bin: string;
  host: ServiceHost;
  spec(change?: Partial<ServiceSpec>): ServiceSpec;
  remove(): void;
}

/** Waits of the managers take a hundredth of their time, so that a failing start is no test of patience. */
const hurriedClock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * 100,
  after: (ms, task) => systemClock.after(ms / 100, task),
};

export function createTestMachine(platform: NodeJS.Platform): TestMachine {
  const home = mkdtempSync(join(tmpdir(), "openclaw-service-"));
  const stateDir = join(home, ".openclaw");
  const bin = join(home, "bin");
  mkdirSync(stateDir, { mode: 0o700 });
  const host: ServiceHost = {
    platform,
    uid: 501,
    user: "pat",
    home,
    env: { HOME: home },
    // Time limits of processes stay real: they start slowly on a busy machine.
    clock: {
      ...hurriedClock,
      after: (ms, task) => (ms >= 1000 ? systemClock : hurriedClock).after(ms, task),
    },
    folders: [bin],
    systemdBooted: false,
    wsl: null,
    systemUnitDir: join(home, "etc", "systemd", "system"),
    systemSecretsDir: join(home, "etc", "openclaw"),
    runtimeDir: join(home, "run"),
  };
  return {
    home,
    stateDir,
    bin,
    host,
    spec: (change = {}) => ({
      profile: "default",
      version: "2026.11.21",
      runtime: { kind: "node", path: "/usr/local/bin/node" },
      script: "/opt/openclaw/bin/openclaw.js",
      port: 18789,
      stateDir,
      configPath: join(stateDir, "openclaw.json"),
      logsDir: join(stateDir, "logs"),
      environment: { PATH: "/usr/bin:/bin", NODE_OPTIONS: "--max-old-space-size=2048" },
      secrets: { OPENCLAW_GATEWAY_TOKEN: new Secret("tok-1234567890") },
      notify: true,
      ...change,
    }),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}
