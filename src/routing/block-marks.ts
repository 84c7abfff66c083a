import { createHash } from "node:crypto";
import type { BlockMark } from "../ledger/contract.ts";

// How far an answer was sent, told by what its text is up to there. Blanks do not count: the text of a message is joined
// and trimmed in other ways while it grows than when it is complete.

/** The mark of a text sent up to `index`. */
export function markAt(turn: number, text: string, index: number): BlockMark {
  const solid = solidOf(text.slice(0, index));
  return { turn, end: solid.length, digest: digestOf(solid) };
}

/** Whether two texts say the same. */
export const sameText = (one: string, other: string): boolean => solidOf(one) === solidOf(other);

/**
 * Where `text` has to be continued after what the marks say was sent; 0 when they are of another text. Null when
 * the text is `growing` and not yet long enough to tell.
 */
export function sentUpTo(text: string, marks: readonly BlockMark[], growing: boolean): number | null {
  if (marks.length === 0) return 0;
  const solid = solidOf(text);
  if (growing && marks.some(({ end }) => end > solid.length)) return null;
  const best = marks
    .filter(({ end, digest }) => end <= solid.length && digestOf(solid.slice(0, end)) === digest)
    .reduce((most, { end }) => Math.max(most, end), 0);
  return indexOfSolid(text, best);
}

/** Index behind the first `count` characters of `text` that are no blanks. */
function indexOfSolid(text: string, count: number): number {
  let left = count;
  for (let at = 0; at < text.length; at++) {
    if (left === 0) return at;
    if (!blank.test(text.charAt(at))) left -= 1;
  }
  return text.length;
}

const blank = /\s/;
const solidOf = (text: string): string => text.replaceAll(/\s+/g, "");
const digestOf = (text: string): string => createHash("sha256").update(text).digest("base64url").slice(0, 16);
