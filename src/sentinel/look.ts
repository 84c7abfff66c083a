import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { codeOf, messageOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import { createGuardedFetch } from "../guard/index.ts";
import { readGatewayLock, readTextIfExists, type GatewayLockInfo, type Paths } from "../state/index.ts";
import type { Look } from "./contract.ts";

/** So many starts after an end nobody asked for, within so many milliseconds, are a loop. */
const loopStarts = 3;
const loopWithinMs = 10 * 60_000;

/** Looks once, from outside: the lock with its process, the page of starts, and an answer on the port. */
export async function lookAtGateway(options: {
  paths: Pick<Paths, "stateDir">;
  clock: Clock;
  deadlineMs: number;
  tls: boolean;
}): Promise<Look> {
  const { paths, clock } = options;
  const lock = readGatewayLock(paths);
  const starts = readStarts(paths.stateDir);
  const recent = starts.broken.filter((at) => clock.now() - at <= loopWithinMs).length;
  const place = { pid: lock?.pid ?? null, port: lock?.port || null };
  if (recent >= loopStarts) {
    const now = lock ? `process ${lock.pid} runs now` : "no process runs now";
    return {
      condition: "looping",
      detail: `it ended unasked and was started again ${recent} times within 10 minutes; ${now}`,
      ...place,
    };
  }
  if (lock === null) {
    if (!starts.running) return { condition: "stopped", detail: "it is not running", ...place };
    return { condition: "dead", detail: "its process is gone and nobody asked it to stop", ...place };
  }
  // A turn in a terminal (`openclaw agent --local`) holds the lock too, and listens nowhere.
  if (!starts.running) return { condition: "stopped", detail: `process ${lock.pid} is no gateway`, ...place };
  const silence = await silenceOf(lock, options);
  if (silence === null) return { condition: "ok", detail: `process ${lock.pid} answers`, ...place };
  return { condition: "hung", detail: `process ${lock.pid} ${silence}`, ...place };
}

/** Null when it answers, else what it does instead. */
async function silenceOf(
  lock: GatewayLockInfo,
  options: { clock: Clock; deadlineMs: number; tls: boolean },
): Promise<string | null> {
  const { clock, deadlineMs, tls } = options;
  const host =
    { "0.0.0.0": "127.0.0.1", "::": "[::1]" }[lock.host ?? "0.0.0.0"] ?? bracketed(lock.host ?? "");
  const origin = `${tls ? "https" : "http"}://${host}:${lock.port}`;
  const fetch = createGuardedFetch({ clock, allowOrigins: () => [origin], userAgent: "openclaw-sentinel" });
  try {
    const response = await fetch(`${origin}/health`, {
      limits: {
        headersTimeoutMs: deadlineMs,
        totalTimeoutMs: deadlineMs,
        maxBytes: 65_536,
        maxRedirects: 0,
      },
    });
    await response.body?.cancel();
    return response.ok ? null : `answers with status ${response.status}`;
  } catch (error) {
    if (codeOf(error) === "DIAL_TIMEOUT") return `does not answer within ${deadlineMs} ms`;
    // A certificate of its own, or one it wants from us: whoever speaks TLS is alive.
    if (tls && speaksTls(error)) return null;
    return `cannot be reached: ${messageOf(error)}`;
  }
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function speaksTls(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const code = codeOf(cause) ?? "";
    if (/^(?:ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|HOSTNAME_)/.test(code)) return true;
  }
  return false;
}

/** The gateway's `starts.json`; a torn or absent page says that none ever ran. */
function readStarts(stateDir: string): { running: boolean; broken: number[] } {
  try {
    const page: unknown = JSON.parse(readTextIfExists(join(stateDir, "starts.json")) ?? "null");
    if (!isObject(page)) return { running: false, broken: [] };
    const { ended, broken } = page;
    return {
      running: ended === null,
      broken: Array.isArray(broken) ? broken.filter((at) => typeof at === "number") : [],
    };
  } catch {
    return { running: false, broken: [] };
  }
}
