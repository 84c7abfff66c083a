import type { DeviceRequests } from "../agent/index.ts";
import type { Clock } from "../core/clock.ts";
import type { ServerHandle } from "../gateway/index.ts";

/** Devices that ask, answered from a chat; whoever watches them is told as after an answer from elsewhere. */
export function deviceRequests(server: () => ServerHandle, clock: Clock): DeviceRequests {
  const tell = (requestId: string, deviceId: string, decision: "approved" | "rejected") =>
    server().broadcaster.broadcast(
      "device.pair.resolved",
      { requestId, deviceId, decision, ts: clock.now() },
      { droppable: true },
    );
  return {
    pending: () => server().devices.pending(),
    approve: (requestId, by) =>
      tell(requestId, server().devices.approve(requestId, by).device.deviceId, "approved"),
    reject: (requestId) => tell(requestId, server().devices.reject(requestId).deviceId, "rejected"),
  };
}
