import type { RequiredAuthority } from "../core/authority.ts";

/**
 * Every event, who may see it and whether a slow consumer may miss it (protocol.md 1 "Broadcast rules" and 4).
 * What a method would need a scope to read, its event needs too; nodes get only what is marked `nodes`.
 */
export interface EventRule {
  requires: RequiredAuthority;
  nodes: boolean;
  /** Sent to one connection only, without `seq`. */
  directed?: boolean;
}

export const events = {
  "connect.challenge": { requires: "public", nodes: true, directed: true },
  agent: { requires: "read", nodes: false },
  chat: { requires: "read", nodes: false },
  "chat.queue": { requires: "read", nodes: false, directed: true },
  presence: { requires: "read", nodes: false },
  tick: { requires: "public", nodes: true },
  "talk.mode": { requires: "public", nodes: true },
  shutdown: { requires: "public", nodes: true },
  health: { requires: "read", nodes: false },
  heartbeat: { requires: "read", nodes: false },
  cron: { requires: "read", nodes: false },
  "node.pair.requested": { requires: "pairing", nodes: false },
  "node.pair.resolved": { requires: "pairing", nodes: false },
  "node.invoke.request": { requires: "node", nodes: true, directed: true },
  "node.invoke.cancel": { requires: "node", nodes: true, directed: true },
  "device.pair.requested": { requires: "pairing", nodes: false },
  "device.pair.resolved": { requires: "pairing", nodes: false },
  "voicewake.changed": { requires: "public", nodes: true },
  "channels.pairing.requested": { requires: "pairing", nodes: false },
  "channels.pairing.resolved": { requires: "pairing", nodes: false },
  "exec.approval.requested": { requires: "approvals", nodes: false },
  "exec.approval.resolved": { requires: "approvals", nodes: false },
} satisfies Record<string, EventRule>;

export type EventName = keyof typeof events;

/** The rule of an event; an unknown one is for operators who may read (fail closed for nodes). */
export function eventRule(name: string): EventRule {
  return Object.hasOwn(events, name) ? events[name as EventName] : { requires: "read", nodes: false };
}

/** Names as `hello-ok.features.events` lists them. */
export const eventNames: readonly string[] = Object.keys(events);
