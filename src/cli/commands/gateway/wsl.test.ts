import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestMachine, type TestMachine } from "../../../../test/support/service-host.ts";
import type { ServiceHost } from "../../../service/index.ts";
import { openContext } from "../../context.ts";
import { createOutput } from "../../output.ts";
import { nodePlatform } from "../../platform-node.ts";
import { install } from "./install.ts";

// SVC-040 to SVC-042: a WSL2 distribution, whose service manager may be there or not, and Windows around it.
let machine: TestMachine;
beforeEach(() => {
  machine = createTestMachine("linux");
  const stateDir = join(machine.home, ".openclaw");
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const config = { gateway: { mode: "local", auth: { token: "configured-token-1234" } } };
  writeFileSync(join(stateDir, "openclaw.json"), JSON.stringify(config), { mode: 0o600 });
});
afterEach(() => machine.remove());

async function tryInstall(change: Partial<ServiceHost>, options: Record<string, unknown>): Promise<string> {
  let told = "";
  const write = (text: string) => (told += text);
  const { context, close } = await openContext({
    globals: { profile: "default", dev: false, color: false, verbose: false },
    env: { HOME: machine.home },
    out: createOutput({ stdout: { write }, stderr: { write }, color: false }),
    signal: new AbortController().signal,
    stdin: () => process.stdin,
    platform: nodePlatform(),
  });
  try {
    await install(context, options, { ...machine.host, env: context.env, ...change });
    return told;
  } finally {
    close();
  }
}

it("is told how Windows starts the gateway, with this distribution and user", async () => {
  const dry = { dryRun: true };
  const told = await tryInstall({ wsl: "Debian", user: "pat", systemdBooted: true }, dry);
  expect(told).toContain('/TR "wsl -d Debian -u pat -- systemctl --user start openclaw-gateway.service"');
  expect(await tryInstall({ wsl: null, systemdBooted: true }, dry)).not.toContain("wsl");
});

it("is told how to get a service manager where there is none", async () => {
  await expect(tryInstall({ wsl: "Debian" }, {})).rejects.toMatchObject({
    code: "SERVICE_UNAVAILABLE",
    message: expect.stringContaining("systemd does not run in this WSL distribution (Debian)") as string,
    hint: expect.stringMatching(/systemd=true.*wsl --shutdown/) as string,
  });
});
