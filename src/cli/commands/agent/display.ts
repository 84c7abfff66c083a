import type { CommandContext } from "../../contract.ts";
import { duration } from "../../format.ts";
import { printable, printableLine } from "../../terminal.ts";

/** What people see of a run while it works and when it ends. In JSON mode nothing until the end. */
export interface TurnDisplay {
  started(): void;
  /** The whole text of the current assistant message so far. */
  text(soFar: string): void;
  toolStarted(callId: string, name: string): void;
  toolFinished(callId: string, name: string, failed: boolean): void;
  say(what: string): void;
  /** Ends the streamed text and prints the parts of the answer that were not streamed. */
  answer(texts: readonly string[]): void;
  stop(): void;
}

const frames = ["·", "•", "●", "•"];
const tickMs = 250;

/**
 * On a terminal: the text as it comes and one line of progress (tool and elapsed time) below it. Piped: the answer
 * once at the end on standard output, one plain line per tool on standard error.
 */
export function createDisplay(context: CommandContext, options: { json: boolean }): TurnDisplay {
  const { out, clock, signal } = context;
  if (options.json) return silentDisplay;
  const begun = clock.now();
  const tools = new Map<string, { name: string; since: number }>();
  const live = out.isTTY;
  /** Finished assistant messages that are on the screen already. */
  const shown = new Set<string>();
  let current = "";
  let written = 0;
  let frame = 0;
  let cancel: (() => void) | null = null;

  const progressLine = () => {
    const elapsed = duration(clock.now() - begun);
    const names = [...tools.values()].map((t) => `${t.name} ${duration(clock.now() - t.since)}`);
    return `${frames[frame++ % frames.length]} ${names.length > 0 ? names.join(", ") : "thinking"} (${elapsed})`;
  };
  const tick = () => {
    if (!cancel || signal.aborted) return;
    // Not while a line of the answer is half written: the two would overwrite each other.
    if (current === "") out.progress(progressLine());
    cancel = clock.after(tickMs, tick);
  };
  const endText = () => {
    if (current === "") return;
    out.write(current.endsWith("\n") ? "" : "\n");
    shown.add(current.trim());
    current = "";
    written = 0;
  };
  return {
    started() {
      if (!live || cancel) return;
      cancel = clock.after(tickMs, tick);
    },
    text(soFar) {
      if (!live) return;
      if (!soFar.startsWith(current)) endText();
      current = soFar;
      // Half of a surrogate pair waits for its other half.
      const end = /[\ud800-\udbff]$/.test(soFar) ? soFar.length - 1 : soFar.length;
      if (end > written) out.write(printable(soFar.slice(written, end)));
      written = Math.max(written, end);
    },
    toolStarted(callId, name) {
      endText();
      tools.set(callId, { name: printableLine(name), since: clock.now() });
      if (!live) out.note(`… ${printableLine(name)}`);
    },
    toolFinished(callId, name, failed) {
      const took = duration(clock.now() - (tools.get(callId)?.since ?? clock.now()));
      tools.delete(callId);
      out.note(out.style.dim(`${failed ? "✗" : "✓"} ${printableLine(name)} (${took})`));
    },
    say(what) {
      endText();
      out.note(what);
    },
    answer(texts) {
      endText();
      for (const text of texts) {
        if (text.trim() && !shown.has(text.trim())) out.write(`${printable(text).trimEnd()}\n`);
      }
    },
    stop() {
      cancel?.();
      cancel = null;
      endText();
      out.progress(null);
    },
  };
}

const silentDisplay: TurnDisplay = {
  started: () => {},
  text: () => {},
  toolStarted: () => {},
  toolFinished: () => {},
  say: () => {},
  answer: () => {},
  stop: () => {},
};
