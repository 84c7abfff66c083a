import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { silentLogger } from "../core/logger.ts";
import { resolvePaths, type Paths } from "../state/index.ts";
import { openConfigStore, type ConfigStoreOptions } from "./index.ts";

let dir: string;
let paths: Paths;
let now = 1_000;
const clock = { now: () => now++, monotonic: () => 0, after: () => () => {} };
const note = { author: "test", reason: "because" };
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "oc-config-"));
  paths = resolvePaths({ env: { OPENCLAW_STATE_DIR: dir }, home: "/home/ada" });
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});
const open = (options: Partial<ConfigStoreOptions> = {}) =>
  openConfigStore({ paths, env: {}, clock, logger: silentLogger, ...options });
const write = (text: string) => writeFileSync(paths.configPath, text);
const text = () => readFileSync(paths.configPath, "utf8");
const failure = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) as string }) as Error;

describe("reading", () => {
  test("no file: all defaults, nothing created", () => {
    const store = open();
    expect(store.read()).toMatchObject({ exists: false, raw: null, hash: "", valid: true, issues: [] });
    expect(store.get("gateway.port")).toBe(18789);
    expect(store.get("gateway.auth.mode")).toBe("token");
    expect(store.get("agents.defaults.workspace")).toBe(join(dir, "workspace"));
    expect(store.get("browser.controlPort")).toBe(18791);
    expect(store.get("no.such.key")).toBeUndefined();
    expect(readdirSync(dir)).toEqual([]);
  });

  test("the dev profile has its own port", () => {
    const dev = resolvePaths({ dev: true, env: { OPENCLAW_STATE_DIR: dir }, home: "/home/ada" });
    expect(open({ paths: dev }).get("gateway.port")).toBe(19001);
  });

  test.each([
    ["{\n  gateway: {\n    port: 1 2\n}", /not valid JSON5: .*3:1\d/],
    ["", /the file is empty/],
    ["[]", /must hold an object/],
    ['{"a": {"__proto__": 1}}', /reserved/],
    ["{gateway: {port: 'x'}}", /expected a whole number|expected a number/],
    ["{gateway: {port: 70000}}", /at most 65535, got 70000/],
    ["{gateway: {bind: 'wan'}}", /one of "loopback".*got "wan"/],
    ["{gateway: 5}", /expected an object/],
    ["{channels: {x: {allowFrom: 'me'}}}", /a list/],
    ["{agents: {list: [{}]}}", /it is missing/],
  ])("%j is invalid and said to be so", (raw, message) => {
    write(raw);
    const { valid, issues, config } = open().read();
    expect(valid).toBe(false);
    expect(issues[0]?.message).toMatch(message);
    expect(config.gateway.port).toBe(18789);
  });

  test("a secret of the wrong type is not quoted", () => {
    write("{gateway: {auth: {token: 123456}}}");
    expect(JSON.stringify(open().read().issues)).not.toContain("123456");
  });

  test("an invalid edit leaves the last accepted revision in force", () => {
    write("{gateway: {port: 4000}}");
    open().read();
    write("{gateway: {port: 4000, }, broken");
    const snapshot = open().read();
    expect(snapshot.valid).toBe(false);
    expect(snapshot.parsed).toBeNull();
    expect(snapshot.config.gateway.port).toBe(4000);
  });

  test("unknown keys are warnings with the nearest name and survive", () => {
    write(
      "{gatway: {}, gateway: {prot: 1}, channels: {webhook: {own: 1}}, plugins: {entries: {p: {config: {a: 1}}}}}",
    );
    const { valid, warnings } = open().read();
    expect(valid).toBe(true);
    expect(warnings).toEqual([
      { path: "gatway", message: "unknown key; did you mean gateway?" },
      { path: "gateway.prot", message: "unknown key; did you mean gateway.port?" },
      {
        path: "plugins.entries.p.config",
        message:
          "accepted, but it has no effect in this version (a plug-in's settings are those of its channel, channels.<id>)",
      },
    ]);
    expect(open().get("gateway.prot")).toBe(1);
  });

  test("older spellings are understood and named", () => {
    write(`{gateway: {token: "t", customBind: "10.0.0.1", tailscale: {serve: true, funnel: true}, auth: {mode: "none"}},
      agents: {defaults: {model: "openai/gpt-4", workspace: "~/w"}, entries: {ops: {name: "Ops"}}},
      tools: {exec: {mode: "full"}}, channels: {telegram: {allowFrom: [5, "6"]}}}`);
    const { config, valid, legacyIssues, warnings } = open().read();
    expect(valid).toBe(true);
    expect(warnings).toEqual([]);
    expect(config.gateway).toMatchObject({ customBindHost: "10.0.0.1", tailscale: { mode: "funnel" } });
    expect(config.gateway.auth).toMatchObject({ mode: "off", token: "t" });
    expect(config.agents.list[0]).toMatchObject({ id: "ops", name: "Ops" });
    expect(config.agents.defaults).toMatchObject({
      model: { primary: "openai/gpt-4" },
      workspace: "/home/ada/w",
    });
    expect(config.tools.exec).toMatchObject({ security: "full", ask: "off" });
    expect(config.channels["telegram"]?.allowFrom).toEqual(["5", "6"]);
    expect(legacyIssues.map(({ path }) => path)).toContain("gateway.token");
    expect(open().get("agents.defaults.model")).toBe("openai/gpt-4");
    expect(open().get("agents.defaults.model.primary")).toBe("openai/gpt-4");
  });

  test("a password alone means password login", () => {
    write("{gateway: {auth: {password: 'p'}}}");
    expect(open().get("gateway.auth.mode")).toBe("password");
  });
});

