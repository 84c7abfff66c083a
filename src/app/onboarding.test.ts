import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startFakeProvider, type FakeProvider } from "../../test/fakes/providers/server.ts";
import { openConfigStore } from "../config/index.ts";
import { systemClock } from "../core/clock.ts";
import { silentLogger } from "../core/logger.ts";
import { Secret } from "../core/secret.ts";
import { planOf, walkAll } from "../onboarding/index.ts";
import { resolvePaths } from "../state/index.ts";
import { openOnboarding } from "./onboarding.ts";

const key = "sk-ant-api03-the-right-key";
let home: string;
let provider: FakeProvider;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "openclaw-onboarding-"));
  provider = await startFakeProvider({ wire: "anthropic-messages", keys: [key] });
});
afterEach(async () => {
  await provider.stop();
  rmSync(home, { recursive: true, force: true });
});

function desk(env: Record<string, string>) {
  const paths = resolvePaths({ env, home });
  const store = openConfigStore({ paths, env, clock: systemClock, logger: silentLogger });
  const baseUrl = provider.baseUrl;
  store.merge(
    { models: { detectLocal: false, providers: { anthropic: { baseUrl } } } },
    { author: "t", reason: "t" },
  );
  const opened = openOnboarding({
    paths,
    env,
    store,
    clock: systemClock,
    signal: new AbortController().signal,
  });
  return { opened, store, paths };
}

test("a key of the environment is found, tried live, and kept for a service that would not see it", async () => {
  const { opened, store } = desk({ ANTHROPIC_API_KEY: key });
  const facts = await opened.facts("flags", "en");
  expect(facts.logins).toContainEqual(
    expect.objectContaining({ provider: "anthropic", source: "env:ANTHROPIC_API_KEY", passing: true }),
  );
  expect(JSON.stringify(facts)).not.toContain(key);
  const { sight, notes } = await walkAll(facts, { risk: true, service: true }, opened.probes);
  expect(notes).toEqual([]);
  expect(provider.requests.length).toBeGreaterThan(0);
  const done = await opened.apply(planOf(sight, opened), "test");
  expect(done.stored).toEqual(["anthropic:default"]);
  expect(store.read().config.agents.defaults.model.primary).toBe("anthropic/claude-opus-4-6");
  expect(readFileSync(store.path, "utf8")).not.toContain(key);
});

test("keys are judged by what their provider says: refused, fine, unreachable", async () => {
  const { opened } = desk({ ANTHROPIC_API_KEY: "sk-ant-api03-a-wrong-key" });
  expect(await opened.probes.login("anthropic")).toMatchObject({ is: "refused" });
  expect(await opened.probes.login("openai")).toEqual({ is: "missing" });
  expect(await opened.probes.key("anthropic", new Secret("sk-ant-another-wrong"))).toMatchObject({
    is: "refused",
  });
  expect(await opened.probes.key("anthropic", new Secret(key))).toMatchObject({ is: "fine" });
  // An environment's bad key is told; it does not stop a setup that nobody watches.
  const facts = await opened.facts("flags", "en");
  const { notes } = await walkAll(facts, { risk: true }, opened.probes);
  expect(notes.join()).toContain("does not accept this key");
  await provider.stop();
  expect(await opened.probes.key("anthropic", new Secret(key))).toMatchObject({ is: "untried" });
});

test("a key that is entered is stored encrypted, and none of it is in the configuration", async () => {
  const { opened, store, paths } = desk({});
  const preset = { risk: true, model: "key", "model.provider": "anthropic", "model.key": key };
  const { sight } = await walkAll(await opened.facts("flags", "en"), preset, opened.probes);
  const plan = planOf(sight, opened);
  expect(JSON.stringify(plan)).not.toContain(key);
  expect((await opened.apply(plan, "test")).stored).toEqual(["anthropic:default"]);
  expect(readFileSync(store.path, "utf8")).not.toContain(key);
  const again = await opened.facts("flags", "en");
  expect(again.logins).toContainEqual(expect.objectContaining({ provider: "anthropic", passing: false }));
  expect(paths.credentialsDir.startsWith(home)).toBe(true);
});
