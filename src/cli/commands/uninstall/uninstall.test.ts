import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { installFakeManager } from "../../../../test/fakes/service-managers.ts";
import { createCliHome, type CliHome } from "../../../../test/support/run-cli.ts";
import { createTestMachine } from "../../../../test/support/service-host.ts";
import { resolveGatewayService } from "../../../service/index.ts";
import { openContext } from "../../context.ts";
import { createOutput } from "../../output.ts";
import { nodePlatform } from "../../platform-node.ts";
import { uninstall } from "./uninstall.ts";

let cli: CliHome;
beforeEach(() => {
  cli = createCliHome();
});
afterEach(() => cli.remove());

test("lists everything first, and leaves nothing of it; backups, workspaces elsewhere and other profiles stay", async () => {
  await cli.run(["setup", "--workspace", "~/agent"]);
  await cli.run(["--profile", "work", "setup"]);
  mkdirSync(join(cli.home, ".openclaw-leases"));
  await cli.run(["backup", "create"]);
  const dry = await cli.run(["uninstall", "--dry-run", "--json"]);
  const plan = JSON.parse(dry.stdout) as { remove: Array<{ path: string; files: number }>; stays: string[] };
  expect(plan.remove.map(({ path }) => path)).toEqual([cli.stateDir]);
  expect(plan.remove[0]?.files).toBeGreaterThan(0);
  const stays = plan.stays.join("\n");
  for (const kept of [
    "agent (a workspace",
    ".openclaw-work (other profiles)",
    "openclaw-backups",
    "the program",
  ])
    expect(stays).toContain(kept);
  expect(existsSync(cli.stateDir)).toBe(true);

  expect(await cli.run(["uninstall"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("--yes") as string,
  });
  expect(await cli.run(["uninstall", "--yes"])).toMatchObject({ status: 0 });
  expect(readdirSync(cli.home).sort()).toEqual([
    ".openclaw-leases",
    ".openclaw-work",
    "agent",
    "openclaw-backups",
  ]);
  // The last profile takes what they share with it.
  expect(await cli.run(["--profile", "work", "uninstall", "--yes"])).toMatchObject({ status: 0 });
  expect(readdirSync(cli.home).sort()).toEqual(["agent", "openclaw-backups"]);
  expect((await cli.run(["uninstall", "--yes"])).stdout).toContain("Nothing to remove");
});

test("--workspace takes workspaces too; a state directory that holds the home is refused", async () => {
  await cli.run(["setup", "--workspace", "~/agent"]);
  expect(await cli.run(["uninstall", "--yes", "--workspace", "--json"])).toMatchObject({ status: 0 });
  expect(readdirSync(cli.home)).toEqual([]);
  writeFileSync(join(cli.home, "photo.jpg"), "mine");
  const refused = await cli.run(["uninstall", "--yes"], { env: { OPENCLAW_STATE_DIR: cli.home } });
  expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining("is in it") as string });
  expect(readdirSync(cli.home)).toEqual(["photo.jpg"]);
});

test("the service goes first, and is listed like everything else (a Mac that is a folder)", async () => {
  const machine = createTestMachine("darwin");
  installFakeManager(machine.bin, "launchctl");
  const definition = join(machine.home, "Library/LaunchAgents/ai.openclaw.gateway.plist");
  let stdout = "";
  const { context, close } = await openContext({
    globals: { profile: "default", dev: false, color: false, verbose: false },
    env: { HOME: machine.home },
    out: createOutput({
      stdout: { write: (text) => (stdout += text) },
      stderr: { write: () => undefined },
      color: false,
    }),
    signal: new AbortController().signal,
    stdin: () => process.stdin,
    platform: nodePlatform(),
  });
  try {
    const { stateDir, host } = machine;
    await resolveGatewayService(host, { profile: "default", stateDir }).install(machine.spec(), {
      start: true,
    });
    expect(existsSync(definition)).toBe(true);
    expect(await uninstall(context, { dryRun: true }, host)).toBe(0);
    expect(stdout).toContain(definition);
    expect(stdout).toContain("launchctl bootout");
    expect([existsSync(definition), existsSync(stateDir)]).toEqual([true, true]);
    expect(await uninstall(context, { yes: true }, host)).toBe(0);
    expect([existsSync(definition), existsSync(stateDir)]).toEqual([false, false]);
  } finally {
    close();
    machine.remove();
  }
});
