import { expect, test } from "vitest";
import { findNoEffect } from "./no-effect.ts";
import { noEffectKeys, schemaPaths } from "./schema/index.ts";

test("every key of the list is in the schema, once, and none covers another", () => {
  const known = new Set([...schemaPaths()].map(({ path }) => path));
  const prefixes = noEffectKeys().map(({ prefix }) => prefix);
  expect(prefixes.filter((prefix) => !known.has(prefix))).toEqual([]);
  expect(new Set(prefixes).size).toBe(prefixes.length);
  expect(prefixes.filter((prefix) => prefixes.some((other) => prefix.startsWith(`${other}.`)))).toEqual([]);
  for (const { reason } of noEffectKeys()) expect(reason.length).toBeGreaterThan(8);
});

test.each<[unknown, string[]]>([
  [{}, []],
  [{ gateway: { port: 1 } }, []],
  [{ agents: { defaults: { heartbeat: { every: "1h", to: "5" } } } }, []],
  [{ discovery: {} }, []],
  [
    { agents: { list: [{ id: "a" }, { id: "b", identity: { theme: "x" }, sandbox: { mode: "all" } }] } },
    ["agents.list[1].identity.theme"],
  ],
  [{ channels: { x: { enabled: true }, y: {} } }, ["channels.x", "channels.y"]],
  [{ channels: { webhook: { secret: "s" }, telegram: { enabled: false } } }, []],
  [{ channels: "nonsense" }, []],
  [{ hooks: { mappings: [{ transform: { module: "a.js" } }] } }, ["hooks.mappings[0].transform"]],
  [{ bindings: [{ agentId: "a", match: {} }] }, []],
  [{ browser: { enabled: true, headless: true } }, []],
  [
    { browser: { profiles: { mine: { cdpPort: 9222 } } }, plugins: { entries: { p: { config: 1 } } } },
    ["browser.profiles", "plugins.entries.p.config"],
  ],
  [
    { channels: { mine: {} }, plugins: { load: { paths: ["mine"] }, entries: { p: { enabled: false } } } },
    [],
  ],
  [{ talk: "nonsense", agents: null }, ["talk"]],
])("%j", (data, paths) => {
  const found = findNoEffect(data);
  expect(found.map(({ path }) => path)).toEqual(paths);
  for (const { message } of found) expect(message).toMatch(/no effect in this version \(.+\)$/);
});
