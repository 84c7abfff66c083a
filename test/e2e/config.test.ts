// Broken, half-written and contended configuration (section 9, HID-015, SAFE-010).
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { baseConfig, createHome, until, type E2eHome } from "../support/e2e-home.ts";
import { signIn } from "../support/e2e-socket.ts";

let home: E2eHome;
beforeEach(() => (home = createHome({ config: baseConfig })));
afterEach(() => home[Symbol.asyncDispose]());

const half = '{ gateway: { mode: "local", auth: { mode: "token", to';
const messages = () => home.log().map((line) => String(line["1"]));

test("a half-written file: the gateway starts on the last accepted revision and says so", async () => {
  expect((await home.cli(["config", "set", "agents.defaults.thinkingDefault", "low"])).status).toBe(0);
  writeFileSync(home.configPath, half);
  const gateway = await home.gateway();
  expect(gateway.stdout() + gateway.stderr()).toMatch(/Config validation failed.*last accepted/);
  // The accepted revision still decides: same token, same port rules.
  const client = await signIn(gateway);
  const config = await client.ask("config.get");
  // Nobody can tell the secrets of a text that is no JSON5, so none of its words is handed out, nor taken back.
  const shown = '{ gateway: { mode: "…", auth: { mode: "…", to';
  const saved = { raw: '{ gateway: { mode: "…" } }', baseHash: config["hash"] };
  expect((await client.refusal("config.set", saved)).message).toMatch(/gateway\.mode holds "…"/);
  expect(config).toMatchObject({
    valid: false,
    raw: shown,
    config: { agents: { defaults: { thinkingDefault: "low" } } },
  });
  expect(JSON.stringify(config["issues"])).toMatch(/not valid JSON5/);
  expect(readFileSync(home.configPath, "utf8")).toBe(half);

  const validate = await home.cli(["config", "validate"]);
  expect(validate.status).toBe(1);
  expect(validate.stdout + validate.stderr).toMatch(/not valid JSON5/);
  const set = await home.cli(["config", "set", "gateway.port", "18800"]);
  expect(set.status).toBe(1);
  expect(set.stderr).toMatch(/error: .*openclaw\.json/);
  expect(set.stderr).toMatch(/hint: .*openclaw config (revert|edit|history|validate)/);
  expect(readFileSync(home.configPath, "utf8")).toBe(half);

  // The way out that was named works while the gateway runs, and it takes the new file up.
  const [revision] = JSON.parse((await home.cli(["config", "history", "--json"])).stdout) as Array<{
    hash: string;
  }>;
  const revert = await home.cli(["config", "revert", String(revision?.hash)]);
  expect(revert).toMatchObject({ status: 0 });
  await until(async () => (await client.ask("config.get"))["valid"] === true);
  client.socket.terminate();
  expect((await gateway.stop()).status).toBe(0);
});

test("a wrong value: each is named with its path, the gateway keeps running", async () => {
  home.configure({
    ...baseConfig,
    gateway: { ...baseConfig.gateway, port: "abc" },
    agents: { defaults: { maxConcurrent: -1 } },
  });
  const validate = await home.cli(["config", "validate"]);
  expect(validate.status).toBe(1);
  expect(validate.stdout + validate.stderr).toMatch(/gateway\.port.*abc/);
  expect(validate.stdout + validate.stderr).toMatch(/agents\.defaults\.maxConcurrent/);
  home.configure(baseConfig);
  const gateway = await home.gateway();
  const client = await signIn(gateway);
  home.configure({ ...baseConfig, logging: { level: "shout" } });
  await until(async () => (await client.ask("config.get"))["valid"] === false);
  await until(
    () => client.ask("status").then(() => messages().some((text) => /Config validation failed/.test(text))),
    {
      what: "the log to tell about the wrong value",
    },
  );
  const refused = await client.refusal("config.set", {
    raw: '{ gateway: { port: "abc" } }',
    baseHash: (await client.ask("config.get"))["hash"],
  });
  expect(refused.message).toMatch(/invalid config/);
  expect(JSON.stringify(refused.details)).toMatch(/gateway\.port/);
  expect(await client.ask("health")).toMatchObject({ ok: true });
  client.socket.terminate();
});

