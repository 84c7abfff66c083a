import type { KeyName } from "./keys.ts";

/** Text being written and where in it one is; positions count UTF-16 units and never lie inside a grapheme. */
export interface Editor {
  text: string;
  cursor: number;
  history: readonly string[];
  /** Which entry of the history is shown; null for what is being written. */
  shown: number | null;
  /** What was being written before the history was looked at. */
  draft: string;
}

const maxHistory = 200;

export const emptyEditor: Editor = { text: "", cursor: 0, history: [], shown: null, draft: "" };

export function insert(editor: Editor, text: string): Editor {
  const clean = text.replace(/\t/g, "  ").replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, "");
  return {
    ...editor,
    text: editor.text.slice(0, editor.cursor) + clean + editor.text.slice(editor.cursor),
    cursor: editor.cursor + clean.length,
    shown: null,
  };
}

/** After a message was sent: an empty line, and the message in the history. */
export function remember(editor: Editor): Editor {
  const history = [...editor.history.filter((entry) => entry !== editor.text), editor.text].slice(
    -maxHistory,
  );
  return { ...emptyEditor, history };
}

/** What an editing key does; null when the key is none. */
export function edit(editor: Editor, key: KeyName): Editor | null {
  const { text, cursor } = editor;
  const at = (position: number): Editor => ({ ...editor, cursor: position });
  const cut = (from: number, to: number): Editor => ({
    ...editor,
    text: text.slice(0, from) + text.slice(to),
    cursor: from,
    shown: null,
  });
  switch (key) {
    case "newline":
      return insert(editor, "\n");
    case "left":
    case "ctrl-b":
      return at(before(text, cursor));
    case "right":
    case "ctrl-f":
      return at(after(text, cursor));
    case "word-left":
      return at(wordStart(text, cursor));
    case "word-right":
      return at(cursor + (/^\s*\S+/.exec(text.slice(cursor))?.[0].length ?? text.length - cursor));
    case "home":
    case "ctrl-a":
      return at(lineStart(text, cursor));
    case "end":
    case "ctrl-e":
      return at(lineEnd(text, cursor));
    case "backspace":
      return cut(before(text, cursor), cursor);
    case "delete":
      return cut(cursor, after(text, cursor));
    case "ctrl-w":
      return cut(wordStart(text, cursor), cursor);
    case "ctrl-u":
      return cut(lineStart(text, cursor), cursor);
    case "ctrl-k":
      return cut(cursor, lineEnd(text, cursor));
    case "up":
    case "ctrl-p":
      return lineStart(text, cursor) === 0 ? older(editor) : at(vertically(text, cursor, -1));
    case "down":
    case "ctrl-n":
      return lineEnd(text, cursor) === text.length ? newer(editor) : at(vertically(text, cursor, 1));
    default:
      return null;
  }
}

function older(editor: Editor): Editor {
  const next = (editor.shown ?? editor.history.length) - 1;
  const entry = editor.history[next];
  if (entry === undefined) return editor;
  const draft = editor.shown === null ? editor.text : editor.draft;
  return { ...editor, text: entry, cursor: entry.length, shown: next, draft };
}

function newer(editor: Editor): Editor {
  if (editor.shown === null) return editor;
  const entry = editor.history[editor.shown + 1];
  const text = entry ?? editor.draft;
  return { ...editor, text, cursor: text.length, shown: entry === undefined ? null : editor.shown + 1 };
}

function graphemes(text: string): string[] {
  return [...new Intl.Segmenter("en", { granularity: "grapheme" }).segment(text)].map((each) => each.segment);
}

function before(text: string, cursor: number): number {
  return cursor - (graphemes(text.slice(0, cursor)).at(-1)?.length ?? 0);
}

function after(text: string, cursor: number): number {
  return cursor + (graphemes(text.slice(cursor))[0]?.length ?? 0);
}

function wordStart(text: string, cursor: number): number {
  return cursor - (/\S*\s*$/.exec(text.slice(0, cursor))?.[0].length ?? 0);
}

function lineStart(text: string, cursor: number): number {
  return cursor === 0 ? 0 : text.lastIndexOf("\n", cursor - 1) + 1;
}

function lineEnd(text: string, cursor: number): number {
  const end = text.indexOf("\n", cursor);
  return end < 0 ? text.length : end;
}

/** The place of the same number of graphemes in the line above or below. */
function vertically(text: string, cursor: number, by: 1 | -1): number {
  const start = lineStart(text, cursor);
  const column = graphemes(text.slice(start, cursor)).length;
  const other = by < 0 ? lineStart(text, start - 1) : lineEnd(text, cursor) + 1;
  const line = graphemes(text.slice(other, lineEnd(text, other)));
  return other + line.slice(0, column).join("").length;
}
