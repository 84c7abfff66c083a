import { authorize, type RequiredAuthority } from "../core/authority.ts";
import { eventFrame, eventRule, type EventRule } from "../protocol/index.ts";
import type { Broadcaster } from "./contract.ts";
import { payloadJson } from "./results.ts";
import type { LiveConnection } from "./ws/connection.ts";

export interface EventHub extends Broadcaster {
  add(connection: LiveConnection): void;
  remove(connection: LiveConnection): void;
  connections(): Iterable<LiveConnection>;
  size(): number;
  /** Told of each broadcast before it is sent; for the copies that nodes subscribed to. */
  onBroadcast(listener: (event: string, payload: unknown, json: string | undefined) => void): void;
}

/**
 * Sends events to everybody who may see them. One counter per gateway run: every broadcast takes a number, also the
 * ones a client may not see, so restricted clients observe gaps (protocol.md 1, "Broadcast rules").
 */
export function createBroadcaster(): EventHub {
  const connections = new Set<LiveConnection>();
  const listeners: Array<(event: string, payload: unknown, json: string | undefined) => void> = [];
  let seq = 0;
  return {
    add: (connection) => void connections.add(connection),
    remove: (connection) => void connections.delete(connection),
    connections: () => connections,
    size: () => connections.size,
    onBroadcast: (listener) => void listeners.push(listener),
    broadcast(event, payload, { droppable, stateVersion, requires }) {
      seq += 1;
      if (connections.size === 0) return;
      const json = payloadJson(payload);
      for (const listener of listeners) listener(event, payload, json);
      const rule = eventRule(event);
      let frame: Buffer | null = null;
      for (const connection of connections) {
        if (!maySee(connection, rule, requires)) continue;
        // Made for the first who may see it and shared by all: the server does not mask its frames.
        frame ??= Buffer.from(
          eventFrame(event, json, { seq, ...(stateVersion === undefined ? {} : { stateVersion }) }),
        );
        connection.sendEventFrame(frame, droppable);
      }
    },
  };
}

function maySee(
  connection: LiveConnection,
  rule: EventRule,
  requires: RequiredAuthority | undefined,
): boolean {
  if (connection.principal.role === "node")
    return rule.nodes && (requires === undefined || requires === "public");
  if (!authorize(connection.principal, rule.requires).allowed) return false;
  return requires === undefined || authorize(connection.principal, requires).allowed;
}
