import { isObject, type JsonObject } from "../core/json.ts";
import type { RunOptions } from "../ledger/contract.ts";
import type { ToolSpec } from "../models/contract.ts";
import type { Tool } from "./contract.ts";

/** Tools as models are told about them. */
export type ToolSpecSource = (tools: readonly Tool[]) => Promise<ToolSpec[]>;

/** Makes the schema of each tool object once and keeps it as long as the tool lives. */
export function createToolSpecSource(): ToolSpecSource {
  const specs = new WeakMap<Tool, ToolSpec>();
  return async (tools) => {
    if (tools.every((tool) => specs.has(tool))) return tools.flatMap((tool) => specs.get(tool) ?? []);
    // By this name: `z` would bring every language zod speaks, 300 kB at the first turn.
    const { toJSONSchema } = await import("zod");
    return tools.map((tool) => {
      const known = specs.get(tool);
      if (known) return known;
      const { $schema: _, ...inputSchema } = toJSONSchema(tool.input, {
        io: "input",
        unrepresentable: "any",
      }) as JsonObject;
      const spec = { name: tool.name, description: tool.description, inputSchema };
      specs.set(tool, spec);
      return spec;
    });
  };
}

type ClientTool = NonNullable<RunOptions["clientTools"]>[number];

/** A tool the HTTP client runs itself. */
export function specOfClientTool(tool: ClientTool): ToolSpec {
  const inputSchema = isObject(tool.parameters) ? tool.parameters : { type: "object", properties: {} };
  return { name: tool.name, description: tool.description ?? "", inputSchema };
}
