import { authorize, type Principal, type RequiredAuthority } from "../core/authority.ts";
import { thinkingLevels, type ThinkingLevel } from "../core/conversation.ts";
import { messageOf, OpenClawError } from "../core/errors.ts";
import type { InboxRow, Ledger } from "../ledger/contract.ts";
import type { ModelRouter } from "../models/contract.ts";
import type { SessionStore } from "../sessions/contract.ts";
import { runApproveCommand, type ApprovalCommands } from "./approve-command.ts";
import { runPairCommand, type PairingCommands } from "./pair-command.ts";
import { runElevatedCommand } from "./elevated-command.ts";
import { elevatedLevels, sandboxFor, type SandboxDesk } from "./run-sandbox.ts";
import { queueModes, runQueueCommand, runUsageCommand, usageFooters, usageLine } from "./session-commands.ts";
import type { AgentSettings } from "./settings.ts";

/** A chat command as it stands in a message. */
export interface ChatCommand {
  name: CommandName;
  argument: string;
}

interface CommandDefinition {
  summary: string;
  usage: string;
  /** The same authority as the RPC method with the same effect; with an argument some commands change things. */
  authority: (argument: string) => RequiredAuthority;
  /** Answered on arrival, beside whatever runs in the session: it neither needs its turn nor changes the conversation. */
  aside?: true;
}

/** The table of chat commands: their authority is that of the RPC method named behind it. */
const commands = {
  new: { usage: "/new", summary: "start a new conversation", authority: () => "admin" /* sessions.reset */ },
  reset: { usage: "/reset", summary: "same as /new", authority: () => "admin" /* sessions.reset */ },
  status: {
    usage: "/status",
    summary: "model, context and usage of this session",
    authority: () => "read",
    aside: true,
  },
  stop: { usage: "/stop", summary: "stop the run in progress", authority: () => "write" /* chat.abort */ },
  model: {
    usage: "/model [provider/model | default]",
    summary: "show or change the model of this session",
    authority: (argument) => (argument ? "admin" : "read") /* sessions.patch, models.list */,
  },
  think: {
    usage: `/think [${thinkingLevels.join(" | ")} | default]`,
    summary: "show or change how much the model thinks",
    authority: (argument) => (argument ? "admin" : "read") /* sessions.patch */,
  },
  elevated: {
    usage: `/elevated [${elevatedLevels.join(" | ")}]`,
    summary: "whether commands of this sandboxed session run outside its sandbox",
    authority: (argument) => (argument ? "owner" : "read") /* sessions.patch, and tools.exec.elevated */,
  },
  compact: {
    usage: "/compact",
    summary: "summarise the older part of this conversation",
    authority: () => "admin" /* sessions.compact */,
  },
  usage: {
    usage: `/usage [${usageFooters.join(" | ")}]`,
    summary: "tokens and cost of this session, or what is shown below answers",
    authority: (argument) => (argument ? "admin" : "read") /* sessions.patch */,
    aside: true,
  },
  queue: {
    usage: `/queue [${queueModes.join(" | ")} | default]`,
    summary: "what waits here, and what a message does meanwhile",
    authority: (argument) => (argument ? "admin" : "read") /* sessions.patch */,
    aside: true,
  },
  approve: {
    usage: "/approve [ID [always]]",
    summary: "see and allow what waits for permission",
    authority: () => "approvals" /* exec.approval.* */,
    aside: true,
  },
  deny: {
    usage: "/deny ID",
    summary: "refuse what waits for permission",
    authority: () => "approvals" /* exec.approval.resolve */,
    aside: true,
  },
  pair: {
    usage: "/pair [approve CODE | reject CODE | device approve ID]",
    summary: "see and answer who asks to be let in",
    authority: () => "pairing" /* channels.pairing.* */,
    aside: true,
  },
  whoami: {
    usage: "/whoami",
    summary: "who you are here and what you may do",
    authority: () => "public",
    aside: true,
  },
  help: { usage: "/help", summary: "this list", authority: () => "public", aside: true },
} satisfies Record<string, CommandDefinition>;
export type CommandName = keyof typeof commands;

const aliases = new Map<string, CommandName>([
  ["abort", "stop"],
  ["thinking", "think"],
  ["commands", "help"],
]);

/** Every chat command with what it does, for platforms that show a menu of them. */
export function chatCommandMenu(): Array<{ name: string; description: string }> {
  return Object.entries(commands).map(([name, { summary }]) => ({ name, description: summary }));
}

