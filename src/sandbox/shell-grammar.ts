/** How a simple command is joined to the one before it. */
export type Joint = "|" | "&&" | "||" | ";";

export type ParsedCommand =
  | { kind: "simple"; commands: Array<{ joint: Joint | null; argv: string[] }> }
  /** Text that is understood only by a shell. Not an error: it needs a fresh approval each time. */
  | { kind: "opaque"; why: string };

/** Longest command text, so that a prompt can always show all of it. */
export const maxCommandChars = 16_384;

const reserved = new Set(
  "! { } [[ ]] case coproc do done elif else end esac fi for foreach function if in select then time until while".split(
    " ",
  ),
);
/** Built into shells and about the shell's own state: there is no program that does the same. */
const stateful = new Set(
  ". : alias bg bind break builtin cd command continue declare dirs disown enable eval exec exit export fc fg getopts hash history jobs let local logout popd pushd read readonly return set shift shopt source suspend times trap type typeset ulimit umask unalias unset wait".split(
    " ",
  ),
);
const bare = /^[A-Za-z0-9_@%+=:,./-]$/;

const opaque = (why: string): ParsedCommand => ({ kind: "opaque", why });

/**
 * The small accepting grammar of threats.md 4.8: words of plain characters, single quotes, double quotes without `$`,
 * backtick, backslash and `!`, joined into simple commands by `|`, `&&`, `||` and `;`. For what it accepts, a POSIX
 * shell runs exactly the computed argument lists (property-tested against /bin/sh); everything else is opaque. Pure.
 */
export function parseCommand(text: string): ParsedCommand {
  if (text.length > maxCommandChars) return opaque(`longer than ${maxCommandChars} characters`);
  if (!text.isWellFormed()) return opaque("broken characters");
  const commands: Array<{ joint: Joint | null; argv: string[] }> = [];
  let current: { joint: Joint | null; argv: string[] } = { joint: null, argv: [] };
  let word: string | null = null;
  let at = 0;

  const endWord = () => {
    if (word !== null) current.argv.push(word);
    word = null;
  };
  while (at < text.length) {
    const character = text[at] ?? "";
    if (character === " " || character === "\t") {
      endWord();
      at++;
    } else if (character === "'" || character === '"') {
      const end = text.indexOf(character, at + 1);
      if (end === -1) return opaque("a quote is not closed");
      const inside = text.slice(at + 1, end);
      if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(inside)) return opaque("control characters");
      if (character === '"' && /[$`\\!]/.test(inside))
        return opaque("$, backtick, backslash or ! inside double quotes");
      word = (word ?? "") + inside;
      at = end + 1;
    } else if (character === "|" || character === "&" || character === ";") {
      const two = text.slice(at, at + 2);
      const joint: Joint | null = two === "&&" || two === "||" ? two : character === "&" ? null : character;
      if (joint === null || two === "|&" || two === ";;")
        return opaque(`the operator ${JSON.stringify(two.trim())}`);
      endWord();
      if (current.argv.length === 0) return opaque("a command is missing");
      commands.push(current);
      current = { joint, argv: [] };
      at += joint.length;
    } else if (bare.test(character)) {
      word = (word ?? "") + character;
      at++;
    } else return opaque(`the character ${JSON.stringify(character)} outside quotes`);
  }
  endWord();
  if (current.argv.length > 0) commands.push(current);
  else if (current.joint !== ";") return opaque("a command is missing");
  for (const { argv } of commands) {
    const name = argv[0] ?? "";
    if (name === "" || name.includes("=") || reserved.has(name) || stateful.has(name)) {
      return opaque(`${JSON.stringify(name)} in the place of a program`);
    }
  }
  return { kind: "simple", commands };
}

/** One word as any POSIX shell reads it back. */
export function quoteWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** Text for a person: every character that could hide or disguise something is shown as an escape. */
export function visibleText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}]|(?! )\p{Zs}/gu, (character) =>
    character === "\n" ? "\\n\n" : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
