import {
  agentEntry,
  agentIds,
  defaultAgentId,
  heartbeatEveryMs,
  heartbeatZone,
  minuteOfDay,
  type OpenClawConfig,
} from "../../config/index.ts";
import { heartbeatToken } from "../../agent/index.ts";
import type { HeartbeatSettings } from "./contract.ts";

const defaultEvery = "30m";
const defaultAckMaxChars = 300;

/** What the agent is told at a beat, where the configuration has no words of its own. */
const defaultPrompt = `Nobody has written to you: this is a look around by yourself. If there is a HEARTBEAT.md, see to what it asks for now. Take up nothing from earlier conversations that is done or that nobody waits for. When nothing needs your owner, answer ${heartbeatToken} and nothing else; otherwise write only what they should know.`;

/**
 * The heartbeat of every agent. As soon as one agent has a block of its own, only those with one beat; else it is the
 * default agent alone. A value that validation refuses (the last accepted file is in force then) never gets here; one
 * that does all the same switches the beat off.
 */
export function heartbeatSettings(
  config: OpenClawConfig,
  workspaceDir: (agentId: string) => string,
): HeartbeatSettings[] {
  const { defaults } = config.agents;
  const ids = agentIds(config);
  const own = ids.filter((id) => agentEntry(config, id)?.heartbeat !== undefined);
  const beating = new Set(own.length > 0 ? own : [defaultAgentId(config)]);
  return ids.map((agentId) => {
    const block = {
      ...defaults.heartbeat,
      ...withoutUndefined(agentEntry(config, agentId)?.heartbeat ?? {}),
    };
    const { target, to, accountId, session, model, activeHours } = block;
    const every = block.every?.trim() || defaultEvery;
    return {
      agentId,
      every,
      everyMs: beating.has(agentId) ? (heartbeatEveryMs(every) ?? 0) : 0,
      prompt: block.prompt?.trim() || defaultPrompt,
      isAskedFor: Boolean(block.every?.trim() || block.prompt?.trim()),
      target: target?.trim() || "last",
      ...(to?.trim() ? { to: to.trim() } : {}),
      ...(accountId?.trim() ? { accountId: accountId.trim() } : {}),
      session: session?.trim() || "main",
      ...(model?.trim() ? { model: model.trim() } : {}),
      ackMaxChars: block.ackMaxChars ?? defaultAckMaxChars,
      includeReasoning: block.includeReasoning ?? false,
      activeHours: activeHours === undefined ? null : hoursOf(activeHours, defaults.userTimezone),
      workspaceDir: workspaceDir(agentId),
    };
  });
}

function hoursOf(
  hours: { start: string; end: string; timezone?: string | undefined },
  userZone: string | undefined,
): HeartbeatSettings["activeHours"] {
  const [start, end] = [minuteOfDay(hours.start), minuteOfDay(hours.end)];
  if (start === null || end === null || start === end) return null;
  const timezone = heartbeatZone(hours.timezone) ?? userZone;
  return { start, end, ...(timezone === undefined ? {} : { timezone }) };
}

const withoutUndefined = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
