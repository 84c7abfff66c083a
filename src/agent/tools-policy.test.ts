import { describe, expect, it } from "vitest";
import { agentDefaults } from "./settings.ts";
import { canonicalToolName, decideTool, policySessionKind, type ToolPolicyInput } from "./tools-policy.ts";

const tools: Record<string, string[]> = {
  read: ["group:fs"],
  write: ["group:fs"],
  exec: ["group:runtime"],
  apply_patch: ["group:fs"],
  sessions_list: ["group:sessions"],
  sessions_reset: ["group:sessions"],
  web_fetch: ["group:web"],
};

function decide(
  name: string,
  policy: Partial<ToolPolicyInput["settings"]>,
  run: Partial<Omit<ToolPolicyInput, "settings">> = {},
) {
  return decideTool(
    { name, groups: tools[name] ?? [] },
    {
      agentId: "main",
      session: "main",
      owner: true,
      sandbox: null,
      provider: "anthropic",
      model: "claude-x",
      ...run,
      settings: { ...agentDefaults.tools, ...policy },
    },
  );
}

describe("tool policy", () => {
  it.each([
    ["no list restricts nothing", "exec", {}, {}, true],
    ["an empty allow list allows nothing", "exec", { global: { allow: [] } }, {}, "tools.allow"],
    ["an empty deny list denies nothing", "exec", { global: { deny: [] } }, {}, true],
    [
      "an allow list names the only ones",
      "write",
      { global: { allow: ["read", "exec"] } },
      {},
      "tools.allow",
    ],
    ["deny wins over allow", "exec", { global: { allow: ["exec"], deny: ["exec"] } }, {}, "tools.deny"],
    ["a group stands for its members", "write", { global: { deny: ["group:fs"] } }, {}, "tools.deny"],
    ["a group does not stand for others", "exec", { global: { deny: ["group:fs"] } }, {}, true],
    ["an unknown group stands for nothing", "exec", { global: { allow: ["group:nope"] } }, {}, "tools.allow"],
    ["a star stands for all", "exec", { global: { deny: ["*"] } }, {}, "tools.deny"],
    ["patterns match inside names", "sessions_list", { global: { deny: ["sess*_l*t"] } }, {}, "tools.deny"],
    ["patterns match whole names", "sessions_list", { global: { deny: ["sess*_l*x"] } }, {}, true],
    ["aliases are the same tool", "exec", { global: { deny: [" Bash "] } }, {}, "tools.deny"],
    ["an agent narrows", "exec", { agent: { allow: ["read"] } }, {}, "agents.main.tools.allow"],
    [
      "an agent cannot widen",
      "exec",
      { global: { deny: ["exec"] }, agent: { allow: ["exec"] } },
      {},
      "tools.deny",
    ],
    [
      "a conversation narrows",
      "exec",
      { conversation: { rule: "channels.x.groups.g.tools", policy: { deny: ["exec"] } } },
      {},
      "channels.x.groups.g.tools.deny",
    ],
    [
      "a conversation cannot widen",
      "exec",
      { global: { deny: ["exec"] }, conversation: { rule: "r", policy: { allow: ["exec"] } } },
      {},
      "tools.deny",
    ],
    [
      "a provider narrows",
      "exec",
      { byProvider: { Anthropic: { deny: ["exec"] } } },
      {},
      "tools.byProvider.Anthropic.deny",
    ],
    ["another provider does not", "exec", { byProvider: { openai: { deny: ["exec"] } } }, {}, true],
    [
      "one model narrows",
      "exec",
      { byProvider: { "anthropic/claude-x": { allow: [] } } },
      {},
      "tools.byProvider.anthropic/claude-x.allow",
    ],
    [
      "somebody who is not the owner gets no shell",
      "exec",
      {},
      { owner: false },
      "rule for senders who are not the owner.deny",
    ],
    ["but may have the web", "web_fetch", {}, { owner: false }, true],
    [
      "groups do not reset sessions",
      "sessions_reset",
      {},
      { session: "group" },
      "built-in rule for group sessions.deny",
    ],
  ] as const)("%s", (_name, tool, policy, run, expected) => {
    expect(decide(tool, policy, run)).toEqual(
      expected === true ? { allowed: true } : { allowed: false, rule: expected },
    );
  });

  it.each([
    ["agent:main:main", "main"],
    ["agent:ops:main", "main"],
    ["agent:main:web-1", "direct"],
    ["agent:main:telegram:group:-100", "group"],
    ["agent:main:cron:nightly", "cron"],
    ["agent:main:hook:ci", "hook"],
    ["agent:main:subagent:1", "subagent"],
    ["global", "direct"],
  ] as const)("sees %s as a %s session", (key, kind) => {
    expect(policySessionKind(key, "main")).toBe(kind);
  });

  it("knows tools by one name", () => {
    expect(canonicalToolName(" Bash ")).toBe("exec");
    expect(canonicalToolName("Read")).toBe("read");
    expect(canonicalToolName("constructor")).toBe("constructor");
  });
});
