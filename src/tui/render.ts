import type { Item } from "./conversation.ts";
import type { Question, Screen } from "./state.ts";
import { fit, wrap, type TextRules } from "./text.ts";

export interface Picture {
  /** One per row of the terminal. */
  lines: string[];
  cursor: { row: number; column: number };
  /** How far up one can scroll. */
  maxScroll: number;
}

export interface Style {
  color: boolean;
}

const maxEditorRows = 8;
const shortOutputRows = 6;
const maxOutputRows = 200;

/** The screen as lines of at most `columns` columns, exactly `rows` of them. */
export function render(
  screen: Screen,
  size: { columns: number; rows: number },
  how: { rules: TextRules; style: Style },
): Picture {
  const columns = Math.max(10, size.columns);
  const rows = Math.max(4, size.rows);
  const paint = painter(how.style);
  const { rules } = how;
  const input = inputRows(screen, columns, rules);
  const panel = panelRows(screen, { columns, rows }, { rules, paint });
  const room = Math.max(1, rows - 1 - panel.length - input.lines.length);
  const all = screen.conversation.items.flatMap((item) => itemRows(item, columns, { rules, paint, screen }));
  const maxScroll = Math.max(0, all.length - room);
  const scroll = Math.min(screen.scroll, maxScroll);
  const shown = all.slice(Math.max(0, all.length - room - scroll), all.length - scroll);
  const lines = [
    header(screen, columns, { rules, paint, scroll }),
    ...shown,
    ...Array.from({ length: room - shown.length }, () => ""),
    ...panel,
    ...input.lines.map((line, index) => (index === 0 ? paint("cyan", line) : line)),
  ];
  return {
    lines: lines.slice(0, rows),
    cursor: {
      row: Math.min(rows - 1, lines.length - input.lines.length + input.cursor.row),
      column: input.cursor.column,
    },
    maxScroll,
  };
}

type Paint = (color: keyof typeof codes, text: string) => string;
interface Tools {
  rules: TextRules;
  paint: Paint;
}

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  inverse: [7, 27],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

function painter({ color }: Style): Paint {
  return (name, text) => {
    const [open, close] = codes[name];
    return color && text !== "" ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  };
}

function header(screen: Screen, columns: number, how: Tools & { scroll: number }): string {
  const { connection, conversation } = screen;
  const state =
    connection === "connected"
      ? conversation.runs.length > 0
        ? "working, Esc stops"
        : "ready"
      : connection === "lost"
        ? "connection lost, connecting again"
        : "connecting";
  const above = how.scroll > 0 ? ` · ${how.scroll} lines below` : "";
  return how.paint("bold", fit(`openclaw · ${screen.sessionKey} · ${state}${above}`, columns, how.rules));
}

function itemRows(item: Item, columns: number, how: Tools & { screen: Screen }): string[] {
  const { rules, paint } = how;
  switch (item.kind) {
    case "user":
      return ["", ...block(item.text, "> ", columns, rules).map((line) => paint("cyan", line))];
    case "assistant":
      return ["", ...wrap(item.text, columns, rules)];
    case "thinking":
      return block(item.text, "  ", columns, rules).map((line) => paint("dim", line));
    case "error":
      return block(item.text, "! ", columns, rules).map((line) => paint("red", line));
    case "note":
      return block(item.text, "· ", columns, rules).map((line) => paint("dim", line));
    case "tool":
      return toolRows(item, columns, how);
  }
}

function toolRows(
  tool: Extract<Item, { kind: "tool" }>,
  columns: number,
  { rules, paint, screen }: Tools & { screen: Screen },
): string[] {
  const mark = { running: "…", done: "✓", failed: "✗" }[tool.state];
  const color = { running: "yellow", done: "green", failed: "red" } as const;
  const took = tool.durationMs === null ? "" : ` (${(tool.durationMs / 1000).toFixed(1)} s)`;
  const title = paint(color[tool.state], fit(`${mark} ${tool.name}${took}  ${tool.input}`, columns, rules));
  if (tool.output === "") return [title];
  const all = wrap(tool.output, columns - 2, rules);
  const limit = screen.expanded ? maxOutputRows : shortOutputRows;
  const rest = all.length - limit;
  // Of a long output the end says how it went.
  const lines = rest > 0 ? [`… ${rest} lines before (Ctrl-O)`, ...all.slice(-limit)] : all;
  return [title, ...lines.map((line) => paint("dim", `  ${line}`))];
}