describe("precedence", () => {
  const flags = [{ path: "gateway.port", value: 1111, flag: "--port" }];
  test("flag, environment, .env, file, default: each shadows the next, and says so", () => {
    write("{gateway: {port: 4444}}");
    const env = { OPENCLAW_GATEWAY_PORT: "2222" };
    const dotenv = { OPENCLAW_GATEWAY_PORT: "3333" };
    expect(open({ flags, env, dotenv }).get("gateway.port")).toBe(1111);
    expect(open({ env, dotenv }).get("gateway.port")).toBe(2222);
    expect(open({ dotenv }).get("gateway.port")).toBe(3333);
    expect(open({ env: dotenv, dotenv }).explain("gateway.port").source).toBe(".env");
    expect(open().get("gateway.port")).toBe(4444);
    expect(open({ flags, env, dotenv }).explain("gateway.port")).toEqual({
      path: "gateway.port",
      value: 1111,
      source: "flag",
      from: "--port",
      shadowed: [
        { source: "env", from: "OPENCLAW_GATEWAY_PORT", value: 2222 },
        { source: ".env", from: "OPENCLAW_GATEWAY_PORT", value: 3333 },
        { source: "file", from: paths.configPath, value: 4444 },
        { source: "default", from: "schema", value: 18789 },
      ],
    });
  });

  test.each(["abc", "0", "65536", "1e3", "-1"])("OPENCLAW_GATEWAY_PORT=%s is refused by name", (value) => {
    expect(() => open({ env: { OPENCLAW_GATEWAY_PORT: value } })).toThrow(
      failure("ENV_INVALID", /OPENCLAW_GATEWAY_PORT/),
    );
  });

  test.each([
    ["1", false],
    ["0", true],
    ["", true],
  ])("OPENCLAW_SKIP_CANVAS_HOST=%s", (value, enabled) => {
    const store = open({ env: { OPENCLAW_SKIP_CANVAS_HOST: value } });
    expect(store.read().config.canvasHost.enabled).toBe(enabled);
  });

  test("empty variables and the address a container platform puts there do not count", () => {
    const env = { OPENCLAW_GATEWAY_PORT: "tcp://10.0.0.1:18789", OPENCLAW_GATEWAY_TOKEN: "" };
    expect(open({ env }).get("gateway.port")).toBe(18789);
    expect(open({ env }).get("gateway.auth.token")).toBeUndefined();
  });

  test("${VAR} is filled in for reading and never saved; an unset one leaves the value out", () => {
    const raw = '{gateway: {auth: {token: "${TOK}", password: "${NOPE}"}}, ui: {seamColor: "$${TOK}"}}\n';
    write(raw);
    const store = open({ env: { TOK: "real-secret" } });
    expect(store.get("gateway.auth.token")).toBe("real-secret");
    expect(store.get("gateway.auth.password")).toBeUndefined();
    expect(store.get("ui.seamColor")).toBe("${TOK}");
    expect(store.read().warnings[0]).toMatchObject({ path: "gateway.auth.password" });
    store.set("gateway.port", "5000", note);
    expect(text()).toContain('"${TOK}"');
    expect(text()).not.toContain("real-secret");
  });
});

