import { textOf, type TranscriptEntry } from "../../core/conversation.ts";
import { sessionKind } from "../../core/session-key.ts";
import type { CatalogModel } from "../../models/contract.ts";
import type { SessionRecord } from "../../sessions/contract.ts";
import type { GatewayServices, SandboxView } from "../contract.ts";
import { defaultAgentOf } from "./settings.ts";

/** Looks a session's model up once per agent and override while a list is built. */
export type ModelLookup = (agentId: string, override: string | undefined) => CatalogModel | null;

export function createModelLookup(services: Pick<GatewayServices, "models" | "logger">): ModelLookup {
  const seen = new Map<string, CatalogModel | null>();
  return (agentId, override) => {
    const id = `${agentId}\0${override ?? ""}`;
    const known = seen.get(id);
    if (known !== undefined) return known;
    let model: CatalogModel | null = null;
    try {
      model = services.models.resolve(agentId, override);
    } catch (error) {
      // A list of sessions must not fail because one of them names a model that is gone.
      services.logger.debug("a session names a model that cannot be resolved", {
        agentId,
        override,
        error: String(error),
      });
    }
    seen.set(id, model);
    return model;
  };
}

/** `defaults` of lists (protocol.md 3.3). */
export function sessionDefaults(services: Pick<GatewayServices, "models" | "logger" | "current">): {
  modelProvider: string | null;
  model: string | null;
  contextTokens: number | null;
} {
  const model = createModelLookup(services)(defaultAgentOf(services), undefined);
  return {
    modelProvider: model?.provider ?? null,
    model: model?.id ?? null,
    contextTokens: model?.contextWindow ?? null,
  };
}

/** SessionRow of protocol.md 3.3: what is absent is left out, never null (clients read absent as "not set"). */
export function sessionRow(
  record: SessionRecord,
  lookup: ModelLookup,
  sandbox: SandboxView | null = null,
): Record<string, unknown> {
  const { settings } = record;
  const model = lookup(record.agentId, settings.model);
  const route = record.route;
  return {
    key: record.key,
    kind: sessionKind(record.key),
    ...present({
      label: record.label,
      displayName: record.displayName,
      channel: record.channel,
      chatType: record.chatType,
    }),
    updatedAt: record.updatedAt,
    sessionId: record.sessionId,
    ...(record.abortedLastRun ? { abortedLastRun: true } : {}),
    ...present({
      thinkingLevel: settings.thinkingLevel,
      verboseLevel: settings.verboseLevel,
      reasoningLevel: settings.reasoningLevel,
      elevatedLevel: settings.elevatedLevel,
      sendPolicy: settings.sendPolicy,
      responseUsage: settings.responseUsage,
    }),
    inputTokens: record.usage.input,
    outputTokens: record.usage.output,
    totalTokens: record.contextTokens,
    modelProvider: model?.provider ?? record.provider,
    model: model?.id ?? record.model,
    ...present({ contextTokens: model?.contextWindow }),
    ...(route
      ? {
          deliveryContext: route,
          ...present({
            lastChannel: route["channel"],
            lastTo: route["to"],
            lastAccountId: route["accountId"],
          }),
        }
      : {}),
    ...present({ spawnedBy: record.spawnedBy, sandbox }),
  };
}

/** The fields of the old session store entry that clients print after `sessions.patch` and `sessions.reset`. */
export function sessionEntry(record: SessionRecord): Record<string, unknown> {
  const { settings } = record;
  const slash = settings.model?.indexOf("/") ?? -1;
  return {
    sessionId: record.sessionId,
    updatedAt: record.updatedAt,
    ...present({ label: record.label, displayName: record.displayName, channel: record.channel }),
    ...present({ ...settings, model: undefined }),
    ...(settings.model === undefined
      ? {}
      : {
          ...(slash > 0 ? { providerOverride: settings.model.slice(0, slash) } : {}),
          modelOverride: settings.model.slice(slash + 1),
        }),
    inputTokens: record.usage.input,
    outputTokens: record.usage.output,
    totalTokens: record.contextTokens,
    compactionCount: record.compactions,
  };
}

/** A row of `status` (protocol.md 3.1): how full the context of a session is. */
export function statusRow(
  record: SessionRecord,
  at: { lookup: ModelLookup; now: number; sandbox: SandboxView | null },
): Record<string, unknown> {
  const { lookup, now, sandbox } = at;
  const row = sessionRow(record, lookup, sandbox);
  const window = lookup(record.agentId, record.settings.model)?.contextWindow ?? null;
  const used = record.contextTokens;
  const flags = (["thinkingLevel", "verboseLevel", "reasoningLevel", "elevatedLevel"] as const).flatMap(
    (name) =>
      record.settings[name] === undefined ? [] : [`${name.replace("Level", "")}:${record.settings[name]}`],
  );
  return {
    agentId: record.agentId,
    ...row,
    age: Math.max(0, now - record.updatedAt),
    totalTokens: used,
    remainingTokens: window === null ? null : Math.max(0, window - used),
    percentUsed: window === null || window === 0 ? null : Math.min(999, Math.round((used / window) * 100)),
    contextTokens: window,
    flags: sandbox ? [...flags, "sandboxed"] : flags,
  };
}

/** One short line of what an entry says; "" when it says nothing a person reads. */
export function previewOf(entry: TranscriptEntry, maxChars: number): string {
  const text = textOf(entry.content).replace(/\s+/g, " ").trim();
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - 1).toWellFormed()}…`;
}

/** Leaves out undefined and null members. */
function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== null),
  );
}
