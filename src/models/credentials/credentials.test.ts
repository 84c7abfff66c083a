import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configSchema } from "../../config/index.ts";
import type { Clock } from "../../core/clock.ts";
import { silentLogger } from "../../core/logger.ts";
import { Secret } from "../../core/secret.ts";
import { createModels } from "../index.ts";
import { modelSettings } from "../settings.ts";
import { acceptSecret } from "./accept.ts";

let home: string;
const now = 1_800_000_000_000;
const clock: Clock = { now: () => now, monotonic: () => now, after: () => () => {} };
const signal = new AbortController().signal;
const key = "sk-ant-api03-abcdefghijklmnop";

beforeEach(() => void (home = mkdtempSync(join(tmpdir(), "openclaw-logins-"))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

function open(options: { env?: Record<string, string>; config?: unknown; fetch?: typeof fetch } = {}) {
  const config = configSchema.parse(options.config ?? {});
  const models = createModels({
    config: () => config,
    paths: {
      credentialsDir: join(home, "credentials"),
      agentsDir: join(home, "agents"),
      dotenvPath: join(home, ".env"),
    },
    env: options.env ?? {},
    clock,
    logger: silentLogger,
    fetch: options.fetch ?? (() => Promise.reject(new Error("no network in this test"))),
  });
  const settings = modelSettings(config, "main");
  return {
    ...models,
    add: (provider: string, secret: string, more: object = {}) =>
      acceptSecret({ store: models.logins, settings, provider, secret: new Secret(secret), ...more }),
    secretOf: async (id: string, provider = id.split(":")[0] ?? "") => {
      const profile = models.credentials.profiles(provider, "main").find((one) => one.id === id);
      if (!profile) throw new Error(`no profile ${id}`);
      return (await models.credentials.open(profile, "main", signal))?.reveal();
    },
  };
}
const credential = (name: string) => join(home, "credentials", name);
const write = (path: string, value: unknown) => {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, typeof value === "string" ? value : JSON.stringify(value));
};

describe("a stored login", () => {
  it("lies sealed in a file of its own, readable by its owner only, with the key beside it", async () => {
    open().add("anthropic", key);
    const path = credential("anthropic.default.json");
    expect(readFileSync(path, "utf8")).not.toContain(key.slice(8));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(credential(".key")).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, "credentials")).mode & 0o777).toBe(0o700);
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({
      version: 1,
      provider: "anthropic",
      name: "default",
      kind: "api_key",
      origin: "https://api.anthropic.com",
    });
    expect(await open().secretOf("anthropic:default")).toBe(key);
  });

  it("works in a copy of the directory, and with a key from the environment without the file", async () => {
    open().add("openai", "sk-openai-1234567890");
    const moved = `${home}-moved`;
    const { cpSync } = await import("node:fs");
    cpSync(home, moved, { recursive: true });
    rmSync(home, { recursive: true });
    home = moved;
    expect(await open().secretOf("openai:default")).toBe("sk-openai-1234567890");

    const env = { OPENCLAW_CREDENTIALS_KEY: Buffer.alloc(32, 7).toString("base64") };
    open({ env }).add("google", "google-key-123456");
    expect(await open({ env }).secretOf("google:default")).toBe("google-key-123456");
    await expect(open().secretOf("google:default")).rejects.toThrow(/does not open/);
    expect(() =>
      open({ env: { OPENCLAW_CREDENTIALS_KEY: "short" } }).add("google", "google-key-123456"),
    ).toThrow(/not 32/);
  });

  it("does not open when somebody gave it another origin or another name", async () => {
    open().add("anthropic", key);
    const path = credential("anthropic.default.json");
    const file = readFileSync(path, "utf8");
    writeFileSync(path, file.replace("https://api.anthropic.com", "https://evil.example"));
    await expect(open().secretOf("anthropic:default")).rejects.toThrow(/does not open/);
    writeFileSync(credential("anthropic.other.json"), file.replace('"default"', '"other"'));
    await expect(open().secretOf("anthropic:other")).rejects.toThrow(/does not open/);
  });

  it("is gone the moment it is removed, for a program that is running too", async () => {
    const running = open();
    running.add("anthropic", key);
    expect(running.credentials.profiles("anthropic", "main")).toHaveLength(1);
    expect(open().logins.remove("anthropic:default")).toBe(true);
    expect(running.credentials.profiles("anthropic", "main")).toEqual([]);
    expect(open().logins.remove("anthropic:default")).toBe(false);
  });

  it("shows up in no print, and wrong input is not repeated", () => {
    const { add, logins } = open();
    add("anthropic", key);
    const opened = logins.open("anthropic:default");
    expect(inspect(opened, { depth: 9 }) + JSON.stringify(opened)).not.toContain(key);
    for (const bad of ["", "short", `two words ${key}`, "x".repeat(9_000), "naïve-key-äöü"]) {
      const attempt = () => add("anthropic", bad);
      expect(attempt).toThrow(/not a key or token/);
      try {
        attempt();
      } catch (error) {
        if (bad.length > 5) expect(inspect(error)).not.toContain(bad);
      }
    }
    expect(() => add("../../etc", key)).toThrow(/PROVIDER|not a profile/);
    expect(() => add("anthropic", key, { name: "../x" })).toThrow(/not a profile/);
    expect(readdirSync(home)).toEqual(["credentials"]);
  });

  it("damaged: is not used, and the others are", async () => {
    const { add } = open();
    add("anthropic", key);
    add("anthropic", "sk-ant-api03-second-key-000", { name: "second" });
    writeFileSync(credential("anthropic.default.json"), '{"version":1,');
    writeFileSync(credential("github-copilot.token.json"), '{"token":"x"}');
    const ids = open()
      .credentials.profiles("anthropic", "main")
      .map((profile) => profile.id);
    expect(ids).toEqual(["anthropic:second"]);
    expect(await open().secretOf("anthropic:second")).toBe("sk-ant-api03-second-key-000");
  });
});

