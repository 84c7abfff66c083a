import { UserError } from "../../core/errors.ts";
import type { Language } from "../../core/language.ts";
import type { OnboardingDesk } from "../../app/onboarding.ts";
import {
  answer,
  back,
  beginWalk,
  forgetProgress,
  keepProgress,
  problemWith,
  resumeWalk,
  suggestion,
  whereIs,
  type Answers,
  type Section,
  type Sight,
  type Step,
  type Value,
  type Walk,
} from "../../onboarding/index.ts";
import type { CommandContext } from "../contract.ts";
import { printable } from "../terminal.ts";
import { terminalWords, type TerminalWords } from "./words.ts";

const stepBack = Symbol("back");

/** Asks until the last question is confirmed. @throws UserError CANCELLED on Ctrl-C; the way so far is kept. */
export async function askAll(
  context: CommandContext,
  desk: OnboardingDesk,
  how: { preset: Answers; startOver: boolean; language: Language; only?: readonly Section[] },
): Promise<Sight> {
  const { intro, log, outro } = await import("@clack/prompts");
  const { stateDir } = context.paths;
  const words = terminalWords(how.language);
  intro(words.intro);
  const facts = await desk.facts("terminal", how.language);
  if (how.startOver) forgetProgress(stateDir);
  // A few sections are asked quickly: only the whole way is worth going on with later.
  const earlier = how.only ? null : resumeWalk(stateDir, facts);
  if (earlier) log.info(words.resumed);
  let walk: Walk = { ...(earlier ?? beginWalk(facts)), preset: how.preset, only: how.only ?? null };
  for (;;) {
    const { step, sight } = whereIs(walk);
    if (step === null) {
      outro(words.outro);
      return sight;
    }
    const given = await askStep(context, {
      step,
      sight,
      suggested: suggestion(walk, step, sight),
      resumable: !how.only,
      words,
    });
    if (given === stepBack) {
      walk = backToQuestion(walk);
      continue;
    }
    const next = answer(walk, given);
    if ("problem" in next) {
      log.warn(next.problem);
      continue;
    }
    if (step.test && given !== undefined) {
      const verdict = await step.test(given, sight, desk.probes);
      if (verdict.told !== undefined)
        (verdict.is === "fine" ? log.success : log.warn)(printable(verdict.told));
      if (verdict.is === "wrong") continue;
    }
    walk = next.walk;
    if (step.kind !== "note" && !how.only) keepProgress(stateDir, walk);
  }
}

/** Notes are not questions: going back passes over them. */
function backToQuestion(walk: Walk): Walk {
  let at = back(walk);
  while (at.done.length > 0 && whereIs(at).step?.kind === "note") at = back(at);
  return at;
}

async function askStep(
  context: CommandContext,
  ask: {
    step: Step;
    sight: Sight;
    suggested: Value | undefined;
    resumable: boolean;
    words: TerminalWords;
  },
): Promise<Value | undefined | typeof stepBack> {
  const { step, sight, suggested, resumable, words } = ask;
  const prompts = await import("@clack/prompts");
  const text = printable(step.message(sight));
  if (step.kind === "note") {
    prompts.note(text, step.title);
    return undefined;
  }
  // What is to be done is read before the question about it.
  const lines = text.split("\n");
  if (lines.length > 1) prompts.note(lines.slice(0, -1).join("\n"), step.title);
  const message = lines.length > 1 ? (lines.at(-1) ?? step.title) : words.asked(step.title, text);
  const { signal, stdin } = context;
  const validate = (value: Value | undefined) => problemWith(step, value ?? "", sight) ?? undefined;
  let lastKey = "";
  const watch = (_: unknown, key: { name?: string } | undefined) => (lastKey = key?.name ?? "");
  stdin.on("keypress", watch);
  try {
    const given = await put();
    if (typeof given !== "symbol") return given;
    if (lastKey === "escape") return stepBack;
    const hint = { hint: words.goesOn };
    throw new UserError("CANCELLED", words.nothingWritten, resumable ? hint : {});
  } finally {
    stdin.off("keypress", watch);
  }

  function put(): Promise<Value | symbol> {
    const options = (step.choices?.(sight) ?? []).map((choice) => ({
      ...choice,
      label: printable(choice.label),
      ...(choice.hint === undefined ? {} : { hint: printable(choice.hint) }),
    }));
    if (step.kind === "confirm")
      return prompts.confirm({
        message,
        initialValue: suggested === true,
        active: words.yes,
        inactive: words.no,
        signal,
      });
    if (step.kind === "select")
      return prompts.select({
        message: words.one(message),
        options,
        showInstructions: words.libraryKeys,
        signal,
        ...(typeof suggested === "string" ? { initialValue: suggested } : {}),
      });
    if (step.kind === "multiselect")
      return prompts.multiselect({
        message: words.many(message),
        options,
        showInstructions: words.libraryKeys,
        required: false,
        signal,
        initialValues: Array.isArray(suggested) ? suggested : [],
      });
    if (step.sensitive) return prompts.password({ message, validate, signal });
    return prompts.text({
      message,
      validate,
      signal,
      ...(typeof suggested === "string" ? { initialValue: suggested } : {}),
      ...(step.placeholder === undefined ? {} : { placeholder: step.placeholder }),
    });
  }
}
