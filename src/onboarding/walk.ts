import { UsageError } from "../core/errors.ts";
import type { Answers, Facts, Section, Sight, Step, Value } from "./contract.ts";
import { stepsFor } from "./steps/index.ts";
import { wordsOf } from "./words/index.ts";

/** Where somebody is in the wizard. Plain data: going on makes a new one. */
export interface Walk {
  facts: Facts;
  /** Given so far; an answer that was gone back over stays as a suggestion. */
  answers: Answers;
  /** Ids of the steps that are behind, in order. */
  done: readonly string[];
  /** Answers that were given with the command: their steps are not asked. */
  preset: Answers;
  /** Only these are asked, and the end; all others keep what is set up. Null asks all. */
  only: readonly Section[] | null;
}

export function beginWalk(facts: Facts, given: Partial<Omit<Walk, "facts">> = {}): Walk {
  return {
    facts,
    answers: given.answers ?? {},
    done: given.done ?? [],
    preset: given.preset ?? {},
    only: given.only ?? null,
  };
}

/**
 * The step to be asked now, null at the end; and what all steps before it come to.
 * @throws UsageError naming the flag of an answer that cannot be one
 */
export function whereIs(walk: Walk): { step: Step | null; sight: Sight } {
  const { facts } = walk;
  const answers: Record<string, Value> = {};
  const sight: Sight = { facts, answers };
  for (const step of stepsFor(facts)) {
    if (step.when && !step.when(sight)) continue;
    const preset = walk.preset[step.id];
    if (preset !== undefined) {
      answers[step.id] = fitting(step, preset, sight);
      continue;
    }
    const answered = walk.done.includes(step.id);
    const skipped =
      walk.only === null
        ? step.advanced === true && answers["flow"] !== "advanced"
        : step.section !== "finish" && !walk.only.includes(step.section);
    if (!answered && !skipped) return { step, sight };
    if (step.kind === "note") continue;
    // What is not asked about stays as it is set up, whatever would be suggested to somebody who is asked.
    if (!answered && walk.only !== null && step.section !== "start") continue;
    const value = answered ? usable(step, walk.answers[step.id], sight) : undefined;
    const taken = value ?? step.initial?.(sight);
    if (taken !== undefined) answers[step.id] = taken;
  }
  return { step: null, sight };
}

function fitting(step: Step, value: Value, sight: Sight): Value {
  const problem = problemWith(step, value, sight);
  if (problem === null) return typeof value === "string" ? value.trim() : value;
  const quoted = step.sensitive || typeof value === "boolean" ? "" : ` ${JSON.stringify(value)}`;
  throw new UsageError(`${step.flag ?? step.id}${quoted}: ${problem}`, { hint: "openclaw onboard --help" });
}

/** What the step suggests: what was answered before, else its initial value. */
export function suggestion(walk: Walk, step: Step, sight: Sight): Value | undefined {
  return usable(step, walk.answers[step.id], sight) ?? step.initial?.(sight);
}

/** Goes over the step that is asked now. `problem` says why the answer is none. */
export function answer(walk: Walk, value: Value | undefined): { walk: Walk } | { problem: string } {
  const { step, sight } = whereIs(walk);
  const { problems } = wordsOf(walk.facts);
  if (!step) return { problem: problems.nothingLeft };
  if (step.kind === "note") return { walk: { ...walk, done: [...walk.done, step.id] } };
  const wanted = value ?? suggestion(walk, step, sight);
  const problem = wanted === undefined ? problems.answerNeeded : problemWith(step, wanted, sight);
  if (problem !== null || wanted === undefined) return { problem: problem ?? "" };
  const kept = typeof wanted === "string" ? wanted.trim() : wanted;
  return {
    walk: { ...walk, answers: { ...walk.answers, [step.id]: kept }, done: [...walk.done, step.id] },
  };
}

/** One step back; the same walk at the beginning. */
export function back(walk: Walk): Walk {
  return backTo(walk, walk.done.at(-1) ?? "");
}

/** Back to a step that is behind. */
export function backTo(walk: Walk, id: string): Walk {
  const at = walk.done.indexOf(id);
  return at < 0 ? walk : { ...walk, done: walk.done.slice(0, at) };
}

/** Why a value is no answer to the step; null when it is one. */
export function problemWith(step: Step, value: Value, sight: Sight): string | null {
  const kind = kindProblem(step, value, sight);
  return kind ?? step.validate?.(typeof value === "string" ? value.trim() : value, sight) ?? null;
}

function kindProblem(step: Step, value: Value, sight: Sight): string | null {
  const { problems } = wordsOf(sight.facts);
  if (step.kind === "confirm") return typeof value === "boolean" ? null : problems.yesOrNo;
  if (step.kind === "text") {
    if (typeof value !== "string") return problems.textNeeded;
    if (value.trim() === "" && !step.optional) return problems.answerNeeded;
    return value.length > 8_192 || /[\u0000-\u0008\u000a-\u001f\u007f]/.test(value.trim())
      ? problems.badText
      : null;
  }
  const allowed = (step.choices?.(sight) ?? []).map((choice) => choice.value);
  const given = step.kind === "select" ? [value] : value;
  if (!Array.isArray(given)) return problems.listNeeded;
  const odd = given.find((each) => typeof each !== "string" || !allowed.includes(each));
  return odd === undefined ? null : problems.notOneOf(JSON.stringify(odd), allowed.join(", "));
}

/** An answer of another run may not fit any more: the server is off, the channel is gone. */
function usable(step: Step, value: Value | undefined, sight: Sight): Value | undefined {
  return value !== undefined && problemWith(step, value, sight) === null ? value : undefined;
}
