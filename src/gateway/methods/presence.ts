import { z } from "zod";
import { method, type Method } from "../contract.ts";
import type { Presence, PresenceEntry } from "../presence.ts";
import type { SystemEvents } from "../../automation/system-events.ts";

const text = z.string().max(1000);
const names = z.array(z.string().max(256)).max(64);

/** `system-presence` and its alias `presence.list` (CONF-30), `system-event` (protocol.md 3.11). */
export function createPresenceMethods(deps: {
  presence: Presence;
  systemEvents: Pick<SystemEvents, "push">;
  presenceChanged: () => void;
}): Method[] {
  const { presence, systemEvents, presenceChanged } = deps;
  const list = {
    authority: "read",
    lenient: true,
    params: z.object({}),
    handler: () => presence.list(),
  } as const;
  return [
    method({ name: "system-presence", ...list }),
    method({ name: "presence.list", hidden: true, ...list }),
    method({
      name: "system-event",
      authority: "admin",
      lenient: true,
      params: () =>
        z.object({
          text: z.string().min(1).max(4000),
          deviceId: text.optional(),
          instanceId: text.optional(),
          host: text.optional(),
          ip: text.optional(),
          mode: text.optional(),
          version: text.optional(),
          platform: text.optional(),
          deviceFamily: text.optional(),
          modelIdentifier: text.optional(),
          lastInputSeconds: z.number().min(0).optional(),
          reason: text.optional(),
          roles: names.optional(),
          scopes: names.optional(),
          tags: names.optional(),
        }),
      async handler(params, { principal, connection }) {
        const entry = Object.fromEntries(
          Object.entries(params).filter(([, value]) => value !== undefined),
        ) as unknown as Omit<PresenceEntry, "ts">;
        const key = params.deviceId ?? params.instanceId ?? params.host ?? connection.id;
        presence.report(key, entry);
        presenceChanged();
        if (!params.text.startsWith("Node:"))
          await systemEvents.push({
            text: params.text,
            source: `system-event:${principal.id}`,
            owner: principal.owner,
          });
        return { ok: true };
      },
    }),
  ];
}
