import { z } from "zod";
import { isObject, type JsonObject } from "../../core/json.ts";
import type { RunOptions } from "../../ledger/contract.ts";
import { badRequest } from "./reply.ts";

const maxTools = 128;
const toolName = /^[a-zA-Z0-9_-]{1,64}$/;

const functionShape = z.object({
  name: z.string(),
  description: z.string().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
});

/**
 * Function tools in both spellings: `{type, function: {name, …}}` and the flat `{type, name, …}` of the official
 * client. Kinds of tools only OpenAI itself can run are refused by name.
 */
export function clientToolsOf(tools: unknown): NonNullable<RunOptions["clientTools"]> {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools)) throw badRequest("'tools' must be a list", "tools");
  if (tools.length > maxTools) throw badRequest(`'tools' has more than ${maxTools} entries`, "tools");
  const seen = new Set<string>();
  return tools.map((tool: unknown, index) => {
    const at = `tools[${index}]`;
    if (!isObject(tool) || tool["type"] !== "function") {
      throw badRequest(`${at}: only tools of type "function" can be given; the agent brings its own`, at);
    }
    const read = functionShape.safeParse(isObject(tool["function"]) ? tool["function"] : tool);
    if (!read.success || !toolName.test(read.data.name)) {
      throw badRequest(
        `${at}: a function needs a name of letters, digits, - and _ (at most 64)`,
        `${at}.name`,
      );
    }
    const { name, description, parameters } = read.data;
    if (seen.has(name))
      throw badRequest(`${at}: the name ${JSON.stringify(name)} is given twice`, `${at}.name`);
    seen.add(name);
    return {
      name,
      ...(description ? { description } : {}),
      ...(parameters ? { parameters: parameters as JsonObject } : {}),
    };
  });
}

/** `auto`, `none`, `required`, or one function in either spelling. */
export function toolChoiceOf(choice: unknown): { toolChoice?: NonNullable<RunOptions["toolChoice"]> } {
  if (choice === undefined || choice === null) return {};
  if (choice === "auto" || choice === "none" || choice === "required") return { toolChoice: choice };
  if (isObject(choice) && choice["type"] === "function") {
    const inner = isObject(choice["function"]) ? choice["function"] : choice;
    if (typeof inner["name"] === "string") return { toolChoice: { name: inner["name"] } };
  }
  throw badRequest("'tool_choice' must be auto, none, required or a function", "tool_choice");
}
