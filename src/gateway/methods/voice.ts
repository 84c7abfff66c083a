import { z } from "zod";
import { OpenClawError } from "../../core/errors.ts";
import { method, type Broadcaster, type Method } from "../contract.ts";
import type { DeviceStore } from "../devices/store.ts";
import type { NodeRegistry } from "../nodes/registry.ts";
import type { VoiceWake } from "../nodes/voice-wake.ts";

/** `talk.mode`, `voicewake.get`, `voicewake.set` and their events (protocol.md 3.11). */
export function createVoiceMethods(deps: {
  voiceWake: VoiceWake;
  nodes: NodeRegistry;
  devices: Pick<DeviceStore, "get">;
  broadcaster: Broadcaster;
}): Method[] {
  const { voiceWake, nodes, devices, broadcaster } = deps;
  /** The platform of the pairing counts, not what the node says today. */
  const hasPhone = () =>
    [...nodes.live()].some(({ nodeId }) =>
      /^(?:ios|ipados|android)/i.test(devices.get(nodeId)?.platform ?? ""),
    );
  return [
    method({
      name: "talk.mode",
      authority: "write",
      params: () => z.strictObject({ enabled: z.boolean(), phase: z.string().max(64).optional() }),
      handler({ enabled, phase }, { connection, clock }) {
        // A page cannot talk by itself: a phone listens and speaks for it.
        if (connection.client.mode === "webchat" && !hasPhone())
          throw new OpenClawError("UNAVAILABLE", "talk mode needs a connected iOS or Android node", {
            hint: "openclaw nodes list",
          });
        const payload = { enabled, phase: phase ?? null, ts: clock.now() };
        broadcaster.broadcast("talk.mode", payload, { droppable: true });
        return payload;
      },
    }),
    method({
      name: "voicewake.get",
      authority: "read",
      lenient: true,
      params: () => z.object({}),
      handler: () => ({ triggers: voiceWake.get() }),
    }),
    method({
      name: "voicewake.set",
      authority: "write",
      lenient: true,
      params: () => z.object({ triggers: z.array(z.string().max(1000)).max(1000) }),
      handler({ triggers }) {
        const payload = { triggers: voiceWake.set(triggers) };
        broadcaster.broadcast("voicewake.changed", payload, { droppable: true });
        return payload;
      },
    }),
  ];
}
