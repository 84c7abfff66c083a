import { isatty } from "node:tty";
import type { Clock } from "../core/clock.ts";
import { silentLogger, type Logger } from "../core/logger.ts";

export type End = { kind: "stop"; reason: string } | { kind: "restart"; reason: string };

/** Who asks the gateway to end, from before it starts until it is gone: signals, and a restart asked for by a method. */
export interface Endings {
  /** Resolves with what was asked, also when it was asked before. */
  next(): Promise<End>;
  ask(end: End): void;
  /** Resolves at the second request to stop: somebody is in a hurry. */
  hurried: Promise<void>;
  logTo(logger: Logger): void;
  dispose(): void;
}

/**
 * One Ctrl-C may come twice: the terminal gives it to every process of `npm start`, and a wrapper passes on what it got.
 */
const sameKeyPressMs = 400;

/**
 * Takes SIGTERM, SIGINT and SIGUSR1 (in Node's hands the last one would open a debugger), and SIGHUP: the window of its
 * terminal was closed, or the line to it broke. Without a terminal that is nobody's wish; Node has undone by then what
 * `nohup` arranged, so it is passed over here.
 * `tethered`: whoever started this process holds a line to it, and it ends with them (`npm start`).
 */
export function watchEndings(clock: Clock, options: { tethered?: boolean } = {}): Endings {
  // Asked now: a terminal that is gone is none any more.
  const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  let logger = silentLogger;
  let hurry = () => {};
  const hurried = new Promise<void>((resolve) => (hurry = resolve));
  let asked: End | null = null;
  let tell: ((end: End) => void) | null = null;
  let stopAskedAt = 0;
  const ask = (end: End) => {
    // A stop outranks a restart that was asked for before it.
    if (asked?.kind === "stop") {
      if (end.kind === "stop" && clock.monotonic() - stopAskedAt > sameKeyPressMs) hurry();
      return;
    }
    asked = end;
    if (end.kind === "stop") stopAskedAt = clock.monotonic();
    tell?.(end);
  };
  const onStop = (signal: string) => ask({ kind: "stop", reason: signal });
  const onHangup = () => {
    if (hasTerminal) ask({ kind: "stop", reason: "SIGHUP: the terminal is gone" });
    else
      logger.info("SIGHUP without a terminal: passed over; `openclaw gateway restart` reads everything anew");
  };
  const onCut = () => ask({ kind: "stop", reason: "who started this process is gone" });
  const onRestart = () => ask({ kind: "restart", reason: "SIGUSR1" });
  process.on("SIGTERM", onStop).on("SIGINT", onStop).on("SIGUSR1", onRestart).on("SIGHUP", onHangup);
  if (options.tethered) process.on("disconnect", onCut);
  return {
    ask,
    hurried,
    logTo: (next) => void (logger = next),
    async next() {
      const end = asked ?? (await new Promise<End>((resolve) => (tell = resolve)));
      tell = null;
      // A restart is used up by happening; a stop stays.
      if (end.kind === "restart") asked = null;
      return end;
    },
    dispose() {
      process.off("SIGTERM", onStop).off("SIGINT", onStop).off("SIGUSR1", onRestart);
      process.off("SIGHUP", onHangup).off("disconnect", onCut);
    },
  };
}