/** Reads a message as a chat command: `/name`, `/name argument` or `/name: argument`. Null for anything else. */
export function parseChatCommand(text: string): ChatCommand | null {
  const match = /^\/([a-z]+)(?:@\S+)?(?:\s*:\s*|\s+|$)([\s\S]*)$/i.exec(text.trim());
  const word = match?.[1]?.toLowerCase();
  if (word === undefined) return null;
  const name = isCommand(word) ? word : aliases.get(word);
  return name === undefined ? null : { name, argument: (match?.[2] ?? "").trim() };
}

/**
 * The command an accepted message is, or null. What a model wrote into another session is none: with its owner's authority
 * it could approve what it asks for itself.
 */
export function commandOf({ door, text }: Pick<InboxRow, "door" | "text">): ChatCommand | null {
  return door === "sessions_send" ? null : parseChatCommand(text);
}

function isCommand(word: string): word is CommandName {
  return Object.hasOwn(commands, word);
}

/** Whether this message ends the run in progress the moment it is accepted: `/stop` from somebody who may. */
export function preemptsRun(text: string, principal: Principal): boolean {
  return parseChatCommand(text)?.name === "stop" && authorize(principal, "write").allowed;
}

/** Whether this message is a command that is answered on arrival, from somebody who may give it. */
export function isAside(text: string, principal: Principal): boolean {
  const command = parseChatCommand(text);
  if (!command) return false;
  const definition: CommandDefinition = commands[command.name];
  return definition.aside === true && authorize(principal, definition.authority(command.argument)).allowed;
}

export interface ChatCommandResult {
  text: string;
  /** `refused_policy`: the sender may not. */
  reason: "command" | "refused_policy";
  /** The session has a new id: what was said before is gone from the conversation. */
  reset: boolean;
}

export interface ChatCommandDeps {
  ledger: Pick<Ledger, "activity" | "queued">;
  sessions: SessionStore;
  models: ModelRouter;
  settings: AgentSettings;
  /** Compacts the session this command runs in; null when there was nothing to summarise. */
  compact: () => Promise<{ tokensBefore: number; tokensAfter: number } | null>;
  /** Null where nothing is ever sandboxed. */
  sandboxes: SandboxDesk | null;
  /** Who asks to be let in on a channel; absent where no channel is. */
  pairing?: PairingCommands;
  /** What waits for permission. */
  approvals: ApprovalCommands;
  /** Stops the run in progress, if the caller is not in its lane. */
  stop?: () => Promise<number>;
}

/**
 * Carries out a command for `principal` in a session. Refusals and mistakes are answers, not errors; it throws only when
 * storage fails.
 */
export async function runChatCommand(
  command: ChatCommand,
  at: { sessionKey: string; agentId: string; principal: Principal },
  deps: ChatCommandDeps,
): Promise<ChatCommandResult> {
  const definition: CommandDefinition = commands[command.name];
  const decision = authorize(at.principal, definition.authority(command.argument));
  if (!decision.allowed) {
    return {
      text: `You may not use /${command.name} here: ${decision.message}.`,
      reason: "refused_policy",
      reset: false,
    };
  }
  const reset = command.name === "new" || command.name === "reset";
  return { text: await carryOut(command, at, deps), reason: "command", reset };
}

