import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { systemClock } from "../../core/clock.ts";
import { silentLogger } from "../../core/logger.ts";
import { resolvePaths } from "../../state/index.ts";
import { openConfigStore } from "../store.ts";
import { applyPlan, reloadPlan, type ReloadMode } from "./index.ts";

const home = mkdtempSync(join(tmpdir(), "openclaw-plan-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const store = openConfigStore({
  paths: resolvePaths({ env: {}, home }),
  env: { HOME: home },
  clock: systemClock,
  logger: silentLogger,
});

function configOf(value: object) {
  const { file, issues } = store.judge(JSON.stringify(value));
  if (!file) throw new Error(JSON.stringify(issues));
  return file;
}

const base = {
  gateway: { mode: "local", port: 18_789, auth: { token: "a".repeat(32) } },
  channels: { webhook: { accounts: { a: { secret: "s".repeat(20), url: "http://127.0.0.1:1/" } } } },
  agents: { list: [{ id: "main", workspace: "/w/main" }] },
};
const merged = (patch: object, target: object = base): object => {
  const made: Record<string, unknown> = structuredClone(target) as Record<string, unknown>;
  for (const [key, value] of Object.entries(patch)) {
    const old = made[key];
    const both = [old, value].every(
      (each) => typeof each === "object" && each !== null && !Array.isArray(each),
    );
    made[key] = both ? merged(value as object, old as object) : value;
  }
  return made;
};

test.each([
  [{ gateway: { port: 18_790 } }, "gateway.port", "process"],
  [{ gateway: { bind: "lan" } }, "gateway.bind", "process"],
  [{ gateway: { auth: { token: "b".repeat(32) } } }, "gateway.auth.token", "process"],
  [{ gateway: { auth: { mode: "password", password: "p".repeat(20) } } }, "gateway.auth.mode", "process"],
  [{ gateway: { tls: { minVersion: "TLSv1.2" } } }, "gateway.tls.minVersion", "process"],
  [{ gateway: { tailscale: { resetOnExit: true } } }, "gateway.tailscale.resetOnExit", "process"],
  [{ gateway: { reload: { debounceMs: 100 } } }, "gateway.reload.debounceMs", "hot"],
  [{ agents: { list: [{ id: "main", workspace: "/w/other" }] } }, "agents.list[0].workspace", "process"],
  [{ agents: { defaults: { workspace: "/w/x" } } }, "agents.defaults.workspace", "process"],
  [{ agents: { defaults: { model: "a/b" } } }, "agents.defaults.model.primary", "hot"],
  [{ tools: { allow: ["read"] } }, "tools.allow", "hot"],
  [{ tools: { deny: ["exec"] } }, "tools.deny", "hot"],
  [{ cron: { enabled: false } }, "cron.enabled", "hot"],
  [
    { channels: { webhook: { accounts: { a: { allowFrom: ["x"] } } } } },
    "channels.webhook.accounts.a.allowFrom",
    "hot",
  ],
  [{ channels: { webhook: { dmPolicy: "open" } } }, "channels.webhook.dmPolicy", "hot"],
  [
    { channels: { webhook: { accounts: { a: { url: "http://127.0.0.1:2/" } } } } },
    "channels.webhook.accounts.a.url",
    "part",
  ],
  [
    { channels: { webhook: { accounts: { b: { url: "http://127.0.0.1:2/" } } } } },
    "channels.webhook.accounts.b.url",
    "part",
  ],
])("%j: %s is %s", (patch, path, action) => {
  const plan = reloadPlan({ before: configOf(base), after: configOf(merged(patch)) });
  expect(plan.steps.find((step) => step.path === path)).toMatchObject({ action, applies: true });
  expect(plan.restart).toBe(action === "process");
  if (action === "part")
    expect(plan.parts).toEqual([
      path
        .split(".")
        .filter((word) => word !== "accounts")
        .slice(0, 3)
        .join("/"),
    ]);
});

