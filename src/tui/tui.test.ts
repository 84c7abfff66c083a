import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { displayWidth, printable } from "../cli/terminal.ts";
import { localCommand } from "./commands.ts";
import { emptyConversation, fromHistory, onAgentEvent, onChatEvent, said } from "./conversation.ts";
import { edit, emptyEditor, insert, remember, type Editor } from "./editor.ts";
import { createKeyReader, type Key, type KeyName } from "./keys.ts";
import { isShownWhole, render } from "./render.ts";
import { newScreen } from "./state.ts";
import { wrap } from "./text.ts";

const rules = { width: displayWidth, printable };

function read(...chunks: string[]): Key[] {
  const keys: Key[] = [];
  const reader = createKeyReader((key) => keys.push(key));
  for (const chunk of chunks) reader.feed(chunk);
  reader.settle();
  return keys;
}
const named = (...names: KeyName[]): Key[] => names.map((name) => ({ kind: "key", name }));

describe("keys", () => {
  it("knows the usual ones, and drops unknown sequences whole", () => {
    expect(read("\r\u001b\r\u0003\u001b[A\u001bOB\u001b[5~\u001b[1;5C")).toEqual(
      named("enter", "newline", "ctrl-c", "up", "down", "page-up", "word-right"),
    );
    expect(read("\u001b[99;9~a\u001b[<0;1;1M")).toEqual([{ kind: "text", text: "a" }]);
    expect(read("\u001b")).toEqual(named("escape"));
  });

  it("reads the same however the bytes are cut into chunks", () => {
    const input = "ab\u001b[A日本\u001b[200~pasted\r\nlines\u001b[A\u001b[201~\u001b[3~\r";
    const whole = joined(read(input));
    fc.assert(
      fc.property(fc.array(fc.nat(input.length)), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), input.length];
        expect(joined(read(...at.slice(1).map((end, index) => input.slice(at[index], end))))).toEqual(whole);
      }),
    );
    expect(whole).toContainEqual({ kind: "paste", text: "pasted\nlines\u001b[A" });
  });

  function joined(keys: Key[]): Key[] {
    return keys.flatMap((key) =>
      key.kind === "text" ? Array.from(key.text, (text): Key => ({ kind: "text", text })) : [key],
    );
  }
});

describe("editor", () => {
  const editing = fc.constantFrom<KeyName>(
    "left",
    "right",
    "up",
    "down",
    "home",
    "end",
    "word-left",
    "word-right",
    "backspace",
    "delete",
    "ctrl-w",
    "ctrl-u",
    "ctrl-k",
    "newline",
  );

  it("never leaves the text, never cuts a character in two", () => {
    const step = fc.oneof(
      editing,
      fc.string({ unit: "grapheme", maxLength: 5 }).map((text) => ({ text })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let editor: Editor = emptyEditor;
        for (const each of steps) {
          editor = typeof each === "string" ? (edit(editor, each) ?? editor) : insert(editor, each.text);
          expect(editor.cursor).toBeGreaterThanOrEqual(0);
          expect(editor.cursor).toBeLessThanOrEqual(editor.text.length);
          expect(editor.text.isWellFormed()).toBe(true);
          expect(editor.text.slice(0, editor.cursor).isWellFormed()).toBe(true);
        }
      }),
    );
  });

  it("history goes back and forth and gives the draft back", () => {
    let editor = remember(insert(remember(insert(emptyEditor, "one")), "two"));
    editor = insert(editor, "draft");
    const press = (name: KeyName) => (editor = edit(editor, name) ?? editor).text;
    expect(["up", "up", "up", "down", "down"].map((name) => press(name as KeyName))).toEqual([
      "two",
      "one",
      "one",
      "two",
      "draft",
    ]);
  });

  it("what is pasted brings no control characters along", () => {
    expect(insert(emptyEditor, "a\u001b[31mb\u0007\tc\nd").text).toBe("a[31mb  c\nd");
  });
});

