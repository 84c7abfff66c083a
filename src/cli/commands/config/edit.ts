import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { codeOf, messageOf, UserError } from "../../../core/errors.ts";
import { writeFileAtomic } from "../../../state/index.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { noteFor, whenItCounts } from "../../config-changes.ts";

/** The editor gets a copy: a half-written or wrong text never becomes the file. What was refused is kept and named. */
export const run: CommandBody = async (context) => {
  const { out, paths } = context;
  const store = await context.openConfig();
  const before = store.read();
  const copy = join(paths.stateDir, `config-edit-${process.pid}.json5`);
  writeFileAtomic(copy, before.raw ?? "{\n}\n");
  await openEditor(context, copy);
  const text = readFileSync(copy, "utf8");
  if (text === (before.raw ?? "{\n}\n")) {
    rmSync(copy, { force: true });
    return out.line("Nothing changed.");
  }
  try {
    store.replace(text, { ...noteFor("config edit"), baseHash: before.hash });
  } catch (error) {
    throw new UserError(codeOf(error) ?? "CONFIG_INVALID", messageOf(error), {
      hint: `nothing was saved; your text is in ${copy}`,
      cause: error,
    });
  }
  rmSync(copy, { force: true });
  out.line(`Saved ${store.path}`);
  const when = await whenItCounts(context, { before: before.parsed, after: store.read().parsed });
  if (when) out.note(when);
};

function openEditor({ env, signal }: CommandContext, path: string): Promise<void> {
  const [program = "vi", ...args] = (env["VISUAL"] ?? env["EDITOR"] ?? "vi").trim().split(/\s+/);
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, path], { stdio: "inherit", signal, shell: false });
    const failed = (why: string, cause?: unknown) =>
      reject(
        new UserError("EDITOR_FAILED", `the editor ${JSON.stringify(program)} ${why}`, {
          hint: "set EDITOR to an editor that is installed, e.g. EDITOR=nano openclaw config edit",
          cause,
        }),
      );
    child.once("error", (error) => failed(`could not be started: ${messageOf(error)}`, error));
    child.once("exit", (code) => (code === 0 ? resolve() : failed(`ended with status ${code ?? "unknown"}`)));
  });
}
