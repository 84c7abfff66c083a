import { randomBytes } from "node:crypto";
import type { Clock } from "../../../core/clock.ts";
import { messageOf, UserError } from "../../../core/errors.ts";
import type { Logger } from "../../../core/logger.ts";
import type { Concealer } from "./conceal.ts";
import {
  startProcess,
  startPty,
  type ProcessEnd,
  type ProcessSpec,
  type RunningProcess,
} from "../../../guard/index.ts";

/** A command that was started by `exec`. Times are epoch milliseconds. */
export interface ProcessSession {
  id: string;
  /** Canonical key of the session that started it: only it may look or touch. */
  owner: string;
  /** As the model wrote it. */
  command: string;
  /** Whether a person had to agree to it; then input to it needs agreement too. */
  approved: boolean;
  startedAt: number;
  /** Null while it runs. */
  end: ProcessEnd | null;
  readonly ended: Promise<ProcessEnd>;
  /** Output kept, newest last; older output beyond the cap is dropped. */
  output(): { text: string; dropped: number };
  /** Output since the last call. */
  fresh(): string;
  write(data: string): boolean;
  closeInput(): void;
  kill(): void;
}

const keptChars = 1024 * 1024;
const maxRunning = 64;
const maxPerOwner = 16;

export type Starter = (
  spec: ProcessSpec,
  limits: { clock: Clock; timeoutMs: number; onOutput: (chunk: string) => void },
) => Promise<RunningProcess>;

/** The commands that are running or ended lately. Stopping it ends them all. */
export interface ProcessRegistry {
  /** @throws UserError EXEC_LIMIT, PTY_UNAVAILABLE; OpenClawError EXEC_SPAWN_FAILED */
  start(
    spec: ProcessSpec,
    options: {
      owner: string;
      command: string;
      approved: boolean;
      pty: boolean;
      timeoutMs: number;
      /** Milliseconds an ended command stays listed. */
      keepMs: number;
      onOutput?: (chunk: string) => void;
      /** Starts it elsewhere than as a process of this machine. */
      start?: Starter;
      /** Takes what the command was given out of what it prints. */
      conceal?: Concealer | null;
    },
  ): Promise<ProcessSession>;
  get(id: string, owner: string): ProcessSession | null;
  list(owner: string): ProcessSession[];
  forget(id: string): void;
  /** Ends every command and waits for it. */
  stop(): Promise<void>;
}

export function createProcessRegistry(options: { clock: Clock; logger: Logger }): ProcessRegistry {
  const { clock, logger } = options;
  const sessions = new Map<string, ProcessSession>();
  const cancels = new Map<string, () => void>();
  let stopped = false;

  const forget = (id: string) => {
    cancels.get(id)?.();
    cancels.delete(id);
    sessions.delete(id);
  };

  return {
    async start(spec, how) {
      const running = [...sessions.values()].filter((session) => session.end === null);
      const own = running.filter((session) => session.owner === how.owner).length;
      if (stopped || running.length >= maxRunning || own >= maxPerOwner) {
        throw new UserError("EXEC_LIMIT", `${own} commands of this session are running already`, {
          hint: "end some with the process tool (action kill)",
        });
      }
      const chunks: string[] = [];
      let kept = 0;
      let dropped = 0;
      let unread = 0;
      const onOutput = (chunk: string) => {
        chunks.push(chunk);
        kept += chunk.length;
        unread += chunk.length;
        while (kept > keptChars && chunks.length > 1) {
          const oldest = chunks.shift() ?? "";
          kept -= oldest.length;
          dropped += oldest.length;
        }
        how.onOutput?.(chunk);
      };
      const common = { clock, timeoutMs: how.timeoutMs, onOutput };
      const plain = how.pty ? startPty : startProcess;
      const process: RunningProcess = await (how.start ?? plain)(spec, common);
      const session: ProcessSession = {
        id: `proc-${randomBytes(4).toString("hex")}`,
        owner: how.owner,
        command: how.command,
        approved: how.approved,
        startedAt: clock.now(),
        end: null,
        ended: process.ended,
        output: () => ({ text: how.conceal?.text(chunks.join("")) ?? chunks.join(""), dropped }),
        fresh: () => {
          const text = chunks.join("");
          const from = Math.max(0, text.length - unread);
          const shown = session.end === null ? (how.conceal?.settled(text) ?? text.length) : text.length;
          unread = text.length - Math.max(from, shown);
          return (how.conceal?.text(text) ?? text).slice(from, Math.max(from, shown));
        },
        write: (data) => process.write(data),
        closeInput: () => process.closeInput(),
        kill: () => process.kill(),
      };
      sessions.set(session.id, session);
      process.ended
        .then((end) => {
          session.end = end;
          if (sessions.has(session.id))
            cancels.set(
              session.id,
              clock.after(how.keepMs, () => forget(session.id)),
            );
        })
        .catch((error: unknown) => logger.error("a command's end was lost", { error: messageOf(error) }));
      return session;
    },
    get: (id, owner) => {
      const session = sessions.get(id);
      return session?.owner === owner ? session : null;
    },
    list: (owner) => [...sessions.values()].filter((session) => session.owner === owner),
    forget,
    async stop() {
      stopped = true;
      const all = [...sessions.values()];
      for (const session of all) session.kill();
      await Promise.all(all.map((session) => session.ended));
      for (const session of all) forget(session.id);
    },
  };
}

/** How a command ended, in a few words. */
export function describeEnd(end: ProcessEnd): string {
  const time = `${(end.durationMs / 1000).toFixed(1)} s`;
  if (end.timedOut) return `stopped: it ran longer than allowed (${time})`;
  if (end.aborted) return "stopped";
  if (end.outputLimitHit) return "stopped: too much output";
  if (end.signal !== null) return `ended by ${end.signal} after ${time}`;
  return `exit code ${end.exitCode ?? "unknown"} after ${time}`;
}