function block(text: string, mark: string, columns: number, rules: TextRules): string[] {
  return wrap(text, columns - 2, rules).map((line, index) => `${index === 0 ? mark : "  "}${line}`);
}

/** What stands above the input: a question, or the list of sessions. */
function panelRows(
  screen: Screen,
  { columns, rows }: { columns: number; rows: number },
  { rules, paint }: Tools,
): string[] {
  if (screen.chooser) {
    const { rows: choices, at } = screen.chooser;
    const count = Math.max(1, Math.min(9, rows - 6));
    const from = Math.max(0, Math.min(at - Math.floor(count / 2), choices.length - count));
    return [
      paint("bold", fit("Sessions (↑ ↓, Enter opens, Esc closes)", columns, rules)),
      ...choices.slice(from, from + count).map((row, index) => {
        const line = fit(`${from + index === at ? "› " : "  "}${row.key}  ${row.title}`, columns, rules);
        return from + index === at ? paint("inverse", line) : line;
      }),
    ];
  }
  const [question, ...more] = screen.questions;
  if (!question) return [];
  const others = more.length > 0 ? ` (${more.length} more)` : "";
  if (!isShownWhole(question, { columns, rows }, rules)) {
    return [
      paint(
        "yellow",
        fit(`Permission wanted${others} for a command too long for this window`, columns, rules),
      ),
      paint("yellow", fit(`openclaw approvals list · Ctrl-X no`, columns, rules)),
    ];
  }
  return [
    paint("yellow", fit(`Permission wanted${others} on ${question.where}`, columns, rules)),
    ...wrap(question.command, columns - 2, rules).map((line) => `  ${line}`),
    ...(question.resolvedPath === ""
      ? []
      : [paint("dim", fit(`  ${question.resolvedPath}`, columns, rules))]),
    paint("yellow", fit("Ctrl-Y once · Ctrl-G always · Ctrl-X no", columns, rules)),
  ];
}

/** Only what was shown whole may be allowed here: what is approved is what runs. */
export function isShownWhole(
  question: Question,
  size: { columns: number; rows: number },
  rules: TextRules,
): boolean {
  return wrap(question.command, Math.max(10, size.columns) - 2, rules).length <= size.rows - 9;
}

function inputRows(
  { editor }: Screen,
  columns: number,
  rules: TextRules,
): { lines: string[]; cursor: { row: number; column: number } } {
  const room = columns - 3;
  const head = wrapInput(editor.text.slice(0, editor.cursor), room, rules);
  const all = wrapInput(editor.text, room, rules);
  const row = head.length - 1;
  const from = Math.max(0, Math.min(row - maxEditorRows + 1, all.length - maxEditorRows));
  const lines = all
    .slice(from, from + maxEditorRows)
    .map((line, index) => `${from + index === 0 ? "› " : "  "}${line}`);
  return {
    lines: ["─".repeat(columns), ...lines],
    cursor: { row: 1 + row - from, column: 2 + rules.width(head.at(-1) ?? "") },
  };
}

/** Cut at columns and not at blanks, so that the lines before the cursor do not depend on what follows it. */
function wrapInput(text: string, room: number, rules: TextRules): string[] {
  return text.split("\n").flatMap((line) => {
    const lines = [""];
    let used = 0;
    for (const { segment } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(line)) {
      const shown = rules.printable(segment);
      const each = rules.width(shown);
      if (used + each > room) {
        lines.push("");
        used = 0;
      }
      lines[lines.length - 1] += shown;
      used += each;
    }
    return lines;
  });
}
