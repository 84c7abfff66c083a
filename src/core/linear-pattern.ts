/**
 * Patterns in time linear in the text, whatever the pattern: a stranger chooses the text, and the engine of the language
 * may take for ever on a pattern such as `(a+)+b`. The part of the usual syntax that can be matched so:
 * literals, `.`, classes, `\d \w \s \b`, groups, `|`, `? * +`, `{n,m}` up to 50, `^`, `$`. Case does not matter.
 */
type CharTest = (char: string) => boolean;
type Step =
  | { op: "char"; test: CharTest; next: number }
  | { op: "split"; next: number; other: number }
  | { op: "assert"; kind: "start" | "end" | "boundary" | "inside"; next: number }
  | { op: "match" };

const maxPatternChars = 500;
const maxSteps = 2000;
const maxRepeat = 50;
/** A mention further down a text is not looked for. */
const maxTextChars = 4000;

const isWord: CharTest = (char) => /^[\p{L}\p{N}_]$/u.test(char);
const shorthand: Readonly<Record<string, CharTest>> = {
  d: (char) => char >= "0" && char <= "9",
  w: isWord,
  s: (char) => /^\s$/u.test(char),
};
const controls: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

/** Why a pattern cannot be used. */
export class PatternError extends Error {}

/**
 * Compiles a pattern for {@link compilePattern}'s own matcher.
 * @throws PatternError for syntax that cannot be matched in linear time (look-around, back references) or is broken.
 */
export function compilePattern(source: string): (text: string) => boolean {
  if (source.trim() === "" || source.length > maxPatternChars)
    throw new PatternError(`it is empty or longer than ${maxPatternChars} characters`);
  const steps = parse(Array.from(source));
  return (text) => search(steps, Array.from(text.slice(0, maxTextChars)));
}

/** A fragment whose open ends are filled in by whoever comes next. */
interface Piece {
  start: number;
  ends: Array<(next: number) => void>;
}

