import { StringDecoder } from "node:string_decoder";
import type { Picture } from "./render.ts";

/** What the terminal UI needs of the two streams. */
export interface TerminalStreams {
  input: NodeJS.ReadStream;
  output: NodeJS.WriteStream;
}

export interface Terminal {
  size(): { columns: number; rows: number };
  draw(picture: Picture): void;
  /** Everything is drawn again with the next picture. */
  forget(): void;
  /** Gives the terminal back as it was. Harmless when called again. */
  restore(): void;
  /** Takes it again after {@link restore}. */
  take(): void;
}

// Alternate screen, bracketed paste; no mouse, so that selecting text works as everywhere.
const enter = "\u001b[?1049h\u001b[?2004h\u001b[H\u001b[2J";
const leave = "\u001b[?2004l\u001b[?25h\u001b[0m\u001b[?1049l";
const syncStart = "\u001b[?2026h\u001b[?25l";
const syncEnd = "\u001b[?25h\u001b[?2026l";

/** Takes the terminal: raw keys, a screen of its own. Only lines that changed are written. */
export function openTerminal(
  { input, output }: TerminalStreams,
  on: { text: (chunk: string) => void; resize: () => void; gone: () => void },
): Terminal {
  const decoder = new StringDecoder("utf8");
  let last: string[] = [];
  let taken = false;
  const onData = (chunk: Buffer) => on.text(decoder.write(chunk));

  const terminal: Terminal = {
    size: () => ({ columns: output.columns || 80, rows: output.rows || 24 }),
    draw({ lines, cursor }) {
      if (!taken) return;
      const changed = lines
        .map((line, row) =>
          line === last[row] ? "" : `\u001b[${row + 1};1H\u001b[0m${line}\u001b[0m\u001b[K`,
        )
        .join("");
      last = lines;
      output.write(`${syncStart}${changed}\u001b[${cursor.row + 1};${cursor.column + 1}H${syncEnd}`);
    },
    forget() {
      last = [];
      if (taken) output.write("\u001b[2J");
    },
    take() {
      if (taken) return;
      taken = true;
      last = [];
      input.setRawMode?.(true);
      input.resume();
      input.on("data", onData);
      input.on("end", on.gone);
      output.on("resize", on.resize);
      output.write(enter);
    },
    restore() {
      if (!taken) return;
      taken = false;
      input.off("data", onData);
      input.off("end", on.gone);
      output.off("resize", on.resize);
      input.setRawMode?.(false);
      input.pause();
      output.write(leave);
    },
  };
  terminal.take();
  return terminal;
}
