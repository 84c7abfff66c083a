import { UsageError } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { allDefinitions } from "../../registry.ts";
import { completionScript, shells, wordTable } from "./scripts.ts";

export const run: CommandBody = async ({ out, env }, [given]) => {
  const wanted = given ?? env.SHELL?.split("/").at(-1) ?? "bash";
  const shell = shells.find((name) => name === wanted);
  if (!shell) {
    throw new UsageError(`there is no completion for ${JSON.stringify(wanted)}`, {
      hint: `one of ${shells.join(", ")}, e.g. \`openclaw completion bash\``,
    });
  }
  out.write(completionScript(shell, wordTable(await allDefinitions())));
};
