import { messageOf, OpenClawError } from "../../core/errors.ts";
import type { Tool, ToolContext, ToolOutput } from "../contract.ts";

/** Text as a tool result. */
export function textOutput(text: string, details?: Record<string, unknown>): ToolOutput {
  return { content: [{ type: "text", text }], ...(details ? { details } : {}) };
}

/** A failure the model can act on. */
export function errorOutput(text: string): ToolOutput {
  return { content: [{ type: "text", text }], isError: true };
}

/** What the model reads when a call failed: what happened, and what to do about it. */
export function describeFailure(error: OpenClawError): string {
  return error.hint ? `${error.message}\n${error.hint}` : error.message;
}

/**
 * A tool whose expected failures (our own error classes, refusals of the operating system) become results the model
 * can read. Aborts and bugs pass through.
 */
export function defineTool<I>(tool: Tool<I>): Tool {
  return {
    ...tool,
    async run(input: unknown, context: ToolContext) {
      try {
        return await tool.run(input as I, context);
      } catch (error) {
        if (context.signal.aborted) throw error;
        if (error instanceof OpenClawError) return errorOutput(describeFailure(error));
        if (isSystemError(error)) return errorOutput(`the system refused: ${messageOf(error)}`);
        throw error;
      }
    },
  };
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && typeof (error as { syscall?: unknown }).syscall === "string";
}
