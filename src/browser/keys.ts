import { UserError } from "../core/errors.ts";

/** A key as `Input.dispatchKeyEvent` wants it. */
export interface KeyStroke {
  key: string;
  code: string;
  keyCode: number;
  /** What it writes; empty for keys that write nothing. */
  text: string;
  /** Bits of held modifiers: Alt 1, Control 2, Meta 4, Shift 8. */
  modifiers: number;
}

const named: Record<string, [code: string, keyCode: number, text?: string]> = {
  Enter: ["Enter", 13, "\r"],
  Tab: ["Tab", 9],
  Escape: ["Escape", 27],
  Backspace: ["Backspace", 8],
  Delete: ["Delete", 46],
  Insert: ["Insert", 45],
  Home: ["Home", 36],
  End: ["End", 35],
  PageUp: ["PageUp", 33],
  PageDown: ["PageDown", 34],
  ArrowLeft: ["ArrowLeft", 37],
  ArrowUp: ["ArrowUp", 38],
  ArrowRight: ["ArrowRight", 39],
  ArrowDown: ["ArrowDown", 40],
  Space: ["Space", 32, " "],
  ...Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [
      `F${index + 1}`,
      [`F${index + 1}`, 112 + index] as [string, number],
    ]),
  ),
};
const modifierBits: Record<string, number> = { alt: 1, control: 2, ctrl: 2, meta: 4, command: 4, shift: 8 };

/** `Enter`, `Control+A`, `Shift+Tab`, one character. @throws UserError BROWSER_KEY */
export function parseKey(text: string): KeyStroke {
  const words =
    text === "+" ? ["+"] : text.endsWith("++") ? [...text.slice(0, -2).split("+"), "+"] : text.split("+");
  const last = words.pop() ?? "";
  let modifiers = 0;
  for (const word of words) {
    const bit = modifierBits[word.trim().toLowerCase()];
    if (bit === undefined) throw unknownKey(text);
    modifiers |= bit;
  }
  const special = Object.entries(named).find(([name]) => name.toLowerCase() === last.trim().toLowerCase());
  if (special && last !== " ") {
    const [key, [code, keyCode, written = ""]] = special;
    return { key: key === "Space" ? " " : key, code, keyCode, text: modifiers & 7 ? "" : written, modifiers };
  }
  const [character, ...more] = Array.from(last);
  if (character === undefined || more.length > 0 || /\p{Cc}/u.test(character)) throw unknownKey(text);
  const upper = character.toUpperCase();
  const code = /^[A-Z]$/.test(upper) ? `Key${upper}` : /^[0-9]$/.test(upper) ? `Digit${upper}` : "";
  const keyCode = code === "" ? 0 : upper.charCodeAt(0);
  const key = modifiers & 8 ? upper : character;
  return { key, code, keyCode, text: modifiers & 7 ? "" : key, modifiers };
}

function unknownKey(text: string): UserError {
  return new UserError("BROWSER_KEY", `there is no key ${JSON.stringify(text.slice(0, 60))}`, {
    hint: "keys are Enter, Tab, Escape, Backspace, ArrowDown, PageDown, F5, one character, or Control+A",
  });
}
