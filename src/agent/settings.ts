import type { ThinkingLevel } from "../core/conversation.ts";
import type { ToolPolicyLayer } from "./tools-policy.ts";

/** What the loop needs to know about one agent, read afresh for every run. Made from the config by `app/`. */
export interface AgentSettings {
  agentId: string;
  /** Name the agent answers to; null when the workspace files give it one. */
  displayName: string | null;
  /** Instructions of the operator for this one conversation; null when there are none. */
  instructions: string | null;
  /** Absolute path. */
  workspaceDir: string;
  /** Absolute path of skills shared by all agents, or null. */
  managedSkillsDir: string | null;
  /** Skills the operator switched off by name, and the list of the only ones allowed (null: all). */
  skills: {
    disabled: readonly string[];
    allow: readonly string[] | null;
    /** By key of the skill: whether it was given a key, and names of the variables it was given. */
    given?: Readonly<Record<string, { apiKey: boolean; env: readonly string[] }>>;
  };
  /** `session.mainKey`. */
  mainKey: string;
  /** What a message does while the agent is busy, where neither it nor its session says. */
  queueModeDefault: string;
  thinkingDefault: ThinkingLevel;
  /** Upper bound on the context window, in tokens; null for the model's own. */
  contextTokens: number | null;
  /** IANA name; null for the time zone of the host. */
  timezone: string | null;
  /** Rounds of model → tools per run before the model is asked to answer with what it has. */
  maxToolRounds: number;
  /** For tools that name no timeout of their own. Milliseconds. */
  toolTimeoutMs: number;
  /** Characters of one tool result the model sees; the rest is kept in a file it can read. */
  outputCapChars: number;
  /** Characters of one workspace file in the prompt. */
  promptFileChars: number;
  compaction: CompactionSettings;
  tools: ToolPolicySettings;
}

export interface CompactionSettings {
  enabled: boolean;
  /** Tokens kept free for the answer: the conversation is compacted when the prompt grows into them. */
  reserveTokens: number;
  /** Tokens of recent turns that stay word for word. */
  keepRecentTokens: number;
}

/** Sources of tool policy. Every layer must allow a tool; a missing list restricts nothing, an empty one everything. */
export interface ToolPolicySettings {
  /** `tools.allow`, `tools.deny`. */
  global: ToolPolicyLayer;
  /** `agents.<id>.tools`. */
  agent: ToolPolicyLayer;
  /** `tools.byProvider`, by `provider` or `provider/model`. */
  byProvider: Record<string, ToolPolicyLayer>;
  /** What the settings of the group allow in its conversation, and where they stand. */
  conversation?: { rule: string; policy: ToolPolicyLayer };
  /** `tools.sandbox.tools`, and `agents.<id>.sandbox.tools` or those of the defaults: for runs in a sandbox. */
  sandbox?: { global: ToolPolicyLayer; agent: ToolPolicyLayer };
  /** For runs that do not carry the owner's authority; {@link nonOwnerPolicy} unless configured. */
  nonOwner: ToolPolicyLayer;
}

/**
 * Somebody who may talk to the agent may not therefore use the machine or read its owner's notes (threats.md, section
 * 1, "Chat sender").
 */
export const nonOwnerPolicy: ToolPolicyLayer = {
  deny: ["group:fs", "group:runtime", "group:sessions", "group:memory", "group:messaging", "group:nodes"],
};

/** Values for everything the config does not say. */
export const agentDefaults = {
  displayName: null,
  instructions: null,
  managedSkillsDir: null,
  skills: { disabled: [], allow: null },
  mainKey: "main",
  queueModeDefault: "collect",
  thinkingDefault: "off",
  contextTokens: null,
  timezone: null,
  maxToolRounds: 64,
  toolTimeoutMs: 120_000,
  outputCapChars: 30_000,
  promptFileChars: 20_000,
  compaction: { enabled: true, reserveTokens: 16_000, keepRecentTokens: 20_000 },
  tools: { global: {}, agent: {}, byProvider: {}, nonOwner: nonOwnerPolicy },
} satisfies Omit<AgentSettings, "agentId" | "workspaceDir">;
