import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { scopes as knownScopes, type Principal, type Scope } from "../../core/authority.ts";
import type { Clock } from "../../core/clock.ts";
import { OpenClawError, UserError } from "../../core/errors.ts";
import { uuid } from "../../core/ids.ts";
import { constantTimeEqual } from "../../guard/index.ts";
import { openJsonFile } from "../../state/index.ts";
import { coveredBy, mayManage } from "./grants.ts";
import {
  parseDeviceMap,
  type PairedDevice,
  type PairRequest,
  type PendingDevice,
  type Role,
  type TokenRecord,
} from "./records.ts";

/** A pairing request is forgotten after five minutes (protocol.md, "Pairing"). */
const pendingTtlMs = 300_000;
const maxPending = 100;
/** `lastUsedAtMs` is written so much later at most: it is not worth a disk write per connect. */
const lazyWriteMs = 5000;

export interface DeviceStore {
  paired(): PairedDevice[];
  pending(): PendingDevice[];
  get(deviceId: string): PairedDevice | undefined;
  /** Whether the device is paired with that role and all of those scopes. */
  covers(grant: { deviceId: string; role: Role; scopes: readonly string[] }): boolean;
  /** Records that a device asks; an earlier request of the same device is returned instead. */
  request(wanted: PairRequest): { request: PendingDevice; created: boolean };
  /**
   * The silent first pairing of a direct local client. Never touches a device that is paired already.
   * @throws OpenClawError when it is.
   */
  pairFirst(wanted: PairRequest): { requestId: string; device: PairedDevice };
  /** Approves a request with at most what the approver holds. @throws UserError unknown request, wider than the approver. */
  approve(requestId: string, approver: Principal): { requestId: string; device: PairedDevice };
  reject(requestId: string): { requestId: string; deviceId: string };
  /** The token of a paired device and role: the present one while it covers the scopes, else a new one. */
  ensureToken(grant: { deviceId: string; role: Role; scopes: readonly string[] }): TokenRecord;
  /** The matching token record, or null: unknown, revoked, different, or narrower than the scopes. */
  checkToken(presented: {
    deviceId: string;
    role: Role;
    token: string;
    scopes: readonly string[];
  }): TokenRecord | null;
  touch(deviceId: string, role: Role): void;
  rotate(
    call: { deviceId: string; role: string; scopes?: string[] | undefined },
    caller: Principal,
  ): TokenRecord;
  revoke(call: { deviceId: string; role: string }, caller: Principal): TokenRecord;
  /** What people call it. @throws UserError unknown, or not the caller's to manage */
  rename(deviceId: string, displayName: string, caller: Principal): void;
  /** Forgets a device with its tokens and requests. @throws UserError unknown, or not the caller's to manage. */
  remove(deviceId: string, caller: Principal): void;
  /** Writes what is still waiting to be written. */
  flush(): void;
}

