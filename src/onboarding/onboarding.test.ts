import fc from "fast-check";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  answer,
  back,
  beginWalk,
  keepProgress,
  planOf,
  resumeWalk,
  stepsFor,
  suggestion,
  walkAll,
  whereIs,
  type Facts,
  type Probes,
  type Value,
  type Walk,
} from "./index.ts";

const bare: Facts = {
  surface: "terminal",
  language: "en",
  node: "24.0.0",
  platform: "linux",
  profile: "default",
  stateDir: "/home/a/.openclaw",
  configPath: "/home/a/.openclaw/openclaw.json",
  config: {
    exists: false,
    mode: null,
    port: 18789,
    bind: "loopback",
    bindHost: null,
    auth: "token",
    hasToken: false,
    hasPassword: false,
    workspace: "/home/a/.openclaw/workspace",
    primary: null,
    remoteUrl: null,
    hasRemoteToken: false,
    channels: [],
  },
  logins: [],
  servers: [],
  vendors: [
    { id: "anthropic", name: "Anthropic", model: "claude-x" },
    { id: "other", name: "Other", model: null },
  ],
  channels: [
    {
      id: "chat",
      label: "Chat",
      login: false,
      credentials: [
        { key: "token", title: "Token" },
        { key: "app", title: "App", optional: true },
      ],
      check: (section) =>
        typeof section["token"] === "string" && section["token"].startsWith("t-")
          ? []
          : [{ key: "token", message: "begins with t-" }],
    },
  ],
  skills: [{ key: "a.b", name: "ab", description: "does", enabled: true, missing: "" }],
  service: { installed: false, problem: null },
};
const fine: Probes = {
  key: () => Promise.resolve({ is: "fine" }),
  login: () => Promise.resolve({ is: "fine" }),
};
const tools = { newToken: () => "new-token" };

/** Answers every step from `given`, else with what it suggests. */
function walkWith(facts: Facts, given: Record<string, Value>): Walk {
  let walk = beginWalk(facts);
  for (let { step } = whereIs(walk); step; { step } = whereIs(walk)) {
    const next = answer(walk, given[step.id]);
    if ("problem" in next) throw new Error(`${step.id}: ${next.problem}`);
    walk = next.walk;
  }
  return walk;
}

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "openclaw-walk-"))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test("every step can be told apart, says what it asks, and has an answer or asks for one", () => {
  const steps = stepsFor(bare);
  expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
  const sight = { facts: bare, answers: { model: "builtin", auth: "token", channels: [] } };
  for (const step of steps) {
    expect(step.message(sight).length, step.id).toBeGreaterThan(10);
    if (step.kind === "select" || step.kind === "multiselect")
      expect(step.choices?.(sight), step.id).toBeDefined();
    if (step.advanced)
      expect(step.initial?.(sight), `${step.id} is skipped in the quick start`).toBeDefined();
  }
});

test("what is asked and flags come to the same plan, on every surface", async () => {
  const answers = {
    risk: true,
    flow: "advanced",
    mode: "local",
    model: "key",
    "model.provider": "anthropic",
    "model.key": "sk-0123456789",
    port: "19001",
    bind: "lan",
    auth: "password",
    password: "long enough, this",
    channels: ["chat"],
    "channel.chat.token": "t-1",
    "channel.chat.app": "",
    workspace: "~/agent",
    skills: [],
    service: false,
    hello: "",
    review: true,
  };
  const asked = planOf(whereIs(walkWith(bare, answers)).sight, tools);
  const web = planOf(whereIs(walkWith({ ...bare, surface: "web" }, answers)).sight, tools);
  const flags = planOf((await walkAll({ ...bare, surface: "flags" }, answers, fine)).sight, tools);
  expect(asked.patch).toEqual({
    gateway: {
      mode: "local",
      port: 19001,
      bind: "lan",
      auth: { mode: "password", password: "long enough, this" },
    },
    agents: { defaults: { model: { primary: "anthropic/claude-x" }, workspace: "~/agent" } },
    channels: { chat: { enabled: true, token: "t-1" } },
    skills: { entries: { "a.b": { enabled: false } } },
  });
  expect(JSON.stringify(web.patch)).toBe(JSON.stringify(asked.patch));
  expect(JSON.stringify(flags.patch)).toBe(JSON.stringify(asked.patch));
  expect(asked.logins.map(({ provider, secret }) => [provider, secret.reveal()])).toEqual([
    ["anthropic", "sk-0123456789"],
  ]);
  expect(asked.summary.join("\n")).not.toMatch(/long enough|t-1|sk-0/);
});

test("what is set up already makes an empty plan", async () => {
  const config = { ...bare.config, exists: true, mode: "local" as const, hasToken: true, primary: "a/b" };
  const { sight } = await walkAll({ ...bare, surface: "flags", config }, { risk: true }, fine);
  expect(planOf(sight, tools).patch).toEqual({});
});

test("the quick start asks no more than it must", () => {
  const asked: string[] = [];
  let walk = beginWalk(bare);
  for (let { step } = whereIs(walk); step; { step } = whereIs(walk)) {
    asked.push(step.id);
    const next = answer(walk, { risk: true, model: "builtin" }[step.id]);
    if ("walk" in next) walk = next.walk;
  }
  expect(asked).toEqual(["welcome", "risk", "flow", "model", "channels", "service", "hello", "review"]);
});

