import { join } from "node:path";
import { isObject } from "../../core/json.ts";
import { normalizeAgentId } from "../../core/session-key.ts";
import { openJsonFile } from "../../state/index.ts";
import type { Health, HealthStore } from "../router/health.ts";
import { fileStamp } from "./file-stamp.ts";

/** `agents/<id>/agent/auth-profiles.json`: order and state of logins per agent (STATE-007, CONF-10). */
export interface AgentFiles extends HealthStore {
  /** Profile ids by provider, as this agent prefers them. */
  order(agentId: string): Record<string, string[]>;
  setOrder(agentId: string, provider: string, ids: string[] | null): void;
  /** Logins of the older format, in plain text (legacy-state 1.6). */
  legacyProfiles(agentId: string): Record<string, unknown>;
}

type Content = Record<string, unknown>;

export function createAgentFiles(agentsDir: string): AgentFiles {
  const cache = new Map<string, { stamp: string; content: Content }>();

  const fileOf = (agentId: string) =>
    openJsonFile<Content>({
      path: join(agentsDir, normalizeAgentId(agentId), "agent", "auth-profiles.json"),
      parse: (value) => (isObject(value) ? value : {}),
      empty: () => ({}),
    });

  function read(agentId: string): Content {
    const file = fileOf(agentId);
    const stamp = fileStamp(file.path);
    const cached = cache.get(agentId);
    if (cached?.stamp === stamp) return cached.content;
    const content = stamp === "none" ? {} : file.read();
    cache.set(agentId, { stamp, content });
    return content;
  }

  /** Keys we do not know stay: older programs and other parts keep theirs there. */
  function change(agentId: string, edit: (content: Content) => void): void {
    fileOf(agentId).update((content) => {
      const next = { version: 1, ...structuredClone(content) };
      edit(next);
      return next;
    });
    cache.delete(agentId);
  }

  return {
    read(agentId) {
      const stats = read(agentId)["usageStats"];
      return isObject(stats) ? (stats as Health) : {};
    },
    update(agentId, edit) {
      change(agentId, (content) => {
        const stats = isObject(content["usageStats"]) ? (content["usageStats"] as Health) : {};
        edit(stats);
        content["usageStats"] = stats;
      });
    },
    order(agentId) {
      const order = read(agentId)["order"];
      if (!isObject(order)) return {};
      return Object.fromEntries(
        Object.entries(order).flatMap(([provider, ids]) =>
          Array.isArray(ids) ? [[provider, ids.filter((id) => typeof id === "string")]] : [],
        ),
      );
    },
    setOrder(agentId, provider, ids) {
      change(agentId, (content) => {
        const order = isObject(content["order"]) ? content["order"] : {};
        if (ids) order[provider] = ids;
        else delete order[provider];
        content["order"] = order;
      });
    },
    legacyProfiles(agentId) {
      const profiles = read(agentId)["profiles"];
      return isObject(profiles) ? profiles : {};
    },
  };
}
