// One canary per place: none of them may be in the bundle, whatever state the installation is in.
import { spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startFakeGateway } from "../../../../test/fakes/gateway.ts";
import { entry, message, policy } from "../../../../test/support/ledger-values.ts";
import { createCliHome, type CliHome } from "../../../../test/support/run-cli.ts";
import { systemClock } from "../../../core/clock.ts";
import { silentLogger } from "../../../core/logger.ts";
import { openStorage } from "../../../sessions/index.ts";
import { resolvePaths } from "../../../state/index.ts";

let cli: CliHome;
beforeEach(() => {
  cli = createCliHome();
});
afterEach(() => cli.remove());

const place = (name: string) => `CANARY${name}9f3a7c1e`;
const put = (name: string, text: string) => {
  const path = join(cli.stateDir, name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600 });
};
const logLine = (text: string, fields: object = {}) =>
  `${JSON.stringify({ "0": '{"subsystem":"gateway/ws"}', "1": text, ...fields, _meta: { logLevelName: "ERROR" }, time: new Date().toISOString() })}\n`;

async function plantEverywhere(): Promise<void> {
  cli.configure({
    gateway: { mode: "local", auth: { mode: "token", token: place("token") } },
    models: {
      detectLocal: false,
      providers: { mine: { apiKey: place("apikey"), baseUrl: `https://user:${place("url")}@localhost/v1` } },
    },
    env: { OTHER_SECRET: place("env"), PLAIN: "plain words only, too" },
    unknownPart: { password: place("unknown") },
    channels: { webhook: { accounts: { a: { secret: "plain words only", url: "http://127.0.0.1:9/" } } } },
    messages: { groupChat: { mentionPatterns: 7 } },
  });
  put(".env", `ANY_NAME=${place("dotenv")}\nSHORT=aBcDeF\n`);
  put("credentials/mine.default.json", JSON.stringify({ type: "api_key", key: place("credential") }));
  put(`credentials/mine.${place("profile")}.json`, "{}");
  put("gateway-token", `${place("tokenfile")}\n`);
  put("workspace/MEMORY.md", place("memory"));
  put(`workspace/${place("filename")}.md`, "x");
  put("channels/telegram/pairing.json", JSON.stringify({ allow: [place("pairing")] }));
  const day = new Date().toISOString().slice(0, 10);
  const log = join(cli.stateDir, "logs", `openclaw-${day}.log`);
  put(
    `logs/openclaw-${day}.log`,
    logLine(`refused ${place("log")}`, { error: `bad key ${place("logfield")}` }),
  );
  appendFileSync(
    log,
    logLine("short", { code: "aBcDeF", text: "what a person wrote", token: place("logtoken") }),
  );
  appendFileSync(log, `panic: ${place("rawlog")}\n`);
  put(
    "status.json",
    JSON.stringify({
      at: Date.now(),
      status: { sessions: { recent: [{ key: place("page") }] } },
      health: { ok: true },
    }),
  );

  const paths = resolvePaths({ env: {}, home: cli.home });
  const storage = await openStorage({
    paths,
    clock: systemClock,
    logger: silentLogger,
    policy: () => policy(),
  });
  const sessionKey = `agent:main:dm:telegram:${place("sessionkey").toLowerCase()}`;
  await storage.ledger.accept(message("m1", { sessionKey, text: place("inbox") }));
  const lease = await storage.ledger.claim(Date.now());
  expect(lease).not.toBeNull();
  await storage.sessions.append(sessionKey, [
    entry("e1", { content: [{ type: "text", text: place("transcript") }] }),
  ]);
  await storage.sessions.patch(sessionKey, { label: place("label") });
  await storage.close();
}

async function bundled(): Promise<Record<string, string>> {
  const output = join(cli.home, `bundle-${Math.random()}.tar.gz`);
  const made = await cli.run(["diagnostics", "bundle", "--output", output]);
  expect(made).toMatchObject({ status: 0, stderr: "" });
  expect(statSync(output).mode & 0o777).toBe(0o600);
  const names = spawnSync("tar", ["-tzf", output], { encoding: "utf8" }).stdout.trim().split("\n");
  return Object.fromEntries(
    names.map((name) => [name, spawnSync("tar", ["-xzOf", output, name], { encoding: "utf8" }).stdout]),
  );
}

/** Where a canary can be read, in whatever case. */
function leaks(files: Record<string, string>): string[] {
  return Object.entries(files).flatMap(([name, text]) =>
    [
      ...`${name}\n${text}`.matchAll(
        /.{0,80}(?:canary[a-z]*9f3a|aBcDeF|what a person wrote|plain words only).{0,40}/gi,
      ),
    ].map(([found]) => `${name}: ${found}`),
  );
}

describe("diagnostics bundle", () => {
  it("shows no canary without a gateway, and is of use all the same", async () => {
    await plantEverywhere();
    const files = await bundled();
    expect(leaks(files)).toEqual([]);
    const part = (name: string) =>
      JSON.parse(files[`openclaw-diagnostics/${name}`] ?? "null") as Record<string, never>;
    expect(part("gateway.json")).toMatchObject({ error: { code: "GATEWAY_UNREACHABLE" } });
    expect(part("config.json")).toMatchObject({
      config: { gateway: { mode: "local", auth: { mode: "token", token: "[redacted]" } } },
    });
    expect(part("ledger.json")).toMatchObject({ exists: true, rows: { inbox: 1, sessions: 1 } });
    expect(part("files.json")).toContainEqual(expect.objectContaining({ name: ".env", mode: "-0600" }));
    expect(files["openclaw-diagnostics/log.json"]).toContain("refused");
    expect(part("doctor.json")).toMatchObject({ doctor: { findings: expect.any(Array) as unknown } });
  });

  it("shows none of what a gateway answers", async () => {
    await plantEverywhere();
    const gateway = await startFakeGateway({
      methods: {
        status: () => ({
          version: "1.2.3",
          sessions: { count: 3, recent: [{ key: place("live"), label: place("livelabel") }] },
          channels: [{ channel: "webhook", state: "connected", label: place("account") }],
        }),
        health: () => ({ ok: true, version: "1.2.3", [place("key")]: { note: place("note") } }),
      },
    });
    try {
      const output = join(cli.home, "live.tar.gz");
      const made = await cli.run(["--url", gateway.url, "diagnostics", "bundle", "--output", output], {
        env: { OPENCLAW_GATEWAY_TOKEN: "a-token-of-the-environment" },
      });
      expect(made).toMatchObject({ status: 0 });
      const text = spawnSync("tar", ["-xzOf", output], { encoding: "utf8" }).stdout;
      expect(leaks({ all: text })).toEqual([]);
      expect(text).toContain('"connected"');
      expect(text).toContain('"count": 3');
    } finally {
      await gateway.close();
    }
  });

  it("works with a configuration that cannot be parsed, with a damaged database and with nothing at all", async () => {
    expect(Object.keys(await bundled())).toContain("openclaw-diagnostics/summary.json");
    await plantEverywhere();
    writeFileSync(join(cli.stateDir, "openclaw.json"), `{ gateway: { auth: { token: "${place("torn")}" `);
    writeFileSync(join(cli.stateDir, "ledger.sqlite"), `this is no database ${place("db")}`);
    expect(leaks(await bundled())).toEqual([]);
  });

  it("replaces no file", async () => {
    const output = join(cli.home, "there");
    writeFileSync(output, "mine");
    expect((await cli.run(["diagnostics", "bundle", "--output", output])).stderr).toContain("exists already");
  });
});
