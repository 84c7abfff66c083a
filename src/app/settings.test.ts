import { expect, test } from "vitest";
import { decideTool } from "../agent/tools-policy.ts";
import { channelNames, configSchema } from "../config/schema/index.ts";
import { resolvePaths } from "../state/index.ts";
import { channelCatalog } from "../channels/catalog.ts";
import { agentSettings, runServiceSettings, serverSettings } from "./settings.ts";

const paths = resolvePaths({ env: {}, home: "/home/somebody" });
const groups: Record<string, string[]> = {
  exec: ["group:runtime"],
  read: ["group:fs"],
  apply_patch: ["group:fs"],
  memory_search: ["group:memory"],
  memory_save: ["group:memory"],
  message: ["group:messaging"],
  web_fetch: ["group:web"],
};

function allowed(config: unknown, agentId = "main", provider = "anthropic"): string[] {
  const settings = agentSettings(configSchema.parse(config), paths, agentId).tools;
  return Object.entries(groups).flatMap(([name, of]) =>
    decideTool(
      { name, groups: of },
      { settings, agentId, session: "main", owner: true, sandbox: null, provider, model: "m" },
    ).allowed
      ? [name]
      : [],
  );
}
const all = Object.keys(groups);
const without = (...names: string[]) => all.filter((name) => !names.includes(name));

test.each<[string, unknown, string[]]>([
  ["nothing said", {}, all],
  ["full", { tools: { profile: "full" } }, all],
  ["minimal", { tools: { profile: "minimal" } }, []],
  ["coding", { tools: { profile: "coding" } }, without("message", "web_fetch")],
  ["messaging", { tools: { profile: "messaging" } }, ["message"]],
  ["a profile and more", { tools: { profile: "messaging", alsoAllow: ["web_*"] } }, ["message", "web_fetch"]],
  [
    "a profile and less",
    { tools: { profile: "coding", deny: ["exec"] } },
    without("message", "web_fetch", "exec"),
  ],
  [
    "a profile beside a list: both hold",
    { tools: { profile: "coding", allow: ["exec", "message"] } },
    ["exec"],
  ],
  [
    "an agent's profile instead",
    { tools: { profile: "minimal" }, agents: { list: [{ id: "main", tools: { profile: "full" } }] } },
    all,
  ],
  ["a provider's profile", { tools: { byProvider: { anthropic: { profile: "minimal" } } } }, []],
  ["another provider's profile", { tools: { byProvider: { openai: { profile: "minimal" } } } }, all],
  ["no apply_patch", { tools: { exec: { applyPatch: { enabled: false } } } }, without("apply_patch")],
  [
    "no search in notes",
    { agents: { defaults: { memorySearch: { enabled: false } } } },
    without("memory_search"),
  ],
  [
    "search in notes for this agent",
    {
      agents: {
        defaults: { memorySearch: { enabled: false } },
        list: [{ id: "main", memorySearch: { enabled: true } }],
      },
    },
    all,
  ],
])("tools with %s", (_name, config, expected) => {
  expect(allowed(config)).toEqual(expected);
});

test("queue modes per channel and the prefix of answers reach the lanes", () => {
  const { queueMode, queueModeByChannel, replyStyle } = runServiceSettings(
    configSchema.parse({
      messages: { queue: { mode: "steer", byChannel: { webhook: "followup" } }, responsePrefix: "[claw]" },
    }),
  );
  const place = { channel: "webhook", account: "default", to: "x" };
  expect({ queueMode, queueModeByChannel, responsePrefix: replyStyle?.(place).prefix }).toEqual({
    queueMode: "steer",
    queueModeByChannel: { webhook: "followup" },
    responsePrefix: "[claw]",
  });
});

test("canvas pages lie in the state directory unless another folder is named, or nowhere", () => {
  const root = (canvasHost: unknown) => serverSettings(configSchema.parse({ canvasHost }), paths).canvasRoot;
  expect(root({})).toBe("/home/somebody/.openclaw/canvas");
  expect(root({ root: "~/pages" })).toBe("/home/somebody/pages");
  expect(root({ enabled: false })).toBeNull();
});

test("the configuration knows exactly the channels there are", () => {
  expect(channelCatalog.map(({ id }) => id)).toEqual(channelNames);
});
