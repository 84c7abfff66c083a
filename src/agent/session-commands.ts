import type { Usage } from "../core/conversation.ts";
import type { InboxRow } from "../ledger/contract.ts";
import type { SessionRecord, SessionStore } from "../sessions/contract.ts";

export const queueModes = ["collect", "followup", "steer", "interrupt"] as const;
/** What stands below each answer; `on` is how existing clients spell `tokens`. */
export const usageFooters = ["off", "tokens", "cost", "full"] as const;

/** `/queue`: what waits in this session, and what a message does while the agent is busy. */
export async function runQueueCommand(
  argument: string,
  record: SessionRecord,
  deps: { sessions: SessionStore; queued: readonly InboxRow[]; defaultMode: string },
): Promise<string> {
  const word = argument.toLowerCase();
  if (word === "") {
    const mode = record.settings.queueMode ?? deps.defaultMode;
    return `Queue: ${deps.queued.length} waiting, mode ${mode}. Change it with /queue ${queueModes.join(" | ")} | default.`;
  }
  const mode = queueModes.find((each) => each === word);
  if (mode === undefined && word !== "default")
    return `"${argument.slice(0, 40)}" is no queue mode. Use ${queueModes.join(", ")} or default.`;
  await deps.sessions.patch(record.key, { settings: { queueMode: mode ?? null } });
  return `Queue mode of this session: ${mode ?? deps.defaultMode}.`;
}

/** `/usage`: the sums of this session, or what is shown below each of its answers. */
export async function runUsageCommand(
  argument: string,
  record: SessionRecord,
  sessions: SessionStore,
): Promise<string> {
  const word = argument.toLowerCase();
  if (word === "") return usageLine(record.usage);
  const footer = usageFooters.find((each) => each === word);
  if (footer === undefined)
    return `"${argument.slice(0, 40)}" is not known. Use /usage ${usageFooters.join(" | ")}.`;
  await sessions.patch(record.key, { settings: { responseUsage: footer === "off" ? null : footer } });
  return footer === "off" ? "Nothing is shown below answers." : `Below each answer: ${footer}.`;
}

export function usageLine(usage: Usage): string {
  const cost = usage.cost === undefined ? "" : `, $${usage.cost.toFixed(4)}`;
  return `Usage: ${usage.total} tokens (${usage.input} in, ${usage.output} out${cost})`;
}

/** The line below an answer; empty where nothing is wanted or known. `wanted` is the session's setting. */
export function usageFooter(
  wanted: string | undefined,
  answer: { usage: Usage; provider?: string | undefined; model?: string | undefined },
): string {
  const { usage, provider, model } = answer;
  if (wanted === undefined || wanted === "off" || usage.total === 0) return "";
  const tokens = `${usage.total} tokens`;
  const cost = usage.cost === undefined ? "" : `$${usage.cost.toFixed(4)}`;
  if (wanted === "cost") return cost || tokens;
  if (wanted !== "full") return tokens;
  const detail = `${tokens} (${usage.input} in, ${usage.output} out)`;
  return [detail, cost, provider === undefined ? "" : `${provider}/${model}`]
    .filter((part) => part)
    .join(" · ");
}
