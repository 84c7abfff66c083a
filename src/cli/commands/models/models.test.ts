import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startFakeProvider, type FakeProvider } from "../../../../test/fakes/providers/server.ts";
import { createCliHome, type CliHome } from "../../../../test/support/run-cli.ts";

let cli: CliHome;
const fakes: FakeProvider[] = [];
beforeEach(() => {
  cli = createCliHome();
  cli.configure({ models: { detectLocal: false } });
});
afterEach(async () => {
  cli.remove();
  for (const fake of fakes.splice(0)) await fake.stop();
});

const key = "sk-ant-api03-0123456789abcdef";
const run = (line: string, options: Parameters<CliHome["run"]>[1] = {}) => cli.run(line.split(" "), options);

describe("models list and status", () => {
  it("on a fresh machine name the built-in model for what it is, and the way to a real one", async () => {
    const list = await run("models list");
    expect(list.status).toBe(0);
    expect(list.stdout).toContain("builtin/offline *");
    expect(list.stdout).toContain("not a language model");
    expect(list.stderr).toContain("openclaw models auth add");
    const status = await run("models status --json");
    expect(status.status).toBe(0);
    expect(JSON.parse(status.stdout)).toEqual({
      ok: true,
      primary: "builtin/offline",
      probed: false,
      profiles: [
        {
          provider: "builtin",
          profileId: "builtin:offline",
          kind: "none",
          source: "builtin",
          state: "valid",
        },
      ],
    });
  });

  it("take a key from the environment", async () => {
    const env = { ANTHROPIC_API_KEY: key };
    const status = await run("models status", { env });
    expect(status.stdout).toMatch(/anthropic:env\s+valid\s+api key\s+env:ANTHROPIC_API_KEY/);
    expect(status.stdout + status.stderr).not.toContain(key);
    const list = JSON.parse((await run("models list --json", { env })).stdout) as { current: string };
    expect(list.current).toBe("anthropic/claude-opus-4-6");
  });

  it("show a missing login without failing, unless asked to check", async () => {
    cli.configure({ models: { detectLocal: false }, agents: { defaults: { model: "openai/gpt-4" } } });
    const status = await run("models status");
    expect(status.status).toBe(0);
    expect(status.stdout).toContain('No API key found for provider "openai"');
    expect(status.stderr).toContain("openclaw models auth add --provider openai");
    expect((await run("models status --check")).status).toBe(1);
  });

  it("with --probe show each login to its provider", async () => {
    const fake = await startFakeProvider({ wire: "openai-chat", keys: ["the-right-key"] });
    fakes.push(fake);
    const config = (apiKey: string) => ({
      models: {
        detectLocal: false,
        providers: { mine: { baseUrl: fake.baseUrl, apiKey, models: [{ id: "m" }] } },
      },
    });
    cli.configure(config("the-right-key"));
    const good = JSON.parse((await run("models status --probe --json")).stdout) as { profiles: unknown[] };
    expect(good.profiles).toContainEqual(
      expect.objectContaining({ profileId: "mine:config", state: "valid", latencyMs: expect.any(Number) }),
    );
    cli.configure(config("the-wrong-key"));
    const bad = await run("models status --probe");
    expect(bad.stdout).toMatch(/mine:config\s+invalid/);
    expect(bad.stdout + bad.stderr).not.toContain("the-wrong-key");
    await fake.stop();
    expect((await run("models status --probe")).stdout).toMatch(/mine:config\s+unreachable/);
  });
});

describe("models set", () => {
  it("writes the full name of a short one and says what is still missing", async () => {
    const set = await run("models set sonnet");
    expect(set).toMatchObject({ status: 0, stdout: "Agents now use anthropic/claude-sonnet-4-6.\n" });
    expect(set.stderr).toContain("openclaw models auth add --provider anthropic");
    const config = JSON.parse(readFileSync(join(cli.stateDir, "openclaw.json"), "utf8")) as unknown;
    expect(config).toMatchObject({
      agents: { defaults: { model: { primary: "anthropic/claude-sonnet-4-6" } } },
    });
  });

  it("refuses what is no model, and providers nobody knows", async () => {
    const bad = await run("models set nonsense");
    expect(bad.status).toBe(1);
    expect(bad.stderr).toContain('"nonsense" is not a model reference');
    const unknown = await run("models set nobody/model");
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toContain("models.providers.nobody.baseUrl");
  });
});

describe("models auth", () => {
  it("add stores a key from standard input, sealed, and prints it nowhere", async () => {
    const added = await run("models auth add --provider anthropic", { stdin: `${key}\n` });
    expect(added.status).toBe(0);
    expect(added.stdout).toBe("Stored login anthropic:default (api key) for https://api.anthropic.com.\n");
    const path = join(cli.stateDir, "credentials", "anthropic.default.json");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, "utf8")).not.toContain(key);
    const listed = await run("models auth list --json");
    expect(JSON.parse(listed.stdout)).toMatchObject({ count: 1, logins: [{ id: "anthropic:default" }] });
    expect(listed.stdout).not.toContain(key);
  });

  it("keeps several logins of a provider apart with --profile, and removes them by name", async () => {
    await run("models auth add --provider openai --profile work", { stdin: "sk-work-12345678" });
    await run("models auth add --provider openai", { stdin: "sk-home-12345678" });
    expect((await run("models auth list")).stdout).toMatch(/openai:default[\s\S]*openai:work/);
    expect((await run("models auth remove --provider openai --profile work")).stdout).toBe(
      "Removed login openai:work.\n",
    );
    const again = await run("models auth remove --provider openai --profile work");
    expect(again).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("no stored login openai:work"),
    });
  });

  it("paste-token tells keys from tokens and remembers when one runs out", async () => {
    const token = "sk-ant-oat01-abcdefghijklmnop";
    const line = "models auth paste-token --provider anthropic --expires-in-days 30 --json";
    const pasted = JSON.parse((await run(line, { stdin: token })).stdout) as {
      kind: string;
      expiresAt: number;
    };
    expect(pasted.kind).toBe("token");
    expect(pasted.expiresAt).toBeGreaterThan(Date.now() + 29 * 86_400_000);
    const key2 = JSON.parse((await run(line, { stdin: key })).stdout) as { kind: string };
    expect(key2.kind).toBe("api_key");
  });

  it("setup-token takes only a setup token", async () => {
    const wrong = await run("models auth setup-token --provider anthropic", { stdin: key });
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain("begins with sk-ant-oat");
    expect(wrong.stderr).not.toContain(key);
    const right = await run("models auth setup-token", { stdin: "sk-ant-oat01-abcdefghijklmnop" });
    expect(right.stdout).toContain("anthropic:default (token)");
  });

  it.each([
    ["models auth add --provider anthropic", "", 2, "nothing on standard input"],
    ["models auth add", key, 2, "--provider is missing"],
    ["models auth add --provider nobody", key, 1, 'no model provider "nobody"'],
    ["models auth add --provider builtin", key, 1, "needs no login"],
    ["models auth add --provider anthropic", "two words", 1, "not a key or token"],
    ["models auth add --provider anthropic --profile ../../x", key, 1, "is not a profile"],
    ["models auth login --provider groq", "", 1, "no login in the browser"],
    ["models auth add --provider anthropic sk-on-the-line", key, 2, "too many arguments"],
  ])("%s with %j fails with %i: %s", async (line, stdin, status, words) => {
    const result = await run(line, { stdin });
    expect(result).toMatchObject({ status, stderr: expect.stringContaining(words) });
    expect(result.stdout).toBe("");
  });
});
