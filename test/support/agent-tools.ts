import { z } from "zod";
import type { Tool, ToolEffect } from "../../src/agent/index.ts";
import type { Fixture } from "./agent-fixture.ts";

/** Makes a tool; `run` gets the text it was called with. */
export function makeTool(
  name: string,
  effect: ToolEffect,
  run: (text: string, context: Parameters<Tool["run"]>[1]) => Promise<string> | string,
  extra: Partial<Tool> = {},
): Tool {
  const input = z.strictObject({ text: z.string().default("") });
  const groups: Record<ToolEffect, string> = {
    read: "group:web",
    write: "group:fs",
    exec: "group:runtime",
    network: "group:web",
  };
  return {
    name,
    description: `${name} for tests`,
    groups: [groups[effect]],
    effect,
    input,
    async run(value, context) {
      return { content: [{ type: "text", text: await run(input.parse(value).text, context) }] };
    },
    ...extra,
  };
}

/** Writes; answers with the roles the transcript had when it began. */
export function note(fixture: Fixture): Tool {
  return makeTool("note", "write", (text) => {
    const roles = fixture.transcript().map((entry) => entry.role);
    return `noted ${text} after ${roles.join(",")}`;
  });
}

/** Never finishes by itself; stops when told to. */
export function slow(extra: Partial<Tool> = {}): Tool {
  return makeTool(
    "slow",
    "network",
    (_text, { signal }) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve("partial"), { once: true })),
    extra,
  );
}
