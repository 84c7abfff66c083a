import type { Output } from "./contract.ts";
import { printable, printableLine, printableStyled } from "./terminal.ts";
import { renderPairs, renderTable } from "./table.ts";

/** The part of a stream that output needs; real ones and captured ones alike. */
export interface Sink {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Output for a command. Text that is not JSON passes the terminal encoder, so callers need not think of it. */
export function createOutput(options: {
  stdout: Sink;
  stderr: Sink;
  /** NO_COLOR, FORCE_COLOR, TERM=dumb and --no-color decided by the caller. */
  color: boolean;
}): Output {
  const { stdout, stderr, color } = options;
  const isTTY = stdout.isTTY === true;
  const width = Math.max(20, isTTY ? (stdout.columns ?? 80) : 200);
  const redraws = stderr.isTTY === true;
  let drawn = false;
  const paint = (open: number, close: number) => (t: string) =>
    color ? `\u001b[${open}m${t}\u001b[${close}m` : t;
  // Without colours no escape sequence at all gets through; with them, a foreign one ends with its line.
  const safe = (t: string) => (color ? closed(printableStyled(t)) : printable(t));
  const clear = () => {
    if (!drawn) return;
    drawn = false;
    stderr.write("\r\u001b[K");
  };
  const emit = (lines: string[]) => {
    clear();
    stdout.write(lines.map((line) => `${safe(line)}\n`).join(""));
  };
  return {
    line: (t = "") => emit([t]),
    write: (t) => {
      clear();
      stdout.write(t);
    },
    json: (value) => {
      clear();
      stdout.write(`${JSON.stringify(value ?? null, null, 2)}\n`);
    },
    table: (rows, columns) => emit(renderTable(rows, { columns, width, bold: paint(1, 22) })),
    pairs: (rows) => emit(renderPairs(rows)),
    note: (t) => {
      clear();
      stderr.write(`${safe(t)}\n`);
    },
    progress: (t) => {
      if (t === null) return clear();
      if (!redraws) return void stderr.write(`${printableLine(t)}\n`);
      clear();
      const room = Math.max(10, (stderr.columns ?? 80) - 1);
      stderr.write(printableLine(t).slice(0, room));
      drawn = true;
    },
    style: {
      bold: paint(1, 22),
      dim: paint(2, 22),
      red: paint(31, 39),
      green: paint(32, 39),
      yellow: paint(33, 39),
      cyan: paint(36, 39),
    },
    isTTY,
    width,
  };
}

/** Ends every style that a line leaves open. */
function closed(line: string): string {
  const last = line.match(/\u001b\[\d+m/g)?.at(-1);
  return last === undefined || /\[(?:0|22|39)m/.test(last) ? line : `${line}\u001b[0m`;
}
