import type { JsonObject } from "../core/json.ts";
import { hotChannelKeys } from "../config/reload/index.ts";
import type { InboundEvent } from "../channels/contract.ts";
import type { AccountPolicy } from "./admit.ts";
import type { AgentRules } from "./bindings.ts";
import type { SessionRules } from "./route.ts";

/** One configured account of a channel. */
export interface AccountSettings {
  channel: string;
  account: string;
  enabled: boolean;
  agentId: string;
  config: JsonObject;
  policy: AccountPolicy;
  routing: AccountRouting;
}

/** Where what this account admits goes. */
export interface AccountRouting {
  rules: AgentRules;
  session: SessionRules;
  /** Agent the settings of the event's group name. */
  groupAgent(event: InboundEvent): string | undefined;
  /** Messages of a group that are kept as context until the assistant is spoken to. */
  historyLimit: number;
}

/** What a reload wants to know of an account. */
export interface AccountHealth {
  /** `channels/<channel>/<account>`. */
  part: string;
  enabled: boolean;
  running: boolean;
  connected: boolean;
  error: string | null;
  /** Code of the error that kept it from starting. */
  failure: string | null;
}

/** Name of an account as a part of the gateway. */
export function partOf({ channel, account }: AccountSettings): string {
  return `channels/${channel}/${account}`;
}

/** Whether a running account of one setting serves the other without a new start. */
export function sameStart(one: AccountSettings, other: AccountSettings): boolean {
  const startOf = ({ enabled, agentId, config }: AccountSettings) =>
    JSON.stringify([
      enabled,
      agentId,
      Object.entries(config)
        .filter(([key]) => !hotChannelKeys.has(key))
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ]);
  return startOf(one) === startOf(other);
}
