import { z } from "zod";
import type { Tool } from "../../contract.ts";
import type { ToolServices } from "../services.ts";
import { defineTool, textOutput } from "../../tool-kit/define-tool.ts";
import { formatBytes } from "../../tool-kit/file-type.ts";
import { workspaceOf } from "../../tool-kit/workspace.ts";

const maxChars = 4 * 1024 * 1024;

const input = z.strictObject({
  path: z.string().min(1).describe("File in the workspace; missing folders are made"),
  content: z.string().max(maxChars).describe("The whole new content"),
});

export function writeTool(services: Pick<ToolServices, "rootFor" | "denied">): Tool {
  return defineTool({
    name: "write",
    description: "Create a file of the workspace or replace its whole content. To change a part, use edit.",
    groups: ["group:fs"],
    effect: "write",
    insideSandbox: true,
    input,
    async run({ path, content }, context) {
      const root = await workspaceOf(services, context);
      const { created, bytes } = await root.write(path, content);
      return textOutput(`${created ? "created" : "replaced"} ${root.display(path)} (${formatBytes(bytes)})`);
    },
  });
}
