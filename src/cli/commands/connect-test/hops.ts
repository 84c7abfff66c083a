import type { TlsTrust } from "../../../client/options.ts";
import type { Clock } from "../../../core/clock.ts";

/** The way to a gateway, in order. The first that fails is what is wrong; those behind it say nothing. */
const hopNames = [
  "dns",
  "tcp",
  "tls",
  "http",
  "host",
  "upgrade",
  "protocol",
  "origin",
  "auth",
  "device",
  "scopes",
] as const;
export type HopName = (typeof hopNames)[number];

/** What is wrong with a hop. `code` is stable and listed in docs/monitoring.md. */
export interface Trouble {
  code: string;
  message: string;
  /** The command that mends it, or one sentence. */
  hint: string;
}

export interface Hop {
  hop: HopName;
  state: "ok" | "skipped" | "failed" | "not tried";
  /** What was found, in a few words. */
  detail: string;
  trouble?: Trouble;
}

/** What every step of the walk is given. */
export interface Walk {
  /** `ws:` or `wss:`, without a query: that may hold a token, and nothing secret is sent before the login. */
  url: URL;
  /** As sockets want it: an IPv6 address without brackets. */
  host: string;
  port: number;
  secure: boolean;
  /** The certificate it must show; null leaves it to the authorities of the system. */
  trust: TlsTrust | null;
  /** Origin of the page that is tried. */
  origin: string;
  /** Whether `origin` is the gateway's own page. */
  ownPage: boolean;
  version: string;
  /** Milliseconds for each step. */
  timeoutMs: number;
  clock: Clock;
  signal: AbortSignal;
}

/** Tries one or more hops in a row. It stops at a failure, which may be one of a hop that seemed well before. */
export type Step = (walk: Walk) => Promise<Hop[]>;

export const ok = (hop: HopName, detail: string): Hop => ({ hop, state: "ok", detail });
export const skipped = (hop: HopName, detail: string): Hop => ({ hop, state: "skipped", detail });
export const failed = (hop: HopName, trouble: Trouble): Hop => ({
  hop,
  state: "failed",
  detail: trouble.message,
  trouble,
});

/** Takes the steps until a hop fails; every hop is in the answer once, in the order of the way. */
export async function walkHops(walk: Walk, steps: readonly Step[]): Promise<Hop[]> {
  const found = new Map<HopName, Hop>();
  for (const step of steps) {
    const hops = await step(walk);
    for (const hop of hops) found.set(hop.hop, hop);
    if (hops.some(({ state }) => state === "failed")) break;
  }
  let broken = false;
  return hopNames.map((hop): Hop => {
    const one = broken ? undefined : found.get(hop);
    if (one?.state === "failed") broken = true;
    return one ?? { hop, state: "not tried", detail: "" };
  });
}

/** Settles as `work` does, or as `late` when `ms` pass or the signal aborts first. `work` is left to end by itself. */
export function within<T>(walk: Walk, work: Promise<T>, late: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = walk.clock.after(walk.timeoutMs, () => resolve(late()));
    const onAbort = () => reject(walk.signal.reason as Error);
    walk.signal.addEventListener("abort", onAbort, { once: true });
    const done = () => {
      cancel();
      walk.signal.removeEventListener("abort", onAbort);
    };
    work.then(
      (value) => {
        done();
        resolve(value);
      },
      (error: unknown) => {
        done();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}
