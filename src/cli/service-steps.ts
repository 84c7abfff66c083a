import type { ServiceStep } from "../service/index.ts";
import type { Output } from "./contract.ts";

/** What `--dry-run` shows: the commands and files, in order, and nothing was done. */
export function printSteps(out: Output, steps: readonly ServiceStep[]): void {
  out.line(out.style.bold("Nothing was changed. This would be done:"));
  for (const step of steps) {
    if (step.kind === "command") out.line(`$ ${step.text}`);
    else if (step.kind === "remove") out.line(`remove ${step.path}`);
    else {
      out.line(`write ${step.path} (mode ${step.mode})`);
      for (const line of step.text.trimEnd().split(/\r?\n/)) out.line(out.style.dim(`    ${line}`));
    }
  }
}
