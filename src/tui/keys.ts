/** What a person did on the keyboard. Text arrives as typed; pasted text as one piece. */
export type Key =
  | { kind: "text"; text: string }
  | { kind: "paste"; text: string }
  | { kind: "key"; name: KeyName };

export type KeyName =
  | "enter"
  | "newline"
  | "tab"
  | "escape"
  | "backspace"
  | "delete"
  | "up"
  | "down"
  | "left"
  | "right"
  | "word-left"
  | "word-right"
  | "home"
  | "end"
  | "page-up"
  | "page-down"
  | `ctrl-${string}`;

const pasteStart = "\u001b[200~";
const pasteEnd = "\u001b[201~";
/** Pasted characters above this are dropped: a message that long is refused anyway. */
const maxPaste = 500_000;

const sequences: Record<string, KeyName> = {
  "[A": "up",
  "[B": "down",
  "[C": "right",
  "[D": "left",
  OA: "up",
  OB: "down",
  OC: "right",
  OD: "left",
  "[H": "home",
  "[F": "end",
  OH: "home",
  OF: "end",
  "[1~": "home",
  "[4~": "end",
  "[3~": "delete",
  "[5~": "page-up",
  "[6~": "page-down",
  "[1;3D": "word-left",
  "[1;5D": "word-left",
  "[1;3C": "word-right",
  "[1;5C": "word-right",
  "[13;2u": "newline",
  b: "word-left",
  f: "word-right",
  "\r": "newline",
  "\n": "newline",
};

/**
 * Turns what a terminal in raw mode sends into keys. A sequence cut by the end of a chunk waits for its rest; unknown ones
 * are dropped whole, so no part of them is taken for text.
 */
export function createKeyReader(onKey: (key: Key) => void): {
  feed(chunk: string): void;
  /** Nothing more came for a while: a lone ESC was the key of that name. */
  settle(): void;
} {
  let rest = "";
  let paste: string | null = null;

  const takePaste = (): boolean => {
    const end = rest.indexOf(pasteEnd);
    // The end mark may be cut: its beginning stays behind.
    const until = end < 0 ? Math.max(0, rest.length - pasteEnd.length + 1) : end;
    paste = (paste ?? "") + rest.slice(0, until);
    if (paste.length > maxPaste) paste = paste.slice(0, maxPaste);
    rest = rest.slice(until);
    if (end < 0) return false;
    rest = rest.slice(pasteEnd.length);
    onKey({ kind: "paste", text: paste.replace(/\r\n?/g, "\n") });
    paste = null;
    return true;
  };

  const takeEscape = (): boolean => {
    if (rest.startsWith(pasteStart)) {
      rest = rest.slice(pasteStart.length);
      paste = "";
      return true;
    }
    const match = /^\u001b(?:\[[0-9;:?<>=]*[ -/]*[@-~]|O[A-Za-z]|[^[O])/.exec(rest);
    if (!match) return false;
    rest = rest.slice(match[0].length);
    const name = sequences[match[0].slice(1)];
    if (name) onKey({ kind: "key", name });
    return true;
  };

  const takePlain = () => {
    const first = rest.charCodeAt(0);
    if (first >= 0x20 && first !== 0x7f) {
      const text = /^[^\u0000-\u001f\u007f]+/.exec(rest)?.[0] ?? "";
      rest = rest.slice(text.length);
      onKey({ kind: "text", text });
      return;
    }
    rest = rest.slice(1);
    onKey({ kind: "key", name: controlName(first) });
  };

  return {
    feed(chunk) {
      rest += chunk;
      while (rest !== "") {
        if (paste !== null) {
          if (!takePaste()) return;
        } else if (rest.startsWith("\u001b")) {
          if (!takeEscape()) return;
        } else takePlain();
      }
    },
    settle() {
      if (paste !== null || rest === "") return;
      const wasEscape = rest === "\u001b";
      rest = "";
      if (wasEscape) onKey({ kind: "key", name: "escape" });
    },
  };
}

function controlName(code: number): KeyName {
  if (code === 0x0d) return "enter";
  if (code === 0x0a) return "newline";
  if (code === 0x09) return "tab";
  if (code === 0x7f || code === 0x08) return "backspace";
  return `ctrl-${String.fromCharCode(code + 0x60)}`;
}
