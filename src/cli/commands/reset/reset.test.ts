import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCliHome, type CliHome } from "../../../../test/support/run-cli.ts";

let cli: CliHome;
beforeEach(async () => {
  cli = createCliHome();
  await cli.run(["setup"]);
  mkdirSync(join(cli.stateDir, "credentials"), { recursive: true });
  writeFileSync(join(cli.stateDir, "credentials/anthropic.json"), "{}");
  writeFileSync(join(cli.stateDir, ".env"), "ANTHROPIC_API_KEY=x\n");
});
afterEach(() => cli.remove());

const there = (name: string) => existsSync(join(cli.stateDir, name));
const backups = () => {
  const dir = join(cli.home, "openclaw-backups");
  return existsSync(dir) ? readdirSync(dir) : [];
};

test("the scopes remove what they say and no more, after a backup", async () => {
  const planned = await cli.run(["reset", "--dry-run", "--json", "--scope", "config+creds+sessions"]);
  const plan = JSON.parse(planned.stdout) as { remove: Array<{ path: string }> };
  expect(plan.remove.map(({ path }) => path)).toEqual(
    expect.arrayContaining([
      join(cli.stateDir, "openclaw.json"),
      join(cli.stateDir, "credentials"),
      join(cli.stateDir, ".env"),
    ]) as string[],
  );
  expect(there("openclaw.json")).toBe(true);
  expect(backups()).toEqual([]);

  expect(await cli.run(["reset", "--yes"])).toMatchObject({ status: 0 });
  expect([there("openclaw.json"), there("credentials"), there("workspace")]).toEqual([false, true, true]);
  expect(backups()).toHaveLength(1);
  const rest = await cli.run(["reset", "--scope", "config+creds+sessions", "--yes", "--no-backup", "--json"]);
  expect(JSON.parse(rest.stdout)).toMatchObject({ ok: true, result: "removed", backup: false });
  expect([there("credentials"), there(".env"), there("workspace/AGENTS.md")]).toEqual([false, false, true]);
  expect(await cli.run(["reset", "--scope", "full", "--yes", "--no-backup"])).toMatchObject({ status: 0 });
  expect(existsSync(cli.stateDir)).toBe(false);
  expect((await cli.run(["reset", "--yes"])).stdout).toContain("Nothing to remove");
});

test("refused: nobody confirms, an unknown scope, a state directory that holds more", async () => {
  expect(await cli.run(["reset"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("--yes") as string,
  });
  expect(await cli.run(["reset", "--scope", "all", "--yes"])).toMatchObject({ status: 2 });
  const home = await cli.run(["reset", "--scope", "full", "--yes"], {
    env: { OPENCLAW_STATE_DIR: cli.home },
  });
  expect(home).toMatchObject({ status: 1, stderr: expect.stringContaining("is in it") as string });
  expect(there("openclaw.json")).toBe(true);
  expect(backups()).toEqual([]);
});

test("onboard --reset begins anew: another token, the old file in the backup", async () => {
  const before = readFileSync(join(cli.stateDir, "openclaw.json"), "utf8");
  const again = await cli.run(["onboard", "--non-interactive", "--accept-risk", "--reset", "config"]);
  expect(again).toMatchObject({ status: 0 });
  expect(readFileSync(join(cli.stateDir, "openclaw.json"), "utf8")).not.toBe(before);
  expect(there(".env")).toBe(true);
  expect(backups()).toHaveLength(1);
});
