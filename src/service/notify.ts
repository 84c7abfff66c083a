import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { buildChildEnv, findBinary, runProcess, systemPath } from "../guard/index.ts";

/** Tells the supervisor how the gateway is; does nothing where nobody listens (sd_notify(3), `NOTIFY_SOCKET`). */
export interface ServiceNotifier {
  /** It answers requests. From now on the watchdog is fed, as long as the event loop turns. */
  ready(status: string): Promise<void>;
  /** It is on its way down, and may take its drain time. */
  stopping(): Promise<void>;
  /** Stops feeding the watchdog. */
  close(): void;
}

const tellTimeoutMs = 3000;

/**
 * Node has no datagram sockets of the Unix domain, so systemd's own `systemd-notify` carries each message: one short
 * process at the start, at the end, and three times per watchdog interval.
 */
export function createServiceNotifier(options: {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  pid: number;
  /** Where `systemd-notify` is looked for. */
  folders?: readonly string[];
}): ServiceNotifier & { logTo(logger: Logger): void } {
  const { env, clock, pid } = options;
  const program = env.NOTIFY_SOCKET ? findBinary("systemd-notify", options.folders ?? systemPath) : null;
  const intervalMs = watchdogMs(env, pid);
  let logger: Logger | null = null;
  let cancel: (() => void) | null = null;
  let complained = false;

  const tell = async (...words: string[]) => {
    if (program === null) return;
    try {
      const end = await runProcess(
        {
          file: program,
          args: words,
          cwd: "/",
          env: buildChildEnv({ source: env, allowNames: ["NOTIFY_SOCKET"] }),
        },
        { clock, timeoutMs: tellTimeoutMs },
      );
      if (end.exitCode !== 0) complain(end.output.trim() || `status ${end.exitCode ?? "none"}`);
    } catch (error) {
      complain(messageOf(error));
    }
  };
  /** Once: a supervisor that cannot be told restarts us, and the log says why. */
  const complain = (why: string) => {
    if (complained) return;
    complained = true;
    logger?.warn("the supervisor cannot be told", { why, program: program ?? "" });
  };
  const feed = () => {
    if (intervalMs === null || program === null) return;
    cancel?.();
    cancel = clock.after(intervalMs / 3, () => {
      feed();
      void tell("WATCHDOG=1");
    });
  };
  return {
    logTo: (to) => void (logger = to),
    async ready(status) {
      feed();
      await tell("--ready", `--status=${status}`);
    },
    async stopping() {
      await tell("STOPPING=1", "--status=stopping");
    },
    close() {
      cancel?.();
      cancel = null;
    },
  };
}

/** The watchdog's interval in milliseconds, when it is this process's (sd_watchdog_enabled(3)). */
function watchdogMs(env: Readonly<Record<string, string | undefined>>, pid: number): number | null {
  const microseconds = Number(env.WATCHDOG_USEC);
  if (!Number.isFinite(microseconds) || microseconds <= 0) return null;
  if (env.WATCHDOG_PID && Number(env.WATCHDOG_PID) !== pid) return null;
  return microseconds / 1000;
}