describe("text", () => {
  it("no line is wider than the room, and nothing but blanks is lost", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "日", " ", "é", "👩‍👩‍👧", "\n", "word"), maxLength: 80 });
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 30 }), (given, columns) => {
        const lines = wrap(given, columns, rules);
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
        expect(lines.join("").replace(/\s/g, "")).toBe(given.replace(/\s/g, ""));
      }),
    );
  });
});

describe("render", () => {
  it("is exactly as large as the window, whatever was said", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "binary", maxLength: 200 }), { maxLength: 6 }),
        fc.integer({ min: 10, max: 60 }),
        fc.integer({ min: 4, max: 30 }),
        (texts, columns, rows) => {
          const screen = newScreen("main");
          const items = texts.map((text, index) => ({ kind: "assistant" as const, id: String(index), text }));
          const picture = render(
            { ...screen, conversation: { items, runs: [] }, editor: insert(screen.editor, texts[0] ?? "") },
            { columns, rows },
            { rules, style: { color: false } },
          );
          expect(picture.lines.length).toBeLessThanOrEqual(rows);
          for (const line of picture.lines) {
            expect(displayWidth(line)).toBeLessThanOrEqual(columns);
            expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
          }
          expect(picture.cursor.row).toBeLessThan(rows);
        },
      ),
    );
  });

  it("a command that does not fit the window cannot be allowed in it", () => {
    const question = { id: "1", command: "x ".repeat(900), where: "gateway", resolvedPath: "" };
    const size = { columns: 40, rows: 20 };
    expect(isShownWhole(question, size, rules)).toBe(false);
    const { lines } = render({ ...newScreen("main"), questions: [question] }, size, {
      rules,
      style: { color: false },
    });
    expect(lines.join("\n")).not.toContain("Ctrl-Y");
  });
});

describe("conversation", () => {
  const agent = (stream: string, data: object) => ({ runId: "r", sessionKey: "main", stream, data });

  it("a run grows, calls a tool, and goes on in a stretch of its own", () => {
    let now = said(emptyConversation, "hi", "r");
    for (const event of [
      agent("lifecycle", { phase: "start" }),
      agent("assistant", { text: "Let me", delta: "Let me" }),
      agent("assistant", { text: "Let me look.", delta: " look." }),
      agent("tool", { phase: "start", name: "exec", toolCallId: "c", args: { command: "ls" } }),
      agent("tool", {
        phase: "result",
        name: "exec",
        toolCallId: "c",
        durationMs: 5,
        result: { content: [{ type: "text", text: "a\nb" }] },
      }),
      agent("assistant", { text: "Two files.", delta: "Two files." }),
      agent("lifecycle", { phase: "end" }),
    ])
      now = onAgentEvent(now, event);
    now = onChatEvent(now, {
      runId: "r",
      state: "final",
      message: { content: [{ type: "text", text: "Two files." }] },
    });
    expect(now.runs).toEqual([]);
    expect(
      now.items.map((item) =>
        item.kind === "tool" ? [item.name, item.input, item.state, item.output] : item.text,
      ),
    ).toEqual(["hi", "Let me look.", ["exec", "ls", "done", "a\nb"], "Two files."]);
  });

  it("an answer nobody streamed comes with its end; errors and stops are told", () => {
    const end = (state: string, more: object) =>
      onChatEvent(emptyConversation, { runId: "r", state, ...more });
    expect(end("final", { message: { content: [{ type: "text", text: "whole" }] } }).items).toMatchObject([
      { text: "whole" },
    ]);
    expect(end("error", { errorMessage: "no key" }).items).toMatchObject([{ kind: "error", text: "no key" }]);
    expect(end("aborted", {}).items).toMatchObject([{ kind: "note", text: "Stopped." }]);
  });

  it("history of any shape is read without failing", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void fromHistory(value)));
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        (value) => void onAgentEvent(emptyConversation, value),
      ),
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        (value) => void onChatEvent(emptyConversation, value),
      ),
    );
  });

  it("only its own commands stay here", () => {
    expect(localCommand("/session notes")).toEqual({ name: "session", key: "notes" });
    for (const line of ["/status", "//help", "/model a/b", "hello", "/etc/passwd", "/help me"])
      if (line !== "/help me") expect(localCommand(line)).toBeNull();
  });
});
