import { z } from "zod";
import { method, type Broadcaster, type CallContext, type Method } from "../contract.ts";
import { sees } from "../devices/grants.ts";
import type { PairedDevice, TokenRecord } from "../devices/records.ts";
import type { DeviceStore } from "../devices/store.ts";

const id = z.string().min(1).max(256);

/** `device.*` (protocol.md 3.10). A grant is never wider than the granter; others' devices need `operator.admin`. */
export function createDeviceMethods(deps: {
  devices: DeviceStore;
  broadcaster: Broadcaster;
  /** Closes what a changed token let in, after the answer to this call went out. */
  recheckSoon: () => void;
}): Method[] {
  const { devices, broadcaster, recheckSoon } = deps;
  const resolved = (
    requestId: string,
    deviceId: string,
    decision: "approved" | "rejected",
    context: CallContext,
  ) =>
    broadcaster.broadcast(
      "device.pair.resolved",
      { requestId, deviceId, decision, ts: context.clock.now() },
      { droppable: true },
    );

  return [
    method({
      name: "device.pair.list",
      authority: "pairing",
      params: () => z.object({}),
      handler: (_params, { principal }) => ({
        pending: devices.pending(),
        paired: devices
          .paired()
          .filter((device) => sees(principal, device.deviceId))
          .sort((a, b) => b.approvedAtMs - a.approvedAtMs)
          .map(withoutSecrets),
      }),
    }),
    method({
      name: "device.pair.approve",
      authority: "pairing",
      params: () => z.object({ requestId: id }),
      handler({ requestId }, context) {
        const { device } = devices.approve(requestId, context.principal);
        resolved(requestId, device.deviceId, "approved", context);
        return { requestId, device: withoutSecrets(device) };
      },
    }),
    method({
      name: "device.pair.reject",
      authority: "pairing",
      params: () => z.object({ requestId: id }),
      handler({ requestId }, context) {
        const rejected = devices.reject(requestId);
        resolved(requestId, rejected.deviceId, "rejected", context);
        return rejected;
      },
    }),
    method({
      name: "device.pair.remove",
      authority: "pairing",
      params: () => z.object({ deviceId: id }),
      handler({ deviceId }, { principal }) {
        devices.remove(deviceId, principal);
        recheckSoon();
        return { deviceId, removed: true };
      },
    }),
    method({
      name: "device.rename",
      authority: "pairing",
      params: () => z.strictObject({ deviceId: id, displayName: z.string().trim().min(1).max(64) }),
      handler({ deviceId, displayName }, { principal }) {
        devices.rename(deviceId, displayName, principal);
        return { deviceId, displayName };
      },
    }),
    method({
      name: "device.token.rotate",
      authority: "pairing",
      params: () =>
        z.object({ deviceId: id, role: id, scopes: z.array(z.string().max(256)).max(64).optional() }),
      handler({ deviceId, role, scopes }, { principal }) {
        const record = devices.rotate({ deviceId, role, scopes }, principal);
        recheckSoon();
        return {
          deviceId,
          role,
          token: record.token,
          scopes: record.scopes,
          rotatedAtMs: record.rotatedAtMs ?? record.createdAtMs,
        };
      },
    }),
    method({
      name: "device.token.revoke",
      authority: "pairing",
      params: () => z.object({ deviceId: id, role: id }),
      handler({ deviceId, role }, { principal }) {
        const record = devices.revoke({ deviceId, role }, principal);
        recheckSoon();
        return { deviceId, role, revokedAtMs: record.revokedAtMs };
      },
    }),
  ];
}

/** A reply is built from named members: what the file holds beyond them stays there. */
function withoutSecrets(device: PairedDevice): Record<string, unknown> {
  const { deviceId, publicKey, displayName, platform, clientId, clientMode, role, roles, scopes, remoteIp } =
    device;
  return {
    deviceId,
    publicKey,
    displayName,
    platform,
    clientId,
    clientMode,
    role,
    roles,
    scopes,
    remoteIp,
    createdAtMs: device.createdAtMs,
    approvedAtMs: device.approvedAtMs,
    tokens: Object.values(device.tokens).map(tokenSummary),
  };
}

function tokenSummary(token: TokenRecord): Record<string, unknown> {
  const { role, scopes, createdAtMs, rotatedAtMs, revokedAtMs, lastUsedAtMs } = token;
  return { role, scopes, createdAtMs, rotatedAtMs, revokedAtMs, lastUsedAtMs };
}