describe("logins from elsewhere", () => {
  it("come from the environment, and from .env as it is now", async () => {
    write(join(home, ".env"), "OPENAI_API_KEY=from-dotenv-file\n");
    const env = { ANTHROPIC_API_KEY: key, OPENAI_API_KEY: "from-dotenv-file" };
    const { credentials, secretOf } = open({ env });
    expect(credentials.profiles("anthropic", "main")).toMatchObject([
      { id: "anthropic:env", source: "env:ANTHROPIC_API_KEY", kind: "api_key" },
    ]);
    expect(credentials.profiles("openai", "main")).toMatchObject([{ source: ".env:OPENAI_API_KEY" }]);
    expect(await secretOf("openai:env")).toBe("from-dotenv-file");
    write(join(home, ".env"), "OPENAI_API_KEY=another-one-now\n");
    expect(await secretOf("openai:env")).toBe("another-one-now");
    rmSync(join(home, ".env"));
    expect(credentials.profiles("openai", "main")).toEqual([]);
  });

  it("come from the config, after the stored ones", async () => {
    const config = { models: { providers: { openai: { apiKey: "from-the-config" } } } };
    const made = open({ config });
    made.add("openai", "stored-key-1234");
    expect(made.credentials.profiles("openai", "main").map((one) => one.id)).toEqual([
      "openai:default",
      "openai:config",
    ]);
    expect(await made.secretOf("openai:config")).toBe("from-the-config");
  });

  it("come from the older plain files", async () => {
    write(join(home, "agents", "main", "agent", "auth-profiles.json"), {
      version: 1,
      profiles: {
        "anthropic:default": { type: "api_key", provider: "anthropic", key: "old-agent-key" },
        "openai:bad": { type: "api_key" },
      },
    });
    write(credential("auth-profiles.json"), {
      profiles: {
        "google:work": { type: "token", provider: "google", token: "old-shared-token", expires: now - 1 },
      },
    });
    write(credential("oauth.json"), {
      openai: { access: "old-access", refresh: "r", expires: now + 3_600_000 },
    });
    const { credentials, secretOf } = open();
    expect(await secretOf("anthropic:default")).toBe("old-agent-key");
    expect(await secretOf("openai:default")).toBe("old-access");
    expect(credentials.profiles("google", "main")).toMatchObject([
      { id: "google:work", problem: { state: "expired" } },
    ]);
    expect(credentials.profiles("openai", "main").map((one) => one.id)).toEqual(["openai:default"]);
  });

  it("are tried in the order that was set; a name without a login is said to be missing", () => {
    const made = open({ config: { auth: { order: { openai: ["openai:b", "openai:ghost"] } } } });
    made.add("openai", "key-of-a-12345", { name: "a" });
    made.add("openai", "key-of-b-12345", { name: "b" });
    expect(made.credentials.profiles("openai", "main").map((one) => [one.id, one.problem?.detail])).toEqual([
      ["openai:b", undefined],
      ["openai:ghost", 'No credentials found for profile "openai:ghost"'],
    ]);
    made.agentFiles.setOrder("main", "openai", ["openai:a"]);
    expect(made.credentials.profiles("openai", "main").map((one) => one.id)).toEqual(["openai:a"]);
  });
});

