import { UsageError, UserError } from "../../../core/errors.ts";
import { Secret } from "../../../core/secret.ts";
import type { CommandContext } from "../../contract.ts";

const mostBytes = 64 * 1024;

/**
 * A secret typed without echo on a terminal, or all of standard input otherwise. Never from the command line: arguments
 * are visible to every program on the machine.
 */
export async function askSecret(context: CommandContext, question: string): Promise<Secret> {
  if (!isInteractive(context)) return new Secret(await readAll(context, question));
  const { isCancel, password } = await import("@clack/prompts");
  const answer = await password({ message: question, signal: context.signal });
  if (isCancel(answer)) throw cancelled();
  return new Secret(answer.trim());
}

export function isInteractive({ stdin, out }: CommandContext): boolean {
  return stdin.isTTY && out.isTTY;
}

/** One of several; only on a terminal. */
export async function askChoice(
  context: CommandContext,
  ask: { question: string; options: Array<{ value: string; label: string; hint?: string }> },
): Promise<string> {
  const { isCancel, select } = await import("@clack/prompts");
  const answer = await select({ message: ask.question, options: ask.options, signal: context.signal });
  if (isCancel(answer)) throw cancelled();
  return answer;
}

async function readAll({ stdin }: CommandContext, question: string): Promise<string> {
  let text = "";
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > mostBytes)
      throw new UserError("CREDENTIAL_INVALID", "standard input is too long for a key");
  }
  if (text.trim() === "") {
    throw new UsageError(`nothing on standard input (${question})`, {
      hint: "run it in a terminal, or give the secret: openclaw models auth add --provider <id> < key.txt",
    });
  }
  return text.trim();
}

function cancelled(): UserError {
  return new UserError("CANCELLED", "nothing was stored");
}
