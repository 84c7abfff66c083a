import { z } from "zod";
import { method, type GatewayServices, type Method } from "../contract.ts";
import { defaultAgentOf, requireAgent } from "./settings.ts";

/** Newest beats that `system.heartbeat` answers with. */
const shownBeats = 30;

/** `last-heartbeat`, `set-heartbeats` (protocol.md 3.11), `system.heartbeat` (RPC-025) and `heartbeat.run`. */
export function createHeartbeatMethods(services: GatewayServices): Method[] {
  const { heartbeat } = services;
  return [
    method({
      name: "last-heartbeat",
      authority: "read",
      lenient: true,
      params: () => z.object({}),
      handler: () => heartbeat.last(),
    }),
    method({
      name: "set-heartbeats",
      authority: "admin",
      lenient: true,
      params: () => z.object({ enabled: z.boolean() }),
      async handler({ enabled }) {
        await heartbeat.setEnabled(enabled);
        return { ok: true, enabled };
      },
    }),
    method({
      name: "system.heartbeat",
      authority: "read",
      params: () => z.strictObject({ agentId: z.string().min(1).optional() }),
      handler({ agentId }) {
        const wanted = agentId === undefined ? undefined : requireAgent(services, agentId);
        return {
          on: heartbeat.isOn(),
          agents: heartbeat.agents().filter((each) => wanted === undefined || each.agentId === wanted),
          waiting: services.systemEvents.waiting(wanted).length,
          history: heartbeat.history(shownBeats, wanted),
        };
      },
    }),
    method({
      name: "heartbeat.run",
      authority: "admin",
      params: () => z.strictObject({ agentId: z.string().min(1).optional() }),
      async handler({ agentId }) {
        const id = agentId === undefined ? defaultAgentOf(services) : requireAgent(services, agentId);
        const { runId } = await heartbeat.beatNow(id);
        return { ok: true, ran: runId !== null, ...(runId === null ? {} : { runId }) };
      },
    }),
  ];
}

/** `heartbeat` events for operators. @returns stops announcing. */
export function createHeartbeatRelay(
  services: Pick<GatewayServices, "heartbeat" | "broadcaster">,
): () => void {
  return services.heartbeat.subscribe((event) =>
    services.broadcaster.broadcast("heartbeat", event, { droppable: true, requires: "read" }),
  );
}