function parse(source: readonly string[]): { steps: Step[]; start: number } {
  const steps: Step[] = [];
  let at = 0;
  const add = (step: Step): number => {
    if (steps.length >= maxSteps) throw new PatternError("it is too big");
    return steps.push(step) - 1;
  };
  const char = (test: CharTest): Piece => {
    const step = { op: "char" as const, test, next: -1 };
    return { start: add(step), ends: [(next) => (step.next = next)] };
  };
  const assert = (kind: "start" | "end" | "boundary" | "inside"): Piece => {
    const step = { op: "assert" as const, kind, next: -1 };
    return { start: add(step), ends: [(next) => (step.next = next)] };
  };
  const split = (first: number) => {
    const step = { op: "split" as const, next: first, other: -1 };
    return { step, index: add(step), end: (next: number) => (step.other = next) };
  };
  const join = (piece: Piece, next: number) => {
    for (const end of piece.ends) end(next);
  };
  const nothing = (): Piece => {
    const empty = split(-1);
    return { start: empty.index, ends: [(next) => (empty.step.next = next), empty.end] };
  };

  function alternatives(): Piece {
    const pieces = [sequence()];
    while (source[at] === "|") {
      at++;
      pieces.push(sequence());
    }
    return pieces.reduceRight((rest, piece) => {
      const fork = split(piece.start);
      fork.end(rest.start);
      return { start: fork.index, ends: [...piece.ends, ...rest.ends] };
    });
  }

  function sequence(): Piece {
    const pieces: Piece[] = [];
    while (at < source.length && source[at] !== "|" && source[at] !== ")") pieces.push(repeated());
    if (pieces.length === 0) return nothing();
    return pieces.reduce((before, piece) => {
      join(before, piece.start);
      return { start: before.start, ends: piece.ends };
    });
  }

  function repeated(): Piece {
    const from = at;
    let piece = atom();
    const [min, max] = times();
    if (min === 1 && max === 1) return piece;
    const end = at;
    const again = (): Piece => {
      at = from;
      const copy = atom();
      at = end;
      return copy;
    };
    const pieces: Piece[] = [];
    for (let n = 0; n < min; n++) pieces.push(n === 0 ? piece : again());
    if (max === Number.POSITIVE_INFINITY) {
      const loop = min === 0 ? piece : again();
      const fork = split(loop.start);
      join(loop, fork.index);
      pieces.push({ start: fork.index, ends: [fork.end] });
    } else {
      for (let n = min; n < max; n++) {
        const optional = n === 0 ? piece : again();
        const fork = split(optional.start);
        pieces.push({ start: fork.index, ends: [...optional.ends, fork.end] });
      }
    }
    if (pieces.length === 0) return nothing();
    piece = pieces.reduce((before, next) => {
      join(before, next.start);
      return { start: before.start, ends: next.ends };
    });
    return piece;
  }

  function times(): [min: number, max: number] {
    const mark = source[at];
    let found: [number, number] = [1, 1];
    if (mark === "?" || mark === "*" || mark === "+") {
      at++;
      found = [mark === "+" ? 1 : 0, mark === "?" ? 1 : Number.POSITIVE_INFINITY];
    } else if (mark === "{") {
      const match = /^\{(\d+)(,(\d*))?\}/.exec(source.slice(at, at + 12).join(""));
      if (!match) return found;
      at += match[0].length;
      const min = Number(match[1]);
      const max =
        match[2] === undefined ? min : match[3] === "" ? Number.POSITIVE_INFINITY : Number(match[3]);
      if (min > maxRepeat || (max > maxRepeat && max !== Number.POSITIVE_INFINITY) || max < min)
        throw new PatternError(`{${match[1]}…} repeats more than ${maxRepeat} times or backwards`);
      found = [min, max];
    } else return found;
    // Lazy or not makes no difference to whether it matches.
    if (source[at] === "?") at++;
    if (source[at] === "*" || source[at] === "+") throw new PatternError("nothing to repeat");
    return found;
  }

  function atom(): Piece {
    const mark = source[at++] ?? "";
    if (mark === "(") return group();
    if (mark === "[") return char(charClass());
    if (mark === ".") return char((c) => c !== "\n");
    if (mark === "^") return assert("start");
    if (mark === "$") return assert("end");
    if (mark === "\\") return escaped();
    if (mark === "*" || mark === "+" || mark === "?") throw new PatternError(`nothing before ${mark}`);
    return char(literal(mark));
  }

  function group(): Piece {
    if (source[at] === "?") {
      if (source[at + 1] !== ":") throw new PatternError("only (…) and (?:…) are groups here");
      at += 2;
    }
    const piece = alternatives();
    if (source[at++] !== ")") throw new PatternError("a ( is not closed");
    return piece;
  }

  function escaped(): Piece {
    const mark = source[at++];
    if (mark === undefined) throw new PatternError("it ends with a backslash");
    if (mark === "b") return assert("boundary");
    if (mark === "B") return assert("inside");
    return char(escapedChar(mark));
  }

  function escapedChar(mark: string): CharTest {
    const lower = mark.toLowerCase();
    const known = shorthand[lower];
    if (known) return mark === lower ? known : (c) => !known(c);
    const control = controls[mark];
    if (control !== undefined) return (c) => c === control;
    if (/^[a-z0-9]$/i.test(mark)) throw new PatternError(`\\${mark} is not known here`);
    return literal(mark);
  }

  function charClass(): CharTest {
    const negated = source[at] === "^";
    if (negated) at++;
    const tests: CharTest[] = [];
    while (source[at] !== "]") {
      const first = source[at++];
      if (first === undefined) throw new PatternError("a [ is not closed");
      if (first === "\\") {
        const mark = source[at++];
        if (mark === undefined) throw new PatternError("a [ is not closed");
        tests.push(escapedChar(mark));
        continue;
      }
      const last = source[at + 1];
      if (source[at] === "-" && last !== undefined && last !== "]") {
        at += 2;
        const [low, high] = [first.toLowerCase(), last.toLowerCase()];
        if (high < low) throw new PatternError(`${first}-${last} is the wrong way round`);
        tests.push((c) => c >= low && c <= high);
      } else tests.push(literal(first));
    }
    at++;
    return negated ? (c) => !tests.some((test) => test(c)) : (c) => tests.some((test) => test(c));
  }

  const whole = alternatives();
  if (at < source.length) throw new PatternError("a ) closes nothing");
  join(whole, add({ op: "match" }));
  return { steps, start: whole.start };
}

const literal =
  (wanted: string): CharTest =>
  (char) =>
    char === wanted.toLowerCase();

/** Follows all ways through the pattern at once: every character of the text is looked at once per step. */
function search({ steps, start }: { steps: Step[]; start: number }, text: readonly string[]): boolean {
  const lower = text.map((char) => char.toLowerCase());
  let now = new Set<number>();
  for (let at = 0; at <= lower.length; at++) {
    const here = new Set<number>();
    const stack = [...now, start];
    while (stack.length > 0) {
      const index = stack.pop() ?? 0;
      if (here.has(index)) continue;
      here.add(index);
      const step = steps[index];
      if (!step) continue;
      if (step.op === "match") return true;
      if (step.op === "split") stack.push(step.next, step.other);
      if (step.op === "assert" && holds(step.kind, lower, at)) stack.push(step.next);
    }
    const char = lower[at];
    now = new Set();
    if (char === undefined) break;
    for (const index of here) {
      const step = steps[index];
      if (step?.op === "char" && step.test(char)) now.add(step.next);
    }
  }
  return false;
}

function holds(kind: "start" | "end" | "boundary" | "inside", text: readonly string[], at: number): boolean {
  if (kind === "start") return at === 0;
  if (kind === "end") return at === text.length;
  const wordAt = (index: number) => isWord(text[index] ?? "");
  const isBoundary = wordAt(at - 1) !== wordAt(at);
  return kind === "boundary" ? isBoundary : !isBoundary;
}
