import {
  createHeartbeatService,
  createHeartbeatStore,
  createSystemEvents,
  heartbeatSettings,
  type HeartbeatService,
  type HeartbeatSettings,
  type SystemEvent,
  type SystemEvents,
} from "../automation/index.ts";
import { isHeartbeat } from "../agent/index.ts";
import { agentEntry, defaultAgentId, type OpenClawConfig } from "../config/index.ts";
import type { Clock } from "../core/clock.ts";
import { textOf, type TranscriptEntry } from "../core/conversation.ts";
import { messageOf } from "../core/errors.ts";
import { sortableId } from "../core/ids.ts";
import type { JsonObject } from "../core/json.ts";
import type { Logger } from "../core/logger.ts";
import type { DeliveryTarget, Lease } from "../ledger/contract.ts";
import type { SessionStore } from "../sessions/index.ts";
import type { Paths } from "../state/index.ts";
import type { Engine } from "./engine.ts";
import { workspaceDir } from "./settings.ts";

export interface HeartbeatParts {
  service: HeartbeatService;
  systemEvents: SystemEvents;
  /** Puts what was reported before a run that may hear it. */
  takeUp(lease: Lease): Promise<void>;
}

/** The heartbeat over the parts of this process. */
export function createHeartbeatParts(deps: {
  engine: Engine;
  config: () => OpenClawConfig;
  paths: Paths;
  /** Ids of the channels an answer can go to. */
  channels: () => readonly string[];
  clock: Clock;
  logger: Logger;
}): HeartbeatParts {
  const { engine, config, paths, clock } = deps;
  const { ledger, sessions, db } = engine.storage;
  const systemEvents = createSystemEvents({ db, clock, defaultAgentId: () => defaultAgentId(config()) });
  const service = createHeartbeatService({
    store: createHeartbeatStore(db),
    runs: engine.runs,
    ledger,
    systemEvents,
    clock,
    logger: deps.logger.child("heartbeat"),
    settings: () => heartbeatSettings(config(), (agentId) => workspaceDir(config(), paths, agentId)),
    mainKey: () => config().session.mainKey,
    target: (settings, sessionKey) =>
      targetOf(settings, sessions.get(sessionKey)?.route ?? null, deps.channels()),
    modelProblem: (agentId, model) => modelProblem(engine, config(), { agentId, model }),
    lastWords: (sessionKey, runId) => {
      const last = sessions
        .tail(sessionKey, 200, { asides: true })
        .findLast((entry) => entry.runId === runId && entry.role === "assistant");
      return last ? textOf(last.content) : "";
    },
  });
  return {
    service,
    systemEvents,
    takeUp: (lease) => takeUpReports(lease, { sessions, systemEvents, mainKey: config().session.mainKey }),
  };
}

/** Puts what waits for an agent into the conversation of a run that may hear it. */
export async function takeUpReports(
  lease: Lease,
  at: { sessions: Pick<SessionStore, "append">; systemEvents: SystemEvents; mainKey: string },
): Promise<void> {
  const isBeat = isHeartbeat(lease);
  if (!isBeat && lease.sessionKey !== `agent:${lease.agentId}:${at.mainKey}`) return;
  // A beat with its owner's authority was begun before somebody else's words came; they wait for the next.
  const isOwners = lease.messages.every(({ principal }) => principal.owner);
  const heard = at.systemEvents.waiting(lease.agentId).filter(({ owner }) => !isBeat || !isOwners || owner);
  if (heard.length === 0) return;
  const entries = entriesOf(heard, isBeat ? lease.runId : null);
  // Asked for in one turn of the event loop, both are in one commit.
  await Promise.all([at.sessions.append(lease.sessionKey, entries), at.systemEvents.remove(heard)]);
}

/** What was reported, as entries of a conversation: untrusted text. For a beat they are part of its work only. */
function entriesOf(events: readonly SystemEvent[], beat: string | null): TranscriptEntry[] {
  return events.map(({ text, source, at }) => ({
    id: sortableId(at),
    ts: at,
    role: "user",
    ...(beat === null ? { kind: "injected" } : { kind: "aside", runId: beat }),
    content: [{ type: "text", text }],
    origin: { door: "system-event", trust: "untrusted", sender: source },
  }));
}

/** `last` is the chat the session was last used from; a channel without `to` is the same chat, if it is that channel's. */
export function targetOf(
  settings: Pick<HeartbeatSettings, "target" | "to" | "accountId">,
  route: JsonObject | null,
  channels: readonly string[],
): DeliveryTarget | null {
  if (settings.target === "none") return null;
  const heardFrom = route?.["channel"];
  const channel = settings.target === "last" ? heardFrom : settings.target;
  if (typeof channel !== "string" || !channels.includes(channel)) return null;
  const isSame = channel === heardFrom;
  const of = (name: string) => (isSame && typeof route?.[name] === "string" ? route[name] : undefined);
  const to = settings.to ?? of("to");
  const threadId = settings.to === undefined ? of("threadId") : undefined;
  if (to === undefined) return null;
  return {
    channel,
    account: settings.accountId ?? of("accountId") ?? "default",
    to,
    ...(threadId === undefined ? {} : { threadId }),
  };
}

/** With fallbacks the router finds out by itself; asking would be guessing. */
async function modelProblem(
  engine: Engine,
  config: OpenClawConfig,
  { agentId, model }: { agentId: string; model: string | undefined },
): Promise<string | null> {
  const { router } = engine.models;
  try {
    const { provider, ref } = router.resolve(agentId, model);
    const fallbacks = agentEntry(config, agentId)?.model?.fallbacks ?? config.agents.defaults.model.fallbacks;
    if (fallbacks.length > 0) return null;
    const logins = (await router.status({ agentId })).filter((each) => each.provider === provider);
    const isUsable = logins.some(({ state }) => state === "valid" || state === "cooldown");
    if (isUsable || logins.length === 0) return null;
    return `${ref}: the login is ${logins[0]?.state ?? "missing"}`;
  } catch (error) {
    return messageOf(error);
  }
}