async function carryOut(
  command: ChatCommand,
  at: { sessionKey: string; agentId: string; principal: Principal },
  deps: ChatCommandDeps,
): Promise<string> {
  const { sessions, models, settings } = deps;
  const record = await sessions.ensure(at.sessionKey, at.agentId);
  const { argument } = command;
  switch (command.name) {
    case "new":
    case "reset":
      await sessions.reset(at.sessionKey);
      return "New conversation. Settings were kept, the old transcript is archived.";
    case "stop": {
      // In its own turn the command finds the run before it ended already: it was stopped on arrival.
      const stopped = await deps.stop?.();
      if (stopped === 0) return "Nothing is running.";
      return stopped === undefined || stopped === 1 ? "Stopped." : `Stopped ${stopped} runs.`;
    }
    case "model": {
      if (!argument)
        return `Model: ${modelOf(deps, at.agentId, record.settings.model)}. Change it with /model provider/model.`;
      const isDefault = argument === "default";
      if (!isDefault) {
        const problem = explain(() => models.resolve(at.agentId, argument));
        if (problem) return problem;
      }
      const ref = isDefault ? null : models.resolve(at.agentId, argument).ref;
      await sessions.patch(at.sessionKey, { settings: { model: ref } });
      return `Model of this session: ${modelOf(deps, at.agentId, ref ?? undefined)}.`;
    }
    case "think": {
      const level = argument.toLowerCase();
      if (!level) return `Thinking: ${record.settings.thinkingLevel ?? settings.thinkingDefault}.`;
      if (level !== "default" && !isThinkingLevel(level))
        return `"${argument.slice(0, 40)}" is no thinking level. Use ${thinkingLevels.join(", ")} or default.`;
      await sessions.patch(at.sessionKey, {
        settings: { thinkingLevel: level === "default" ? null : level },
      });
      return `Thinking of this session: ${level === "default" ? settings.thinkingDefault : level}.`;
    }
    case "compact": {
      const result = await deps.compact();
      return result
        ? `Compacted: about ${result.tokensBefore} → ${result.tokensAfter} tokens.`
        : "Nothing to compact: the conversation is short.";
    }
    case "status": {
      const { running, queued } = deps.ledger.activity();
      return [
        `Session ${at.sessionKey} · agent ${at.agentId}`,
        `Model: ${modelOf(deps, at.agentId, record.settings.model)} · thinking ${record.settings.thinkingLevel ?? settings.thinkingDefault}`,
        `Context: ${contextLine(deps, at.agentId, record.settings.model, record.contextTokens)} · compactions ${record.compactions}`,
        usageLine(record.usage),
        ...sandboxLine(at, deps),
        `Gateway: ${running.length} running, ${queued} waiting; ${deps.ledger.queued(at.sessionKey).length} waiting here`,
      ].join("\n");
    }
    case "usage":
      return runUsageCommand(argument, record, sessions);
    case "queue":
      return runQueueCommand(argument, record, {
        sessions,
        queued: deps.ledger.queued(at.sessionKey),
        defaultMode: settings.queueModeDefault,
      });
    case "approve":
    case "deny":
      return explained(() =>
        runApproveCommand(
          { name: command.name === "deny" ? "deny" : "approve", argument },
          at.principal,
          deps.approvals,
        ),
      );
    case "pair": {
      const { pairing } = deps;
      if (!pairing) return "No channel runs here.";
      return explained(() => runPairCommand(argument, at.principal, pairing));
    }
    case "elevated":
      return runElevatedCommand(argument, at, deps);
    case "whoami": {
      const { principal } = at;
      const may = [...principal.scopes].join(", ") || "talk to the agent";
      return `You are ${principal.kind} ${principal.id}${principal.owner ? ", the owner" : ""}. You may: ${may}.`;
    }
    case "help":
      return Object.values(commands)
        .map((definition) => `${definition.usage} – ${definition.summary}`)
        .join("\n");
  }
}

/** Where tools of this sender's runs execute here, when not on the machine. */
function sandboxLine(
  at: { sessionKey: string; agentId: string; principal: Principal },
  { sandboxes, settings }: ChatCommandDeps,
): string[] {
  const sandbox =
    sandboxes &&
    sandboxFor(sandboxes, {
      subject: { agentId: at.agentId, sessionKey: at.sessionKey, workspaceDir: settings.workspaceDir },
      mainKey: settings.mainKey,
      principal: at.principal,
      senders: [at.principal],
      recorded: false,
    });
  return sandbox ? [`Sandbox: ${sandbox.box.summary} · elevated ${sandbox.elevated()}`] : [];
}

const isThinkingLevel = (text: string): text is ThinkingLevel =>
  (thinkingLevels as readonly string[]).includes(text);

function modelOf(deps: ChatCommandDeps, agentId: string, override: string | undefined): string {
  return explain(() => deps.models.resolve(agentId, override)) ?? deps.models.resolve(agentId, override).ref;
}

function contextLine(
  deps: ChatCommandDeps,
  agentId: string,
  override: string | undefined,
  used: number,
): string {
  if (explain(() => deps.models.resolve(agentId, override))) return `${used} tokens`;
  const { contextWindow } = deps.models.resolve(agentId, override);
  const window = Math.min(contextWindow, deps.settings.contextTokens ?? contextWindow);
  return `${used} of ${window} tokens (${Math.round((used / window) * 100)} %)`;
}

/** The sentence of a user error, or null when the call succeeds. */
function explain(call: () => unknown): string | null {
  try {
    call();
    return null;
  } catch (error) {
    return sentenceOf(error);
  }
}

/** What the call says, or the sentence of its user error. */
async function explained(call: () => string | Promise<string>): Promise<string> {
  try {
    return await call();
  } catch (error) {
    return sentenceOf(error);
  }
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof OpenClawError)) throw error;
  return `${messageOf(error)}${error.hint ? ` (${error.hint})` : ""}`;
}
