import { z } from "zod";
import type { Tool } from "../../contract.ts";
import type { ToolServices } from "../services.ts";
import { defineTool, textOutput } from "../../tool-kit/define-tool.ts";
import { formatBytes } from "../../tool-kit/file-type.ts";
import { workspaceOf } from "../../tool-kit/workspace.ts";

const input = z.strictObject({
  path: z.string().optional().describe("Folder in the workspace; default its top"),
  limit: z.int().min(1).max(2000).optional().describe("Most entries, default 300"),
});

export function lsTool(services: Pick<ToolServices, "rootFor" | "denied">): Tool {
  return defineTool({
    name: "ls",
    description: "List a folder of the workspace: folders end in /, files show their size.",
    groups: ["group:fs"],
    effect: "read",
    insideSandbox: true,
    input,
    async run({ path = ".", limit = 300 }, context) {
      const root = await workspaceOf(services, context);
      const { entries, more } = await root.list(path, { limit });
      const folder = root.display(path);
      const lines: string[] = [];
      for (const { name, kind } of entries) {
        if (kind === "directory") lines.push(`${name}/`);
        else if (kind === "link") lines.push(`${name} (link)`);
        else if (kind === "other") lines.push(`${name} (special file)`);
        else {
          // Names made by others may be ones that cannot be opened by name (see RootFs); they are listed all the same.
          const info = await root.stat(folder === "." ? name : `${folder}/${name}`).catch(() => null);
          lines.push(info ? `${name} (${formatBytes(info.size)})` : name);
        }
      }
      if (lines.length === 0) return textOutput(`(${folder} is empty)`);
      if (more) lines.push(`(more entries follow: raise limit above ${limit}, or use find)`);
      return textOutput(lines.join("\n"));
    },
  });
}