/** Opens `devices/paired.json` and `devices/pending.json` (0600), keeping the earlier product's format. */
export function openDeviceStore(options: { devicesDir: string; clock: Clock }): DeviceStore {
  const { devicesDir, clock } = options;
  const pairedFile = openJsonFile<Map<string, PairedDevice>>({
    path: join(devicesDir, "paired.json"),
    parse: parseDeviceMap,
    empty: () => new Map(),
  });
  const pendingFile = openJsonFile<Map<string, PendingDevice>>({
    path: join(devicesDir, "pending.json"),
    parse: parseDeviceMap,
    empty: () => new Map(),
  });
  const paired = pairedFile.read();
  const pending = pendingFile.read();
  let cancelLazyWrite: (() => void) | null = null;

  const asDocument = <T>(map: Map<string, T>) => Object.fromEntries(map) as unknown as Map<string, T>;
  const savePaired = () => {
    cancelLazyWrite?.();
    cancelLazyWrite = null;
    pairedFile.write(asDocument(paired));
  };
  const savePending = () => pendingFile.write(asDocument(pending));
  const dropExpired = () => {
    const oldest = clock.now() - pendingTtlMs;
    for (const [id, request] of pending) if (request.ts < oldest) pending.delete(id);
  };
  const mustFind = (requestId: string): PendingDevice => {
    dropExpired();
    const request = pending.get(requestId);
    if (request) return request;
    throw new UserError("INVALID_REQUEST", `unknown requestId ${JSON.stringify(requestId.slice(0, 64))}`, {
      hint: "openclaw devices list",
    });
  };
  const mustFindToken = (
    deviceId: string,
    role: string,
  ): { device: PairedDevice; token: TokenRecord | undefined } => {
    const device = paired.get(deviceId);
    if (!device || !device.roles.includes(role)) {
      throw new UserError(
        "INVALID_REQUEST",
        `unknown deviceId or role: ${JSON.stringify(deviceId.slice(0, 80))} as ${JSON.stringify(role.slice(0, 20))}`,
        {
          hint: "openclaw devices list",
        },
      );
    }
    return { device, token: device.tokens[role] };
  };

  /** Adds what was approved to the record; the only place where a grant grows. */
  const grant = (wanted: PairRequest): PairedDevice => {
    const now = clock.now();
    const before = paired.get(wanted.deviceId);
    const device: PairedDevice = {
      ...before,
      deviceId: wanted.deviceId,
      publicKey: wanted.publicKey,
      ...defined({
        displayName: wanted.displayName ?? before?.displayName,
        platform: before?.platform ?? wanted.platform,
        clientId: wanted.clientId,
        clientMode: wanted.clientMode,
        remoteIp: wanted.remoteIp,
      }),
      role: wanted.role,
      roles: [...new Set([...(before?.roles ?? []), wanted.role])],
      scopes: [...new Set([...(before?.scopes ?? []), ...wanted.scopes])],
      tokens: before?.tokens ?? {},
      createdAtMs: before?.createdAtMs ?? now,
      approvedAtMs: now,
    };
    paired.set(device.deviceId, device);
    return device;
  };

  const newToken = (device: PairedDevice, role: string, scopes: readonly string[]): TokenRecord => {
    const now = clock.now();
    const before = device.tokens[role];
    const record: TokenRecord = {
      token: randomBytes(16).toString("hex"),
      role,
      scopes: [...scopes],
      createdAtMs: before?.createdAtMs ?? now,
      ...(before === undefined ? {} : { rotatedAtMs: now }),
    };
    device.tokens[role] = record;
    return record;
  };

  const store: DeviceStore = {
    paired: () => [...paired.values()],
    pending() {
      dropExpired();
      return [...pending.values()].sort((a, b) => b.ts - a.ts);
    },
    get: (deviceId) => paired.get(deviceId),
    covers({ deviceId, role, scopes }) {
      const device = paired.get(deviceId);
      return device !== undefined && device.roles.includes(role) && coveredBy(scopes, device.scopes);
    },
    request(wanted) {
      dropExpired();
      const earlier = [...pending.values()].find((entry) => entry.deviceId === wanted.deviceId);
      if (earlier) return { request: earlier, created: false };
      if (pending.size >= maxPending) {
        throw new OpenClawError("UNAVAILABLE", `${maxPending} pairing requests are waiting already`, {
          hint: "openclaw devices list",
          retryable: true,
        });
      }
      const request: PendingDevice = {
        requestId: uuid(),
        deviceId: wanted.deviceId,
        publicKey: wanted.publicKey,
        ...defined({
          displayName: wanted.displayName,
          platform: wanted.platform,
          clientId: wanted.clientId,
          clientMode: wanted.clientMode,
          remoteIp: wanted.remoteIp,
        }),
        role: wanted.role,
        roles: [wanted.role],
        scopes: [...wanted.scopes],
        silent: false,
        isRepair: paired.has(wanted.deviceId),
        ts: clock.now(),
      };
      pending.set(request.requestId, request);
      savePending();
      return { request, created: true };
    },
    pairFirst(wanted) {
      if (paired.has(wanted.deviceId)) {
        throw new OpenClawError("INVALID_REQUEST", "a paired device is never widened without approval");
      }
      for (const [id, entry] of pending) if (entry.deviceId === wanted.deviceId) pending.delete(id);
      const device = grant(wanted);
      savePaired();
      return { requestId: uuid(), device };
    },
    approve(requestId, approver) {
      const request = mustFind(requestId);
      const known = request.scopes.filter((scope): scope is Scope =>
        (knownScopes as string[]).includes(scope),
      );
      const missing = known.find(
        (scope) => !approver.scopes.has(scope) && !approver.scopes.has("operator.admin"),
      );
      if (missing !== undefined) {
        throw new UserError("INVALID_REQUEST", `missing scope: ${missing}`, {
          hint: "approve it from a client that holds what the device asks for",
        });
      }
      const device = grant({
        ...request,
        role: request.role === "node" ? "node" : "operator",
        scopes: known,
      });
      newToken(
        device,
        request.role,
        request.role === "node" ? [] : union(device.tokens[request.role], known),
      );
      pending.delete(requestId);
      savePaired();
      savePending();
      return { requestId, device };
    },
    reject(requestId) {
      const { deviceId } = mustFind(requestId);
      pending.delete(requestId);
      savePending();
      return { requestId, deviceId };
    },
    ensureToken({ deviceId, role, scopes }) {
      const { device, token } = mustFindToken(deviceId, role);
      if (token && token.revokedAtMs === undefined && coveredBy(scopes, token.scopes)) return token;
      const record = newToken(device, role, union(token, scopes));
      savePaired();
      return record;
    },
    checkToken({ deviceId, role, token, scopes }) {
      const device = paired.get(deviceId);
      const record = device?.tokens[role];
      if (!device || !record || record.revokedAtMs !== undefined || !device.roles.includes(role)) return null;
      if (!constantTimeEqual(token, record.token)) return null;
      return coveredBy(scopes, record.scopes) && coveredBy(record.scopes, device.scopes) ? record : null;
    },
    touch(deviceId, role) {
      const record = paired.get(deviceId)?.tokens[role];
      if (!record) return;
      record.lastUsedAtMs = clock.now();
      cancelLazyWrite ??= clock.after(lazyWriteMs, () => {
        cancelLazyWrite = null;
        savePaired();
      });
    },
    rotate({ deviceId, role, scopes }, caller) {
      const { device, token } = mustFindToken(deviceId, role);
      mayManage(caller, deviceId);
      const wanted = scopes ?? token?.scopes ?? [];
      const outside = wanted.find((scope) => !device.scopes.includes(scope));
      if (outside !== undefined) {
        throw new UserError("INVALID_REQUEST", `missing scope: ${outside.slice(0, 64)}`, {
          hint: "a token holds at most what its device was approved for",
        });
      }
      const beyond = wanted.find(
        (scope) => !caller.scopes.has(scope as Scope) && !caller.scopes.has("operator.admin"),
      );
      if (beyond !== undefined)
        throw new UserError("INVALID_REQUEST", `missing scope: ${beyond.slice(0, 64)}`);
      const record = newToken(device, role, wanted);
      record.rotatedAtMs ??= clock.now();
      savePaired();
      return record;
    },
    revoke({ deviceId, role }, caller) {
      const { token } = mustFindToken(deviceId, role);
      mayManage(caller, deviceId);
      if (!token)
        throw new UserError("INVALID_REQUEST", `the device has no token for role ${JSON.stringify(role)}`);
      token.revokedAtMs ??= clock.now();
      savePaired();
      return token;
    },
    rename(deviceId, displayName, caller) {
      mayManage(caller, deviceId);
      const device = paired.get(deviceId);
      if (!device) throw unknownDevice(deviceId);
      device.displayName = displayName;
      savePaired();
    },
    remove(deviceId, caller) {
      mayManage(caller, deviceId);
      if (!paired.delete(deviceId)) throw unknownDevice(deviceId);
      for (const [id, entry] of pending) if (entry.deviceId === deviceId) pending.delete(id);
      savePaired();
      savePending();
    },
    flush() {
      if (cancelLazyWrite) savePaired();
    },
  };
  return store;
}

/** A new token keeps what the one it replaces could do, so that other sessions of the device go on. */
function union(token: TokenRecord | undefined, scopes: readonly string[]): string[] {
  const before = token !== undefined && token.revokedAtMs === undefined ? token.scopes : [];
  return [...new Set([...before, ...scopes])];
}

function defined<T extends Record<string, unknown>>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

function unknownDevice(deviceId: string): UserError {
  return new UserError("INVALID_REQUEST", `unknown deviceId ${JSON.stringify(deviceId.slice(0, 80))}`, {
    hint: "openclaw devices list",
  });
}
