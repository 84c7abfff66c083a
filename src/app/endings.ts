import type { Clock } from "../core/clock.ts";

export type End = { kind: "stop" } | { kind: "restart"; reason: string };

/** Who asks the gateway to end, from before it starts until it is gone: signals, and a restart asked for by a method. */
export interface Endings {
  /** Resolves with what was asked, also when it was asked before. */
  next(): Promise<End>;
  ask(end: End): void;
  /** Resolves at the second request to stop: somebody is in a hurry. */
  hurried: Promise<void>;
  dispose(): void;
}

/**
 * One Ctrl-C may come twice: the terminal gives it to every process of `npm start`, and a wrapper passes on what it got.
 */
const sameKeyPressMs = 400;

/** Takes SIGTERM, SIGINT and SIGUSR1 (in Node's hands the last one would open a debugger). */
export function watchEndings(clock: Clock): Endings {
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
  const onStop = () => ask({ kind: "stop" });
  const onRestart = () => ask({ kind: "restart", reason: "SIGUSR1" });
  process.on("SIGTERM", onStop).on("SIGINT", onStop).on("SIGUSR1", onRestart);
  return {
    ask,
    hurried,
    async next() {
      const end = asked ?? (await new Promise<End>((resolve) => (tell = resolve)));
      tell = null;
      // A restart is used up by happening; a stop stays.
      if (end.kind === "restart") asked = null;
      return end;
    },
    dispose: () => void process.off("SIGTERM", onStop).off("SIGINT", onStop).off("SIGUSR1", onRestart),
  };
}