test("answers that are none: refused with the reason, and the step stays", () => {
  const at = (id: string, given: Record<string, Value>) => {
    let walk = beginWalk(bare);
    for (let { step } = whereIs(walk); step && step.id !== id; { step } = whereIs(walk)) {
      const next = answer(walk, given[step.id]);
      if ("problem" in next) throw new Error(`${step.id}: ${next.problem}`);
      walk = next.walk;
    }
    expect(whereIs(walk).step?.id).toBe(id);
    return walk;
  };
  const advanced = { risk: true, flow: "advanced", model: "builtin" };
  const refused: Array<[string, Value, Record<string, Value>]> = [
    ["risk", false, {}],
    ["risk", "yes", {}],
    ["flow", "fast", { risk: true }],
    ["port", "0", advanced],
    ["port", "65536", advanced],
    ["port", "80 80", advanced],
    ["bind", "custom", advanced],
    ["auth", "off", { ...advanced, bind: "lan" }],
    ["password", "short", { ...advanced, auth: "password" }],
    ["token", "short", advanced],
    ["workspace", "relative/folder", advanced],
    ["channels", ["pigeon"], advanced],
    ["channels", "chat", advanced],
    ["model.key", "two words", { ...advanced, model: "key" }],
    ["review", false, advanced],
  ];
  for (const [id, value, given] of refused)
    expect(answer(at(id, given), value), `${id} ${String(value)}`).toHaveProperty("problem");
  // A wrong credential is told at its own field, not after all of them.
  const channel = at("channel.chat.token", { ...advanced, channels: ["chat"] });
  expect(answer(channel, "no")).toEqual({ problem: "token: begins with t-" });
});

test("flags that cannot be: the flag is named, a secret is not", async () => {
  const facts = { ...bare, surface: "flags" as const };
  await expect(walkAll(facts, { risk: true, port: "x" }, fine)).rejects.toThrow(/--gateway-port "x": /);
  await expect(walkAll(facts, { risk: true, auth: "password" }, fine)).rejects.toThrow(
    /--gateway-password is missing/,
  );
  await expect(walkAll(facts, {}, fine)).rejects.toThrow(/--accept-risk/);
  await expect(walkAll(facts, { risk: true, token: "tiny" }, fine)).rejects.toThrow(
    /^--gateway-token: give at least/,
  );
  const refusing: Probes = { ...fine, key: () => Promise.resolve({ is: "refused", why: "401" }) };
  const key = { risk: true, model: "key", "model.provider": "anthropic", "model.key": "sk-0123456789" };
  await expect(walkAll(facts, key, refusing)).rejects.toMatchObject({ code: "CREDENTIAL_INVALID" });
  const offline: Probes = { ...fine, key: () => Promise.resolve({ is: "untried", why: "no network" }) };
  expect((await walkAll(facts, key, offline)).notes).toEqual(["It could not be tried: no network"]);
});

test("back and forward again changes nothing (property)", () => {
  fc.assert(
    fc.property(fc.nat(20), fc.nat(20), fc.boolean(), (steps, backs, advanced) => {
      const given: Record<string, Value> = {
        risk: true,
        flow: advanced ? "advanced" : "quickstart",
        channels: ["chat"],
        "channel.chat.token": "t-9",
        model: "builtin",
      };
      let walk = beginWalk(bare);
      for (let at = 0; at < steps; at++) {
        const next = answer(walk, given[whereIs(walk).step?.id ?? ""]);
        if ("walk" in next) walk = next.walk;
      }
      const before = whereIs(walk);
      let returned = walk;
      for (let at = 0; at < backs; at++) returned = back(returned);
      // Forward with what is suggested: earlier answers are kept as suggestions.
      while (returned.done.length < walk.done.length) {
        const { step, sight } = whereIs(returned);
        const next = answer(returned, step ? suggestion(returned, step, sight) : undefined);
        if ("problem" in next) throw new Error(next.problem);
        returned = next.walk;
      }
      const after = whereIs(returned);
      expect([after.step?.id, after.sight.answers]).toEqual([before.step?.id, before.sight.answers]);
    }),
  );
});

test("a stopped wizard goes on where it was, without its secrets", () => {
  let walk = beginWalk(bare);
  const given: Record<string, Value> = { risk: true, model: "key", "model.key": "sk-very-secret-1" };
  while (whereIs(walk).step?.id !== "channels") {
    const next = answer(walk, given[whereIs(walk).step?.id ?? ""]);
    if ("problem" in next) throw new Error(next.problem);
    walk = next.walk;
  }
  keepProgress(dir, walk);
  expect(readFileSync(join(dir, "onboarding.json"), "utf8")).not.toContain("very-secret");
  const resumed = resumeWalk(dir, bare);
  expect(resumed && whereIs(resumed).step?.id).toBe("model.key");
  // The machine is another one meanwhile: what does not fit is not taken over.
  const other = { ...bare, vendors: [{ id: "other", name: "Other", model: null }] };
  const changed = resumeWalk(dir, other);
  expect(changed && whereIs(changed).sight.answers["model.provider"]).toBe("other");
});
