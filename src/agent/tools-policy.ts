import { sessionKind } from "../core/session-key.ts";
import type { ToolPolicySettings } from "./settings.ts";

/** Names, `group:<name>` or patterns with `*`. A missing list restricts nothing; an empty one is an empty list. */
export interface ToolPolicyLayer {
  allow?: readonly string[];
  deny?: readonly string[];
  /** A named starting set, resolved: as strict as `allow`, and beside it. */
  profile?: readonly string[];
}

/** What `tools.profile` gives by name; `full` restricts nothing. An unknown name gives nothing at all. */
export function profileTools(name: string): readonly string[] | undefined {
  if (name === "full") return undefined;
  if (name === "coding")
    return ["group:fs", "group:runtime", "group:sessions", "group:memory", "group:skills"];
  if (name === "messaging")
    return ["group:messaging", "group:skills", "sessions_list", "sessions_history", "sessions_send"];
  return [];
}

/** Kind of session as tool policy sees it. */
export type PolicySessionKind = "main" | "direct" | "group" | "cron" | "hook" | "subagent";

export interface ToolPolicyInput {
  settings: ToolPolicySettings;
  agentId: string;
  session: PolicySessionKind;
  /** Whether everything that triggered this run came from the owner. */
  owner: boolean;
  /** Set when the run's tools execute in a sandbox. */
  sandbox: SandboxPolicyInput | null;
  /** Provider and model that asked for the tool. */
  provider: string;
  model: string;
}

/** What tool policy wants to know of a sandbox. */
export interface SandboxPolicyInput {
  /** Whether the agent's notes are in it to be changed. */
  writable: boolean;
  /** Whether nothing in it is anybody else's: a folder of this one session, no network. */
  ownFolder: boolean;
}

export type ToolDecision = { allowed: true } | { allowed: false; rule: string };

/** Other names under which people and older documents know our tools. */
const aliases: ReadonlyMap<string, string> = new Map([
  ["bash", "exec"],
  ["shell", "exec"],
  ["list", "ls"],
  ["apply-patch", "apply_patch"],
  ["applypatch", "apply_patch"],
]);

/** Sessions nobody watches live may not act on other sessions; a group hears what the agent does there. */
const bySessionKind: Readonly<Record<PolicySessionKind, ToolPolicyLayer>> = {
  main: {},
  direct: {},
  group: { deny: ["sessions_reset", "sessions_send"] },
  cron: { deny: ["sessions_reset"] },
  hook: { deny: ["sessions_reset", "sessions_send"] },
  subagent: { deny: ["sessions_reset", "sessions_send", "message"] },
};

/** The name policies and the journal use: lower case, aliases resolved. */
export function canonicalToolName(name: string): string {
  const lower = name.trim().toLowerCase();
  return aliases.get(lower) ?? lower;
}

/**
 * Whether a run may use a tool. Pure; asked when the tools are offered and again when one is called. Deny wins over
 * allow, every layer must agree, and `rule` names the config key (or built-in rule) that refused.
 */
export function decideTool(
  tool: { name: string; groups: readonly string[]; effect?: string; insideSandbox?: boolean },
  input: ToolPolicyInput,
): ToolDecision {
  const { settings, sandbox } = input;
  if (sandbox && worksOutside(tool))
    return { allowed: false, rule: "built-in rule: it works outside sandboxes" };
  const provider = input.provider.toLowerCase();
  const layers: Array<[string, ToolPolicyLayer]> = [
    ["tools", settings.global],
    [`agents.${input.agentId}.tools`, settings.agent],
    [`built-in rule for ${input.session} sessions`, bySessionKind[input.session]],
  ];
  for (const [key, layer] of Object.entries(settings.byProvider)) {
    const wanted = key.trim().toLowerCase();
    if (wanted === provider || wanted === `${provider}/${input.model.toLowerCase()}`) {
      layers.push([`tools.byProvider.${key}`, layer]);
    }
  }
  if (settings.conversation) layers.push([settings.conversation.rule, settings.conversation.policy]);
  const { global, agent } = settings.sandbox ?? { global: {}, agent: {} };
  const isNamed = [global, agent].some(({ allow }) =>
    allow?.some((pattern) => pattern.trim() !== "*" && matches(pattern, tool)),
  );
  if (sandbox) {
    layers.push(["tools.sandbox.tools", global], [`agents.${input.agentId}.sandbox.tools`, agent]);
    if (!isNamed) layers.push(["built-in rule for sandboxes", unlessNamed(sandbox)]);
  }
  // Where a sandbox holds nothing of anybody else, the operator may name tools for those who are not the owner too.
  const isLent = sandbox?.ownFolder === true && isNamed && tool.insideSandbox === true;
  if (!input.owner && !isLent) layers.push(["rule for senders who are not the owner", settings.nonOwner]);

  for (const [source, layer] of layers) {
    if (layer.deny?.some((pattern) => matches(pattern, tool)))
      return { allowed: false, rule: `${source}.deny` };
  }
  for (const [source, layer] of layers) {
    if (layer.allow && !layer.allow.some((pattern) => matches(pattern, tool))) {
      return { allowed: false, rule: `${source}.allow` };
    }
    if (layer.profile && !layer.profile.some((pattern) => matches(pattern, tool))) {
      return { allowed: false, rule: `${source}.profile` };
    }
  }
  return { allowed: true };
}

/** Tools that open files or start programs, unless they say that they do so inside. */
function worksOutside(tool: {
  groups: readonly string[];
  effect?: string;
  insideSandbox?: boolean;
}): boolean {
  if (tool.insideSandbox === true) return false;
  const { effect = "exec", groups } = tool;
  return effect === "exec" || groups.some((group) => outsideGroups.has(group.toLowerCase()));
}

const outsideGroups: ReadonlySet<string> = new Set(["group:fs", "group:runtime", "group:nodes"]);

/** Tools that steer something of this machine which is not in the sandbox. */
const besideSandboxes = ["browser", "group:browser", "canvas", "cron", "gateway"];

/** Notes lie in the agent's workspace: where that cannot be changed, no tool does it by another way. */
const unlessNamed = (sandbox: SandboxPolicyInput): ToolPolicyLayer => ({
  deny: [...besideSandboxes, ...(sandbox.writable ? [] : ["group:memory"])],
});

function matches(pattern: string, tool: { name: string; groups: readonly string[] }): boolean {
  const wanted = pattern.trim().toLowerCase();
  if (wanted === "*") return true;
  if (wanted.startsWith("group:")) return tool.groups.some((group) => group.toLowerCase() === wanted);
  const name = canonicalToolName(tool.name);
  if (!wanted.includes("*")) return canonicalToolName(wanted) === name;
  const parts = wanted.split("*");
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last))
    return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > name.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}

/** Kind of session a canonical key stands for. */
export function policySessionKind(sessionKey: string, mainKey: string): PolicySessionKind {
  const rest = sessionKey.replace(/^agent:[^:]+:/, "");
  if (rest === mainKey) return "main";
  if (/(?:^|:)subagent:/.test(rest)) return "subagent";
  if (rest.startsWith("cron:")) return "cron";
  if (rest.startsWith("hook:")) return "hook";
  return sessionKind(sessionKey) === "group" ? "group" : "direct";
}
