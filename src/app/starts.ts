import { join } from "node:path";
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import { isObject } from "../core/json.ts";
import type { Logger } from "../core/logger.ts";
import type { LastEnd } from "../gateway/contract.ts";
import { readTextIfExists, writeFileAtomic, type Paths } from "../state/index.ts";

/** A process that lived so long was no failed start, however it ended. */
const settledMs = 10_000;
const mostKept = 50;

/** The starts that came to nothing, and the configuration that last worked: `<state>/starts.json`. */
export interface Starts {
  /** Starts within the last `withinMs` that failed or broke off soon. */
  failed(withinMs: number): number;
  /** How the gateway before this one ended; `at` (epoch ms) is known when it was told to. Before {@link begin}. */
  ended(): Pick<LastEnd, "kind" | "at">;
  /** Writes down that this process starts; after a while of running it does not count as failed any more. */
  begin(): void;
  /** The process ends as it was told to: what was before does not count any more. */
  clean(): void;
  /** Hash of the configuration that last showed that it works; null when none did. */
  proven(): string | null;
  prove(hash: string): void;
}

interface Page {
  proven: string | null;
  /** Epoch milliseconds of starts that have not shown that they are none of the failed ones. */
  starts: number[];
  /** When a gateway last ended as it was told to; null while one runs, or ended otherwise. For the sentinel. */
  ended: number | null;
  /** Epoch milliseconds of starts after an end that nobody asked for. For the sentinel. */
  broken: number[];
}

/** Keeps the page. It is a help only: when it cannot be written the gateway runs without. */
export function openStarts(paths: Paths, clock: Clock): Starts & { report(logger: Logger): void } {
  const path = join(paths.stateDir, "starts.json");
  let trouble: string | null = null;
  let mine: number | null = null;
  const write = (change: (page: Page) => Page) => {
    try {
      writeFileAtomic(path, `${JSON.stringify(change(read(path)))}\n`, { durable: false });
    } catch (error) {
      trouble = messageOf(error);
    }
  };
  return {
    failed: (withinMs) => {
      const now = clock.now();
      return read(path).starts.filter((at) => at <= now && now - at <= withinMs && at !== mine).length;
    },
    ended() {
      const { ended } = read(path);
      if (ended === null) return { kind: "cut", at: null };
      return ended === 0 ? { kind: "first", at: null } : { kind: "stopped", at: ended };
    },
    begin() {
      const at = clock.now();
      mine = at;
      write((page) => ({
        ...page,
        starts: [...page.starts, at].slice(-mostKept),
        ended: null,
        broken: page.ended === null ? [...page.broken, at].slice(-mostKept) : page.broken,
      }));
      clock.after(settledMs, () =>
        write((page) => ({ ...page, starts: page.starts.filter((each) => each !== at) })),
      );
    },
    clean: () => write((page) => ({ ...page, starts: [], ended: clock.now(), broken: [] })),
    proven: () => read(path).proven,
    prove: (hash) => {
      if (read(path).proven !== hash) write((page) => ({ ...page, proven: hash }));
    },
    report(logger) {
      if (trouble !== null) logger.warn("starts.json cannot be written", { error: trouble });
      trouble = null;
    },
  };
}

/** A torn or strange page counts as none. */
function read(path: string): Page {
  const none: Page = { proven: null, starts: [], ended: 0, broken: [] };
  try {
    const value: unknown = JSON.parse(readTextIfExists(path) ?? "null");
    if (!isObject(value)) return none;
    const { proven, starts, ended, broken } = value;
    const times = (list: unknown) => (Array.isArray(list) ? list.filter((at) => typeof at === "number") : []);
    return {
      proven: typeof proven === "string" && /^[0-9a-f]{64}$/.test(proven) ? proven : null,
      starts: times(starts),
      // Pages of older versions tell nothing about the end: that counts as an ordinary one.
      ended: ended === null || typeof ended === "number" ? ended : 0,
      broken: times(broken),
    };
  } catch {
    return none;
  }
}