test("the modes (CONF-27, CONF-28)", () => {
  const mixed = (mode: ReloadMode) =>
    reloadPlan({
      before: configOf(base),
      after: configOf(
        merged({
          gateway: { port: 1234, reload: { mode } },
          tools: { deny: ["exec"] },
          channels: { webhook: { accounts: { a: { url: "http://127.0.0.1:9/" } } } },
        }),
      ),
    });
  expect(mixed("hybrid")).toMatchObject({ restart: true, parts: [], pending: [] });
  expect(mixed("restart")).toMatchObject({ restart: true, parts: [], pending: [] });
  const hot = mixed("hot");
  expect(hot).toMatchObject({ restart: false, parts: [] });
  expect(hot.pending).toContain("gateway.port");
  expect(hot.pending).toContain("channels.webhook.accounts.a.url");
  expect(hot.pending).not.toContain("tools.deny");
  const off = mixed("off");
  expect(off).toMatchObject({ restart: false, parts: [] });
  expect(off.pending).toContain("tools.deny");
  const hotOnly = {
    before: configOf(base),
    after: configOf(merged({ gateway: { reload: { mode: "restart" } } })),
  };
  expect(reloadPlan(hotOnly).restart).toBe(true);
  expect(reloadPlan({ before: hotOnly.after, after: hotOnly.after }).restart).toBe(false);
});

test("hot mode: what waits stays as it was, the rest counts", () => {
  const before = configOf(base);
  const after = configOf(
    merged({
      gateway: { port: 1234, reload: { mode: "hot" } },
      tools: { deny: ["exec"] },
      channels: { webhook: { accounts: { a: { url: "http://127.0.0.1:9/", allowFrom: ["x"] } } } },
    }),
  );
  const config = applyPlan(before, after, reloadPlan({ before, after }));
  expect(config.gateway.port).toBe(18_789);
  expect(config.gateway.reload.mode).toBe("hot");
  expect(config.tools.deny).toEqual(["exec"]);
  expect(config.channels["webhook"]?.accounts?.["a"]).toMatchObject({
    url: "http://127.0.0.1:1/",
    allowFrom: ["x"],
  });
});

test("a key that a flag outranks changes nothing and is named (HID-018)", () => {
  const plan = reloadPlan({
    before: configOf(base),
    after: configOf(merged({ gateway: { port: 18_790 } })),
    overrides: [{ path: ["gateway", "port"], from: "--port" }],
  });
  expect(plan.steps.find(({ path }) => path === "gateway.port")).toMatchObject({
    action: "shadowed",
    by: "--port",
  });
  // With the port outranked, the ports that follow it stay too.
  const same = configOf(base);
  const whole = reloadPlan({
    before: same,
    after: configOf(merged({ gateway: { port: 18_790 } })),
    overrides: [{ path: ["gateway", "port"], from: "--port" }],
    effective: { before: same, after: structuredClone(same) },
  });
  expect(whole).toMatchObject({ restart: false, steps: [{ action: "shadowed" }] });
});

test("secrets never stand in a plan", () => {
  const plan = reloadPlan({
    before: configOf(base),
    after: configOf(merged({ gateway: { auth: { token: "canary-token-0123456789" } } })),
  });
  expect(JSON.stringify(plan)).not.toMatch(/canary|aaaa/);
});

const patches = fc.record(
  {
    gateway: fc.record({
      port: fc.integer({ min: 1, max: 60_000 }),
      reload: fc.record({ mode: fc.constantFrom("hybrid", "hot", "restart", "off") }),
    }),
    tools: fc.record({ deny: fc.array(fc.constantFrom("exec", "read", "write")) }),
    channels: fc.dictionary(
      fc.constantFrom("webhook", "telegram"),
      fc.record({ dmPolicy: fc.constantFrom("open", "pairing"), url: fc.webUrl() }),
    ),
  },
  { requiredKeys: [] },
);

test("laws: no difference, no step; after a plan is applied only what waits is left", () => {
  fc.assert(
    fc.property(patches, patches, (one, two) => {
      const [before, after] = [configOf(merged(one)), configOf(merged(two))];
      expect(reloadPlan({ before, after: structuredClone(before) }).steps).toEqual([]);
      const plan = reloadPlan({ before, after });
      if (plan.restart) return;
      const rest = reloadPlan({ before: applyPlan(before, after, plan), after }).steps;
      expect(rest.map(({ path }) => path)).toEqual(expect.arrayContaining(plan.pending));
      // A section that comes or goes while something in it waits, e.g. with its allow list, waits as a whole.
      const others = rest.filter(({ path }) => !plan.pending.includes(path));
      expect(others.filter((step) => step.after !== undefined && step.before !== undefined)).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
