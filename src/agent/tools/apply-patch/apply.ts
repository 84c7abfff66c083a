import { UserError } from "../../../core/errors.ts";
import type { Hunk } from "./parse.ts";

/**
 * The text after the hunks. Each is looked for after the one before it: exactly, then ignoring spaces at line ends,
 * then ignoring them at both ends; it must be found. Line ends of the file are kept.
 * @throws UserError PATCH_NO_MATCH
 */
export function applyHunks(text: string, hunks: readonly Hunk[], path: string): string {
  const crlf = text.includes("\r\n");
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const endsWithBreak = lines.at(-1) === "";
  if (endsWithBreak) lines.pop();
  let from = 0;
  for (const hunk of hunks) {
    if (hunk.anchor !== "") {
      const anchor = find(lines, [hunk.anchor], from, false);
      if (anchor === -1) throw noMatch(path, [hunk.anchor]);
      from = anchor + (hunk.before[0]?.trim() === hunk.anchor ? 0 : 1);
    }
    const at =
      hunk.before.length === 0
        ? hunk.anchor === ""
          ? lines.length
          : from
        : find(lines, hunk.before, from, hunk.atEnd);
    if (at === -1) throw noMatch(path, hunk.before);
    lines.splice(at, hunk.before.length, ...hunk.after);
    from = at + hunk.after.length;
  }
  if (lines.length === 0) return "";
  const result = lines.join("\n") + (endsWithBreak || text === "" ? "\n" : "");
  return crlf ? result.replaceAll("\n", "\r\n") : result;
}

function find(lines: readonly string[], wanted: readonly string[], from: number, atEnd: boolean): number {
  const forms: Array<(line: string) => string> = [
    (line) => line,
    (line) => line.trimEnd(),
    (line) => line.trim(),
  ];
  for (const form of forms) {
    const matches = (at: number) =>
      wanted.every((line, index) => form(lines[at + index] ?? "\0") === form(line));
    if (atEnd) {
      const last = lines.length - wanted.length;
      if (last >= from && matches(last)) return last;
      continue;
    }
    for (let at = from; at + wanted.length <= lines.length; at++) if (matches(at)) return at;
  }
  return -1;
}

function noMatch(path: string, wanted: readonly string[]): UserError {
  const sample = wanted.slice(0, 5).join("\n");
  return new UserError(
    "PATCH_NO_MATCH",
    `${path} does not contain these lines (in this order); nothing was changed:\n${sample}`,
    {
      hint: "read the file again and make the context lines match it exactly",
    },
  );
}
