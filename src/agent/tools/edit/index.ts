import { z } from "zod";
import { UserError } from "../../../core/errors.ts";
import type { Tool } from "../../contract.ts";
import type { ToolServices } from "../services.ts";
import { defineTool, textOutput } from "../../tool-kit/define-tool.ts";
import { lineAt, readText } from "../../tool-kit/text-file.ts";
import { workspaceOf } from "../../tool-kit/workspace.ts";

const input = z.strictObject({
  path: z.string().min(1).describe("File in the workspace"),
  old_text: z
    .string()
    .min(1)
    .describe("Text to replace, exactly as in the file; must occur once unless replace_all"),
  new_text: z.string().describe("Text to put there"),
  replace_all: z.boolean().optional().describe("Replace every occurrence"),
});

/**
 * Replaces exact text.
 * @throws UserError EDIT_NO_MATCH, EDIT_AMBIGUOUS, EDIT_NO_CHANGE
 */
function replaceExact(
  text: string,
  change: { oldText: string; newText: string; all: boolean; path: string },
): { text: string; lines: number[] } {
  const { path, all } = change;
  if (change.oldText === change.newText) {
    throw new UserError("EDIT_NO_CHANGE", "old_text and new_text are the same; nothing was changed");
  }
  // Models write \n; a file with Windows line ends keeps them.
  const crlf = text.includes("\r\n") && !change.oldText.includes("\r\n");
  const oldText = crlf ? change.oldText.replaceAll("\n", "\r\n") : change.oldText;
  const newText = crlf ? change.newText.replaceAll(/\r?\n/g, "\r\n") : change.newText;
  const found: number[] = [];
  for (let at = text.indexOf(oldText); at !== -1; at = text.indexOf(oldText, at + oldText.length))
    found.push(at);
  if (found.length === 0) {
    throw new UserError("EDIT_NO_MATCH", `old_text does not occur in ${path}; nothing was changed`, {
      hint: "read the file again and copy the text exactly, with its spaces and line breaks, without line numbers",
    });
  }
  if (found.length > 1 && !all) {
    const lines = found
      .slice(0, 10)
      .map((at) => lineAt(text, at))
      .join(", ");
    throw new UserError(
      "EDIT_AMBIGUOUS",
      `old_text occurs ${found.length} times in ${path} (lines ${lines}); nothing was changed`,
      {
        hint: "include more surrounding lines so that it occurs once, or set replace_all",
      },
    );
  }
  return { text: text.split(oldText).join(newText), lines: found.map((at) => lineAt(text, at)) };
}

export function editTool(services: Pick<ToolServices, "rootFor" | "denied">): Tool {
  return defineTool({
    name: "edit",
    description:
      "Replace exact text in a file of the workspace. old_text must match byte for byte and occur once.",
    groups: ["group:fs"],
    effect: "write",
    insideSandbox: true,
    input,
    async run({ path, old_text, new_text, replace_all = false }, context) {
      const root = await workspaceOf(services, context);
      const before = await readText(root, path);
      const after = replaceExact(before, { oldText: old_text, newText: new_text, all: replace_all, path });
      await root.write(path, after.text);
      const where = after.lines.length === 1 ? `line ${after.lines[0]}` : `${after.lines.length} places`;
      return textOutput(`changed ${root.display(path)} at ${where}`);
    },
  });
}