describe("editing", () => {
  test.each([
    ["gateway.auth.token", "12e3", "12e3"],
    ["gateway.auth.token", `12${"0".repeat(62)}`, `12${"0".repeat(62)}`],
    ["gateway.auth.token", "true", "true"],
    ["gateway.auth.token", '"quoted"', "quoted"],
    ["gateway.port", "19001", 19001],
    ["gateway.controlUi.enabled", "false", false],
    ["agents.defaults.model", "openai/gpt-4", "openai/gpt-4"],
    ["agents.defaults.model.primary", "anthropic/claude-opus-4-6", "anthropic/claude-opus-4-6"],
    ["tools.allow", '["read", "write", "exec"]', ["read", "write", "exec"]],
    ["tools.allow", "[]", []],
    ["commands.native", "auto", "auto"],
    ["commands.native", "true", true],
    ["channels.telegram.allowFrom", '["+1234567890"]', ["+1234567890"]],
    ["channels.sms.number", "+491701234567", "+491701234567"],
    ["channels.sms.retries", "3", 3],
    ["channels.webhook.accounts.a.secret", "123", "123"],
  ])("config set %s %s", (path, typed, value) => {
    const store = open();
    store.set(path, typed, note);
    expect(open().get(path)).toEqual(value);
  });

  test.each([
    ["gateway.port", "abc", "CONFIG_VALUE_INVALID"],
    ["gateway.port", "0", "CONFIG_INVALID"],
    ["gateway.bind", "wan", "CONFIG_INVALID"],
    ["tools.allow", "read", "CONFIG_VALUE_INVALID"],
    ["gateway.__proto__.x", "1", "CONFIG_PATH_INVALID"],
    ["constructor", "1", "CONFIG_PATH_INVALID"],
    ["", "1", "CONFIG_PATH_INVALID"],
    ["a..b", "1", "CONFIG_PATH_INVALID"],
    [".a", "1", "CONFIG_PATH_INVALID"],
    ["a[", "1", "CONFIG_PATH_INVALID"],
    ["channels.x", '{"__proto__": {"a": 1}}', "CONFIG_PATH_INVALID"],
  ])("config set %j %j is refused and writes nothing", (path, typed, code) => {
    write("{gateway: {port: 4000}}");
    expect(() => open().set(path, typed, note)).toThrow(failure(code, /./));
    expect(text()).toBe("{gateway: {port: 4000}}");
    expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
  });

  test("keeps comments and order, is 0600, keeps a .bak, becomes a revision", () => {
    write("// mine\n{\n  gateway: { port: 4000 }, // port\n}\n");
    chmodSync(paths.configPath, 0o644);
    const store = open();
    store.read();
    const snapshot = store.set("gateway.port", "4001", { author: "cli", reason: "config set gateway.port" });
    expect(text()).toBe("// mine\n{\n  gateway: { port: 4001 }, // port\n}\n");
    expect(statSync(paths.configPath).mode & 0o777).toBe(0o600);
    expect(readFileSync(`${paths.configPath}.bak`, "utf8")).toContain("4000");
    expect(statSync(`${paths.configPath}.bak`).mode & 0o777).toBe(0o600);
    expect(store.history().map(({ author, reason }) => [author, reason])).toEqual([
      ["cli", "config set gateway.port"],
      ["hand", "found"],
    ]);
    for (const name of readdirSync(paths.configHistoryDir)) {
      expect(statSync(join(paths.configHistoryDir, name)).mode & 0o777).toBe(0o600);
    }
    store.set("gateway.port", 4001, note);
    expect(store.history()).toHaveLength(2);

    const first = store.history().at(-1)?.hash ?? "";
    expect(store.revert(first.slice(0, 8), note).config.gateway.port).toBe(4000);
    expect(() => store.revision("zz")).toThrow(failure("CONFIG_REVISION_UNKNOWN", /zz/));
    expect(snapshot.hash).toBe(store.history()[1]?.hash);
  });

  test("a file that is right only by this process's flags is no accepted revision", () => {
    write('{gateway: {port: "abc"}}');
    const store = open({ flags: [{ path: "gateway.port", value: 4000, flag: "--port" }] });
    expect(store.read()).toMatchObject({ valid: true, config: { gateway: { port: 4000 } } });
    expect(store.history()).toEqual([]);
  });

  test("a change by hand becomes a revision once, whoever reads it", () => {
    const store = open();
    store.set("gateway.port", 4000, note);
    write("{gateway: {port: 4002}}");
    store.read();
    open().read();
    expect(store.history().map(({ reason }) => reason)).toEqual(["edited by hand", "because"]);
  });

  test("a flag that hides a value does not let a wrong one into the file", () => {
    const store = open({ flags: [{ path: "gateway.port", value: 4000, flag: "--port" }] });
    expect(() => store.replace('{ gateway: { port: "abc" } }', note)).toThrow(
      failure("CONFIG_INVALID", /gateway\.port/),
    );
    expect(store.set("gateway.bind", "loopback", note).config.gateway.port).toBe(4000);
  });

  test("a stale baseHash is refused", () => {
    const store = open();
    const { hash } = store.set("gateway.port", 4000, note);
    store.set("gateway.port", 4001, { ...note, baseHash: hash });
    expect(() => store.set("gateway.port", 4002, { ...note, baseHash: hash })).toThrow(
      failure("CONFIG_CONFLICT", /changed/),
    );
    expect(() => open().replace("{}", { ...note, baseHash: "" })).toThrow(
      failure("CONFIG_CONFLICT", /changed/),
    );
  });

  test("a broken file is never edited blindly, but can be replaced or reverted; several mistakes go one by one", () => {
    const store = open();
    const { hash } = store.set("gateway.port", 4000, note);
    write("{gateway: ");
    expect(() => store.set("gateway.port", 1, note)).toThrow(
      failure("CONFIG_INVALID", /Config validation failed.*not valid JSON5/),
    );
    expect(store.revert(hash, note).valid).toBe(true);
    write('{gateway: {port: "x", bind: "wan"}}');
    expect(store.set("gateway.port", 4001, note).issues).toHaveLength(1);
    expect(() => store.set("gateway.mode", "q", note)).toThrow(failure("CONFIG_INVALID", /mode/));
    expect(store.unset("gateway.bind", note).valid).toBe(true);
  });

  test("merge deletes with null and refuses what would not validate", () => {
    write('{gateway: {port: 4000, mode: "local"}, ui: {seamColor: "red"}}');
    const store = open();
    store.merge({ ui: null, gateway: { port: 4001 }, tools: { deny: ["exec"] } }, note);
    expect(store.read().parsed).toEqual({
      gateway: { port: 4001, mode: "local" },
      tools: { deny: ["exec"] },
    });
    expect(() => store.merge({ gateway: { port: "x" } }, note)).toThrow(
      failure("CONFIG_INVALID", /gateway\.port/),
    );
  });

  test("whatever a text key is given, it reads back the same", () => {
    const store = open();
    fc.assert(
      fc.property(
        fc.string().filter((value) => !/^\s*(["']).*\1\s*$|\$\{/s.test(value)),
        (value) => {
          store.set("ui.assistant.name", value, note);
          expect(open().get("ui.assistant.name")).toBe(value);
        },
      ),
      { numRuns: 60 },
    );
  });
});

test("two processes editing at once lose nothing", async () => {
  const url = new URL("./index.ts", import.meta.url).href;
  const state = new URL("../state/index.ts", import.meta.url).href;
  const child = (prefix: string) =>
    spawn(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `const { openConfigStore } = await import(${JSON.stringify(url)});
         const { resolvePaths } = await import(${JSON.stringify(state)});
         const log = { log() {}, debug() {} };
         const store = openConfigStore({ paths: resolvePaths({ env: { OPENCLAW_STATE_DIR: ${JSON.stringify(dir)} }, home: "/" }),
           env: {}, logger: log, clock: { now: () => Date.now() } });
         for (let i = 0; i < 12; i++) store.set("env.vars.${prefix}" + i, String(i), { author: "${prefix}", reason: "r" });`,
      ],
      { stdio: ["ignore", "inherit", "inherit"] },
    );
  const exits = await Promise.all(["A", "B", "C"].map((prefix) => once(child(prefix), "exit")));
  expect(exits.map(([code]) => code as number)).toEqual([0, 0, 0]);
  expect(Object.keys(open().read().config.env.vars)).toHaveLength(36);
  expect(open().history(1000)).toHaveLength(36);
});
