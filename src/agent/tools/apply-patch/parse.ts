import { UserError } from "../../../core/errors.ts";

/** A run of changed lines with the unchanged ones around them. */
export interface Hunk {
  /** Text after `@@`: a line that comes somewhere before the hunk; empty when not given. */
  anchor: string;
  before: string[];
  after: string[];
  /** `*** End of File` follows: the hunk belongs to the end. */
  atEnd: boolean;
}

export type PatchOperation =
  | { kind: "add"; path: string; content: string }
  | { kind: "delete"; path: string }
  | { kind: "update"; path: string; moveTo: string | null; hunks: Hunk[] };

const maxOperations = 200;

function bad(line: number, what: string): UserError {
  return new UserError("PATCH_INVALID", `patch line ${line}: ${what}; nothing was changed`, {
    hint: "the form is: *** Begin Patch / *** Add File: p, *** Update File: p, *** Delete File: p / lines with + - or space / *** End Patch",
  });
}

/**
 * Reads a patch in the `*** Begin Patch` form. Pure.
 * @throws UserError PATCH_INVALID
 */
export function parsePatch(text: string): PatchOperation[] {
  const lines = text.replaceAll("\r\n", "\n").trim().split("\n");
  if (lines[0]?.trim() !== "*** Begin Patch") throw bad(1, "the first line must be *** Begin Patch");
  if (lines.at(-1)?.trim() !== "*** End Patch")
    throw bad(lines.length, "the last line must be *** End Patch");
  const operations: PatchOperation[] = [];
  const end = lines.length - 1;
  let at = 1;
  const header = (line: string) => /^\*\*\* (Add|Update|Delete) File: (.+)$/.exec(line.trimEnd());
  while (at < end) {
    const line = lines[at] ?? "";
    if (line.trim() === "") {
      at++;
      continue;
    }
    const match = header(line);
    if (!match)
      throw bad(
        at + 1,
        `expected *** Add File, *** Update File or *** Delete File, found ${JSON.stringify(line.slice(0, 80))}`,
      );
    const path = match[2]?.trim() ?? "";
    if (operations.length >= maxOperations) throw bad(at + 1, `more than ${maxOperations} files`);
    at++;
    if (match[1] === "Delete") operations.push({ kind: "delete", path });
    else if (match[1] === "Add") {
      const content: string[] = [];
      for (; at < end && !header(lines[at] ?? ""); at++) {
        const added = lines[at] ?? "";
        if (!added.startsWith("+")) throw bad(at + 1, "lines of a new file begin with +");
        content.push(added.slice(1));
      }
      operations.push({ kind: "add", path, content: content.length > 0 ? `${content.join("\n")}\n` : "" });
    } else {
      let moveTo: string | null = null;
      const move = /^\*\*\* Move to: (.+)$/.exec((lines[at] ?? "").trimEnd());
      if (move) {
        moveTo = move[1]?.trim() ?? "";
        at++;
      }
      const body: string[] = [];
      const first = at + 1;
      for (; at < end && !header(lines[at] ?? ""); at++) body.push(lines[at] ?? "");
      const hunks = parseHunks(body, first);
      if (hunks.length === 0 && moveTo === null) throw bad(first, `the update of ${path} changes nothing`);
      operations.push({ kind: "update", path, moveTo, hunks });
    }
  }
  if (operations.length === 0) throw bad(2, "the patch is empty");
  return operations;
}

function parseHunks(lines: string[], firstLine: number): Hunk[] {
  const hunks: Hunk[] = [];
  let hunk: Hunk | null = null;
  const open = (anchor: string) => {
    hunk = { anchor, before: [], after: [], atEnd: false };
    hunks.push(hunk);
    return hunk;
  };
  for (const [index, line] of lines.entries()) {
    if (line.startsWith("@@")) open(line.slice(2).trim());
    else if (line.trimEnd() === "*** End of File") {
      const last = hunks.at(-1);
      if (last) last.atEnd = true;
      hunk = null;
    } else {
      const current: Hunk = hunk ?? open("");
      // Models often drop the blank of an empty context line.
      const mark = line === "" ? " " : line[0];
      const text = line.slice(1);
      if (mark === "+") current.after.push(text);
      else if (mark === "-") current.before.push(text);
      else if (mark === " ") {
        current.before.push(text);
        current.after.push(text);
      } else throw bad(firstLine + index, "lines of a change begin with +, - or a space");
    }
  }
  return hunks.filter((each) => each.before.length > 0 || each.after.length > 0);
}
