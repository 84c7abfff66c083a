import { z } from "zod";
import { messageOf, UserError } from "../../../core/errors.ts";
import type { RootFs } from "../../../guard/index.ts";
import type { Tool } from "../../contract.ts";
import type { ToolServices } from "../services.ts";
import { defineTool, textOutput } from "../../tool-kit/define-tool.ts";
import { readText } from "../../tool-kit/text-file.ts";
import { workspaceOf } from "../../tool-kit/workspace.ts";
import { applyHunks } from "./apply.ts";
import { parsePatch, type PatchOperation } from "./parse.ts";

const input = z.strictObject({
  patch: z
    .string()
    .min(1)
    .max(4 * 1024 * 1024)
    .describe(
      "*** Begin Patch … *** End Patch with Add File, Update File (optionally Move to), Delete File sections",
    ),
});

type Step =
  | { kind: "write"; path: string; text: string; mustNotExist: boolean }
  | { kind: "remove"; path: string };

export function applyPatchTool(services: Pick<ToolServices, "rootFor" | "denied">): Tool {
  return defineTool({
    name: "apply_patch",
    description:
      "Change several workspace files at once with a patch. Everything is checked before anything is written.",
    groups: ["group:fs"],
    effect: "write",
    insideSandbox: true,
    input,
    async run({ patch }, context) {
      const operations = parsePatch(patch);
      const root = await workspaceOf(services, context);
      const steps = (await Promise.all(operations.map((operation) => plan(root, operation)))).flat();
      const targets = steps.map((step) => root.display(step.path));
      const twice = targets.find((path, index) => targets.indexOf(path) !== index);
      if (twice !== undefined) {
        throw new UserError("PATCH_INVALID", `${twice} appears twice in the patch; nothing was changed`, {
          hint: "put all changes of one file into one Update File section",
        });
      }
      const done: string[] = [];
      for (const step of steps) {
        try {
          if (step.kind === "remove") await root.remove(step.path);
          else await root.write(step.path, step.text, { mustNotExist: step.mustNotExist });
        } catch (error) {
          const so =
            done.length > 0
              ? `these were changed before it failed: ${done.join(", ")}`
              : "nothing was changed";
          throw new UserError(
            "PATCH_FAILED",
            `${step.path} could not be changed: ${messageOf(error)}; ${so}`,
            { cause: error },
          );
        }
        done.push(step.path);
      }
      return textOutput(operations.map(describe).join("\n"));
    },
  });
}

async function plan(root: RootFs, operation: PatchOperation): Promise<Step[]> {
  const { path } = operation;
  const mustBeFree = async (free: string) => {
    if (await root.stat(free))
      throw new UserError("PATH_EXISTS", `${free} exists already; nothing was changed`);
  };
  if (operation.kind === "add") {
    await mustBeFree(path);
    return [{ kind: "write", path, text: operation.content, mustNotExist: true }];
  }
  if (operation.kind === "delete") {
    if ((await root.stat(path))?.kind !== "file") {
      throw new UserError("PATH_NOT_FOUND", `${path} is not a file; nothing was changed`);
    }
    return [{ kind: "remove", path }];
  }
  const text = applyHunks(await readText(root, path), operation.hunks, path);
  if (operation.moveTo === null) return [{ kind: "write", path, text, mustNotExist: false }];
  await mustBeFree(operation.moveTo);
  return [
    { kind: "write", path: operation.moveTo, text, mustNotExist: true },
    { kind: "remove", path },
  ];
}

function describe(operation: PatchOperation): string {
  if (operation.kind === "add") return `created ${operation.path}`;
  if (operation.kind === "delete") return `deleted ${operation.path}`;
  return operation.moveTo === null
    ? `changed ${operation.path}`
    : `changed ${operation.path}, now ${operation.moveTo}`;
}
