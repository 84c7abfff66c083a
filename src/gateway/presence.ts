import { arch, hostname, networkInterfaces, platform, release } from "node:os";
import type { Clock } from "../core/clock.ts";

/** One row of `system-presence` (protocol.md 3.11). */
export interface PresenceEntry {
  host?: string;
  ip?: string;
  version?: string;
  platform?: string;
  deviceFamily?: string;
  modelIdentifier?: string;
  mode?: string;
  lastInputSeconds?: number;
  reason?: string;
  tags?: string[];
  text?: string;
  ts: number;
  deviceId?: string;
  roles?: string[];
  scopes?: string[];
  instanceId?: string;
}

const ttlMs = 300_000;
const maxEntries = 200;

export interface Presence {
  /** Newest first; the gateway itself is always among them. */
  list(): PresenceEntry[];
  /** A connected client: kept until {@link Presence.left}, however long that takes. */
  joined(key: string, entry: Omit<PresenceEntry, "ts">): void;
  left(key: string): void;
  /** A self-report; forgotten after five minutes. */
  report(key: string, entry: Omit<PresenceEntry, "ts">): void;
  /** Counts up with each change that clients should hear of. */
  version(): number;
  changed(): number;
}

export function createPresence(options: { clock: Clock; version: string }): Presence {
  const { clock } = options;
  const connected = new Map<string, PresenceEntry>();
  const reported = new Map<string, PresenceEntry>();
  const self = gatewayEntry(options.version);
  let version = 1;

  return {
    list() {
      const now = clock.now();
      for (const [key, entry] of reported) if (entry.ts < now - ttlMs) reported.delete(key);
      const entries = [...connected.values(), ...reported.values()].sort((a, b) => b.ts - a.ts);
      return [{ ...self, ts: now }, ...entries.slice(0, maxEntries - 1)];
    },
    joined: (key, entry) => void connected.set(key, { ...entry, ts: clock.now() }),
    left: (key) => void connected.delete(key),
    report(key, entry) {
      const known = connected.get(key);
      if (known) {
        connected.set(key, { ...known, ...entry, ts: clock.now() });
        return;
      }
      reported.delete(key);
      reported.set(key, { ...entry, ts: clock.now() });
      const oldest = reported.keys().next();
      if (reported.size > maxEntries && !oldest.done) reported.delete(oldest.value);
    },
    version: () => version,
    changed: () => ++version,
  };
}

function gatewayEntry(version: string): Omit<PresenceEntry, "ts"> {
  const host = hostname();
  const ip = Object.values(networkInterfaces())
    .flat()
    .find((address) => address !== undefined && !address.internal && address.family === "IPv4")?.address;
  const families: Record<string, string> = { darwin: "Mac", linux: "Linux", win32: "Windows" };
  const os = platform();
  return {
    host,
    ...(ip === undefined ? {} : { ip }),
    version,
    platform: `${os === "darwin" ? "macos" : os} ${release()}`,
    ...(families[os] === undefined ? {} : { deviceFamily: families[os] }),
    modelIdentifier: arch(),
    mode: "gateway",
    reason: "self",
    text: `Gateway: ${host}${ip === undefined ? "" : ` (${ip})`} · app ${version} · mode gateway · reason self`,
  };
}
