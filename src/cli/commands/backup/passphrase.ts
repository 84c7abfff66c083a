import { UsageError, UserError } from "../../../core/errors.ts";
import { Secret } from "../../../core/secret.ts";
import type { CommandContext } from "../../contract.ts";

const variable = "OPENCLAW_BACKUP_PASSPHRASE";
const mostCharacters = 4096;

/** From the environment, without echo from a terminal, or the first line of standard input; never from the command line. */
export async function askPassphrase(context: CommandContext, options: { twice: boolean }): Promise<Secret> {
  const given = context.env[variable];
  if (given) return new Secret(given);
  const { stdin, out } = context;
  if (!stdin.isTTY || !out.isTTY) return new Secret(await firstLine(context));
  const first = await ask(context, "Passphrase");
  if (options.twice && (await ask(context, "The same once more")) !== first)
    throw new UserError("PASSPHRASE_DIFFERENT", "the two passphrases differ; nothing was written", {
      hint: "run the same command again",
    });
  return new Secret(first);
}

async function ask({ signal }: CommandContext, message: string): Promise<string> {
  const { isCancel, password } = await import("@clack/prompts");
  const answer = await password({ message, signal });
  if (isCancel(answer)) throw new UserError("CANCELLED", "nothing was changed");
  return answer;
}

async function firstLine({ stdin }: CommandContext): Promise<string> {
  let text = "";
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.includes("\n") || text.length > mostCharacters) break;
  }
  const line = text.split(/\r?\n/, 1)[0] ?? "";
  if (line === "") {
    throw new UsageError("there is no passphrase on standard input", {
      hint: `run it in a terminal, or give it in ${variable}`,
    });
  }
  return line;
}