it("keeps what others wrote into the agent's file when a pause is recorded", () => {
  const path = join(home, "agents", "main", "agent", "auth-profiles.json");
  write(path, { version: 1, profiles: { x: { type: "api_key" } }, lastGood: { a: "b" }, future: [1] });
  const { agentFiles } = open();
  agentFiles.update("main", (health) => void (health["openai:a"] = { errorCount: 2 }));
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
    version: 1,
    profiles: { x: { type: "api_key" } },
    lastGood: { a: "b" },
    future: [1],
    usageStats: { "openai:a": { errorCount: 2 } },
  });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(open().agentFiles.read("main")).toEqual({ "openai:a": { errorCount: 2 } });
});

describe("an OAuth token", () => {
  const login = {
    provider: "openai",
    name: "default",
    kind: "oauth" as const,
    origin: "https://api.openai.com",
  };
  const answer = (body: unknown, status = 200) =>
    new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });

  it("is renewed shortly before it runs out, once for two requests, and kept", async () => {
    const sent: string[] = [];
    const made = open({
      fetch: (_url, init) => {
        sent.push(typeof init?.body === "string" ? init.body : "");
        return Promise.resolve(
          answer({ access_token: "new-access", refresh_token: "new-refresh", expires_in: 3600 }),
        );
      },
    });
    made.logins.save({ ...login, expiresAt: now + 1_000 }, { value: "old", refresh: "old-refresh" });
    expect(await Promise.all([made.secretOf("openai:default"), made.secretOf("openai:default")])).toEqual([
      "new-access",
      "new-access",
    ]);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toContain("grant_type=refresh_token");
    expect(made.logins.open("openai:default").secret.reveal()).toEqual({
      value: "new-access",
      refresh: "new-refresh",
    });
    expect(made.logins.get("openai:default")?.expiresAt).toBe(now + 3_600_000);
  });

  it("that cannot be renewed has expired, with the command that mends it and without the token", async () => {
    const made = open({
      fetch: () =>
        Promise.resolve(
          answer({ error: "invalid_grant", error_description: "old-refresh-token-123 is used" }, 400),
        ),
    });
    made.logins.save({ ...login, expiresAt: now - 1 }, { value: "old", refresh: "old-refresh-token-123" });
    const error = await made.secretOf("openai:default").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: "CREDENTIAL_EXPIRED",
      hint: "openclaw models auth login --provider openai",
    });
    expect(inspect(error)).not.toContain("old-refresh-token-123");
    expect(await made.router.status({ probe: true })).toContainEqual(
      expect.objectContaining({ profileId: "openai:default", state: "expired" }),
    );
  });

  it("is not lost when the login server is away", async () => {
    const made = open();
    made.logins.save({ ...login, expiresAt: now - 1 }, { value: "old", refresh: "keep-me" });
    await expect(made.secretOf("openai:default")).rejects.toMatchObject({
      code: "OAUTH_FAILED",
      retryable: true,
    });
    expect(made.logins.open("openai:default").secret.reveal().refresh).toBe("keep-me");
  });
});
