import { createInterface } from "node:readline/promises";
import { UsageError, UserError } from "../core/errors.ts";
import type { CommandContext } from "./contract.ts";

/** Asks before something that cannot be undone. @throws UsageError where nobody can answer and `yes` was not given. */
export async function confirm(
  { out, stdin, signal }: CommandContext,
  ask: { question: string; yes: boolean; /** Why somebody has to be asked. */ because?: string },
): Promise<void> {
  if (ask.yes) return;
  if (!out.isTTY || !stdin.isTTY) {
    const because = ask.because ?? "this cannot be undone";
    throw new UsageError(`${because} and nobody is here to confirm it`, { hint: "add --yes" });
  }
  const lines = createInterface({ input: stdin, output: process.stderr, terminal: true });
  try {
    const answer = await lines.question(`${ask.question} [y/N] `, { signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw new UserError("CANCELLED", "nothing was changed");
  } finally {
    lines.close();
  }
}
