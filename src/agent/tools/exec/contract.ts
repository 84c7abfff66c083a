import { z } from "zod";
import { maxCommandChars } from "../../../sandbox/index.ts";
import type { ToolContext, ToolOutput } from "../../contract.ts";
import { askedHosts } from "./host.ts";

export const execInput = z.strictObject({
  command: z
    .string()
    .min(1)
    .max(maxCommandChars)
    .describe("Command line; pipes and && are fine. Runs in the workspace"),
  cwd: z.string().optional().describe("Folder in the workspace to run in; default its top"),
  env: z
    .record(z.string(), z.string())
    .optional()
    .describe("Environment variables (only names the operator allowed)"),
  stdin: z
    .string()
    .max(1024 * 1024)
    .optional()
    .describe("Text for standard input, which is otherwise closed"),
  timeout: z.number().positive().optional().describe("Seconds until it is stopped"),
  background: z.boolean().optional().describe("Return at once; look after it with the process tool"),
  pty: z.boolean().optional().describe("Run on a terminal, for interactive programs"),
  host: z.enum(askedHosts).optional().describe("Where to run it, when the operator left that open"),
  node: z.string().min(1).max(256).optional().describe("Id or name of the node to run it on"),
});
export type ExecInput = z.infer<typeof execInput>;

/** One kind of place commands run in: decides and asks before the call is journaled, then carries it out. */
export interface ExecBackend {
  /** Null lets the call go on; an output is what the model is told instead. */
  authorize(call: ExecInput, context: ToolContext): Promise<ToolOutput | null>;
  run(call: ExecInput, context: ToolContext): Promise<ToolOutput>;
}
