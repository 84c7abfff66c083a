import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCliHome, type CliHome } from "../../../../test/support/run-cli.ts";

let cli: CliHome;
beforeEach(() => {
  cli = createCliHome();
});
afterEach(() => cli.remove());

test("makes state, config and workspace; a second time changes nothing", async () => {
  const first = await cli.run(["setup"]);
  expect(first).toMatchObject({ status: 0, stderr: "" });
  expect(first.stdout).toContain("gateway.mode, gateway.auth.token");
  const config = JSON.parse(readFileSync(join(cli.stateDir, "openclaw.json"), "utf8")) as {
    gateway: { mode: string; auth: { token: string } };
  };
  expect(config.gateway.mode).toBe("local");
  expect(config.gateway.auth.token).toMatch(/^[0-9a-f]{64}$/);
  expect(first.stdout).not.toContain(config.gateway.auth.token);
  expect(statSync(cli.stateDir).mode & 0o777).toBe(0o700);
  expect(existsSync(join(cli.stateDir, "workspace/AGENTS.md"))).toBe(true);

  writeFileSync(join(cli.stateDir, "workspace/SOUL.md"), "mine");
  const again = await cli.run(["setup", "--json"]);
  expect(JSON.parse(again.stdout)).toMatchObject({
    ok: true,
    created: [],
    changed: [],
    profile: "default",
    port: 18789,
  });
  expect(readFileSync(join(cli.stateDir, "workspace/SOUL.md"), "utf8")).toBe("mine");
});

test("profiles and --workspace are apart from each other", async () => {
  const work = await cli.run(["--profile", "work", "setup", "--workspace", "~/agent", "--json"]);
  expect(JSON.parse(work.stdout)).toMatchObject({
    stateDir: join(cli.home, ".openclaw-work"),
    workspace: join(cli.home, "agent"),
  });
  const dev = await cli.run(["--dev", "setup", "--json"]);
  expect(JSON.parse(dev.stdout)).toMatchObject({ stateDir: join(cli.home, ".openclaw-dev"), port: 19001 });
  expect(existsSync(cli.stateDir)).toBe(false);
});

test("a token from the environment is not copied into the file, and a broken file is left alone", async () => {
  await cli.run(["setup"], { env: { OPENCLAW_GATEWAY_TOKEN: "from-the-environment" } });
  expect(readFileSync(join(cli.stateDir, "openclaw.json"), "utf8")).not.toContain("token");
  writeFileSync(join(cli.stateDir, "openclaw.json"), "{broken");
  expect((await cli.run(["setup"])).status).toBe(1);
  expect(readFileSync(join(cli.stateDir, "openclaw.json"), "utf8")).toBe("{broken");
});
