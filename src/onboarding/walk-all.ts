import { UsageError, UserError } from "../core/errors.ts";
import type { Answers, Facts, Probes, Sight } from "./contract.ts";
import { stepsFor } from "./steps/index.ts";
import { answer, beginWalk, whereIs } from "./walk.ts";

/**
 * Walks to the end without asking: what was given, else the initial value of each step. Then tries what was chosen.
 * @throws UsageError naming the flag a needed answer is missing from; UserError CREDENTIAL_INVALID for a given key that
 *   the provider refuses. `notes` is what else is to be told.
 */
export async function walkAll(
  facts: Facts,
  preset: Answers,
  probes: Probes,
): Promise<{ sight: Sight; notes: string[] }> {
  let walk = beginWalk(facts, { preset });
  for (;;) {
    const { step, sight } = whereIs(walk);
    if (!step) return { sight, notes: await tried(sight, preset, probes) };
    const next = answer(walk, undefined);
    if ("problem" in next)
      throw new UsageError(`${step.flag ?? step.id} is missing: ${next.problem}`, {
        hint: "openclaw onboard --help",
      });
    walk = next.walk;
  }
}

async function tried(sight: Sight, preset: Answers, probes: Probes): Promise<string[]> {
  const notes: string[] = [];
  for (const step of stepsFor(sight.facts)) {
    const value = sight.answers[step.id];
    if (!step.test || value === undefined) continue;
    const verdict = await step.test(value, sight, probes);
    if (verdict.is === "wrong" && step.id in preset)
      throw new UserError("CREDENTIAL_INVALID", verdict.told, {
        hint: `give another with ${step.flag ?? step.id}`,
      });
    if (verdict.told !== undefined && verdict.is !== "fine") notes.push(verdict.told);
  }
  return notes;
}
