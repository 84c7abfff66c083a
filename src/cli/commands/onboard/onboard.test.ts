import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCliHome, type CliHome } from "../../../../test/support/run-cli.ts";

let cli: CliHome;
beforeEach(() => {
  cli = createCliHome();
});
afterEach(() => cli.remove());

const silent = ["onboard", "--non-interactive", "--accept-risk"];
const text = () => readFileSync(join(cli.stateDir, "openclaw.json"), "utf8");
const config = () => JSON.parse(text()) as { gateway: Record<string, unknown> };

test("without questions: defaults, a token, a workspace; again and again nothing more", async () => {
  const first = await cli.run(silent);
  expect(first).toMatchObject({ status: 0, stderr: "" });
  expect(config().gateway).toMatchObject({
    mode: "local",
    auth: { token: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
  });
  expect(first.stdout).toContain("openclaw dashboard");
  expect(statSync(join(cli.stateDir, "openclaw.json")).mode & 0o777).toBe(0o600);
  expect(existsSync(join(cli.stateDir, "workspace/AGENTS.md"))).toBe(true);
  const before = text();
  const again = await cli.run([...silent, "--json"]);
  expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, changed: false, created: [], stored: [] });
  expect(text()).toBe(before);
});

test("the documented flags; what a person wrote in the file stays", async () => {
  cli.configure({ logging: { level: "debug" } });
  const flags = [
    "--gateway-bind",
    "lan",
    "--gateway-auth",
    "token",
    "--gateway-port",
    "19001",
    "--workspace",
    "~/agent",
  ];
  expect(await cli.run([...silent, ...flags])).toMatchObject({ status: 0 });
  expect(config()).toMatchObject({
    logging: { level: "debug" },
    gateway: { mode: "local", bind: "lan", port: 19001 },
    agents: { defaults: { workspace: "~/agent" } },
  });
  expect(existsSync(join(cli.home, "agent/AGENTS.md"))).toBe(true);
});

test("a token of the environment is not copied; a remote gateway needs no workspace", async () => {
  await cli.run(silent, { env: { OPENCLAW_GATEWAY_TOKEN: "from-the-environment" } });
  expect(text()).not.toContain("token");
  const remote = await cli.run([
    ...silent,
    "--remote-url",
    "wss://gw.example",
    "--remote-token",
    "there",
    "--json",
  ]);
  expect(JSON.parse(remote.stdout)).toMatchObject({ mode: "remote", workspace: null });
  expect(config().gateway).toMatchObject({
    mode: "remote",
    remote: { url: "wss://gw.example", token: "there" },
  });
});

test("refusals: nobody to ask, no consent, flags that cannot be; nothing is written", async () => {
  for (const [argv, words] of [
    [["onboard"], /nobody is here to answer/],
    [["onboard", "--non-interactive"], /--accept-risk/],
    [["onboard", "--json"], /--non-interactive/],
    [[...silent, "--gateway-port", "http"], /--gateway-port "http"/],
    [[...silent, "--gateway-bind", "moon"], /--gateway-bind "moon": .*loopback, lan/],
    [[...silent, "--gateway-auth", "off", "--gateway-bind", "lan"], /needs a login/],
    [[...silent, "--remote-url", "http://x"], /--remote-url/],
    [[...silent, "--api-key", "sk-0123456789"], /--provider/],
  ] as const) {
    const result = await cli.run([...argv]);
    expect(result.status, argv.join(" ")).toBe(2);
    expect(result.stderr + result.stdout).toMatch(words);
  }
  expect(existsSync(cli.stateDir)).toBe(false);
});

test("a broken file is told before anything else, and left as it is", async () => {
  cli.configure({});
  writeFileSync(join(cli.stateDir, "openclaw.json"), "{broken");
  const told = await cli.run(silent);
  expect(told).toMatchObject({ status: 1, stderr: expect.stringContaining("not valid JSON5") as string });
  expect(text()).toBe("{broken");
  expect(existsSync(join(cli.stateDir, "workspace"))).toBe(false);
});

test.skipIf(existsSync("/run/systemd/system") || process.platform !== "linux")(
  "--install-daemon where no service manager runs: everything else is done, and the status says so",
  async () => {
    const done = await cli.run([...silent, "--install-daemon", "--json"]);
    expect(done.status).toBe(1);
    expect(JSON.parse(done.stdout)).toMatchObject({
      ok: false,
      changed: true,
      service: { is: "failed", why: expect.stringContaining("systemd") as string },
    });
    expect(config().gateway).toMatchObject({ mode: "local" });
  },
);
