import { z } from "zod";
import type { Tool } from "../../contract.ts";
import type { ToolServices } from "../services.ts";
import { defineTool, textOutput } from "../../tool-kit/define-tool.ts";
import { matchGlob } from "../../tool-kit/glob.ts";
import { walk } from "../../tool-kit/walk.ts";
import { workspaceOf } from "../../tool-kit/workspace.ts";

const input = z.strictObject({
  pattern: z.string().min(1).max(1000).describe("Glob: *.md finds by name, src/**/*.ts by path"),
  path: z.string().optional().describe("Folder to search in; default the whole workspace"),
  limit: z.int().min(1).max(2000).optional().describe("Most results, default 200"),
  include_ignored: z.boolean().optional().describe("Also look into .git, node_modules and the like"),
});

export function findTool(services: Pick<ToolServices, "rootFor" | "denied">): Tool {
  return defineTool({
    name: "find",
    description: "Find files and folders of the workspace by name or path pattern.",
    groups: ["group:fs"],
    effect: "read",
    insideSandbox: true,
    input,
    async run({ pattern, path = ".", limit = 200, include_ignored = false }, context) {
      const root = await workspaceOf(services, context);
      const start = root.display(path);
      const found: string[] = [];
      const entries = walk(root, path, {
        maxEntries: 100_000,
        maxDepth: 40,
        includeIgnored: include_ignored,
        signal: context.signal,
      });
      let step = await entries.next();
      for (; !step.done && found.length < limit; step = await entries.next()) {
        const { path: at, kind } = step.value;
        const below = start === "." ? at : at.slice(start.length + 1);
        if (matchGlob(pattern, below)) found.push(kind === "directory" ? `${at}/` : at);
      }
      if (!step.done) found.push(`(more may follow: narrow the pattern, or raise limit above ${limit})`);
      else if (!step.value) found.push("(the search stopped at its limits; search a smaller folder)");
      return textOutput(
        found.length > 0 ? found.join("\n") : `nothing matches ${JSON.stringify(pattern)} below ${start}`,
      );
    },
  });
}