test("an unreadable file: refused with its path before anything is made; a running gateway survives it", async () => {
  rmSync(home.configPath);
  mkdirSync(home.configPath);
  for (const argv of [
    ["gateway"],
    ["config", "get", "gateway.port"],
    ["config", "set", "gateway.port", "1"],
  ]) {
    const refused = await home.cli(argv);
    expect(refused.status, argv.join(" ")).toBe(1);
    expect(refused.stderr).toMatch(/error: .*openclaw\.json/);
    expect(refused.stderr).toMatch(/hint: /);
    expect(refused.stderr).not.toMatch(/^\s+at /m);
  }
  rmSync(home.configPath, { recursive: true });
  home.configure(baseConfig);
  const gateway = await home.gateway();
  const client = await signIn(gateway);
  renameSync(home.configPath, `${home.configPath}.aside`);
  mkdirSync(home.configPath);
  await until(() => messages().some((text) => /configuration/i.test(text) && /read/i.test(text)), {
    what: "the log to tell that the configuration cannot be read",
    or: gateway,
  });
  expect(await client.ask("health")).toMatchObject({ ok: true });
  const other = await signIn(gateway);
  expect(await other.ask("sessions.list")).toMatchObject({ sessions: [] });
  rmSync(home.configPath, { recursive: true });
  renameSync(`${home.configPath}.aside`, home.configPath);
  await until(async () => (await other.request("config.get"))["ok"] === true);
  expect((await gateway.stop()).status).toBe(0);
});

test("an editor that truncates, waits and replaces the file loses nobody", async () => {
  const gateway = await home.gateway();
  const client = await signIn(gateway);
  const text = readFileSync(home.configPath, "utf8");
  writeFileSync(home.configPath, "");
  await until(async () => (await client.ask("config.get"))["valid"] === false);
  // Still the old token, although the file says nothing.
  (await signIn(gateway)).socket.terminate();
  writeFileSync(`${home.configPath}.new`, text.replace("{", '{ "session": { "mainKey": "main" },'));
  renameSync(`${home.configPath}.new`, home.configPath);
  await until(async () => (await client.ask("config.get"))["valid"] === true);
  rmSync(home.configPath);
  await until(async () => (await client.ask("config.get"))["exists"] === false);
  expect(await client.ask("health")).toMatchObject({ ok: true });
  expect((await gateway.stop()).status).toBe(0);
});

test("20 processes set different keys at once: all land, comments stay, each is a revision", async () => {
  writeFileSync(
    home.configPath,
    `// first line\n{\n  // about the gateway\n  gateway: { mode: "local" },\n}\n`,
    { mode: 0o600 },
  );
  const keys = Array.from({ length: 20 }, (_, index) => `channels.webhook.accounts.a${index}.url`);
  const ran = await Promise.all(
    keys.map((key) => home.cli(["config", "set", key, `http://127.0.0.1/${key}`])),
  );
  expect(ran.filter((each) => each.status !== 0).map((each) => each.stderr)).toEqual([]);
  const text = readFileSync(home.configPath, "utf8");
  expect(text).toContain("// first line");
  expect(text).toContain("// about the gateway");
  const { accounts } = JSON.parse(
    (await home.cli(["config", "get", "channels.webhook", "--json"])).stdout,
  ) as {
    accounts: Record<string, { url: string }>;
  };
  expect(Object.keys(accounts)).toHaveLength(20);
  const history = JSON.parse((await home.cli(["config", "history", "--json"])).stdout) as unknown[];
  expect(history.length).toBeGreaterThanOrEqual(20);
  expect(readdirSync(home.stateDir).filter((name) => name.includes(".tmp"))).toEqual([]);
  expect((await home.cli(["config", "validate"])).status).toBe(0);
}, 40_000);
