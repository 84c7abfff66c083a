import { z } from "zod";
import type { Memory } from "../../../memory/index.ts";
import type { Tool, ToolContext } from "../../contract.ts";
import type { ToolServices } from "../services.ts";
import { defineTool, textOutput } from "../../tool-kit/define-tool.ts";

type MemoryServices = { memory: NonNullable<ToolServices["memory"]> };

const saveInput = z.strictObject({
  text: z.string().min(1).max(4000).describe("One fact, in a sentence that will make sense months from now"),
});
const searchInput = z.strictObject({
  query: z.string().min(1).max(1000).describe("Words to look for"),
  limit: z.int().min(1).max(30).optional().describe("Most results, default 6"),
});
const getInput = z.strictObject({
  path: z.string().min(1).describe("MEMORY.md or a file in memory/"),
  from: z.int().min(1).optional().describe("First line, from 1"),
  lines: z.int().min(1).max(1000).optional().describe("Number of lines, default 200"),
});

const maxHitChars = 1200;

/** memory_save, memory_search and memory_get (AGENT-015). */
export function memoryTools(services: MemoryServices): Tool[] {
  const of = async (context: ToolContext): Promise<Memory> => await services.memory(context.agentId);
  return [
    defineTool({
      name: "memory_save",
      description: "Remember a fact for later conversations: it is added to MEMORY.md with today's date.",
      groups: ["group:memory"],
      effect: "write",
      input: saveInput,
      async run({ text }, context) {
        const { path, line, added } = await (await of(context)).save(text);
        return textOutput(
          added ? `remembered in ${path}, line ${line}` : `already known (${path}, line ${line})`,
        );
      },
    }),
    defineTool({
      name: "memory_search",
      description:
        "Search what was remembered (MEMORY.md and memory/*.md). Use it before saying that something is not known.",
      groups: ["group:memory"],
      effect: "read",
      input: searchInput,
      async run({ query, limit = 6 }, context) {
        const hits = await (await of(context)).search(query, { limit });
        if (hits.length === 0) return textOutput(`nothing remembered matches ${JSON.stringify(query)}`);
        return textOutput(
          hits
            .map(({ path, startLine, endLine, text }) => {
              const cut =
                text.length > maxHitChars
                  ? `${text.slice(0, maxHitChars)}… (memory_get shows the rest)`
                  : text;
              return `${path}:${startLine}-${endLine}\n${cut}`;
            })
            .join("\n\n"),
          { hits: hits.length },
        );
      },
    }),
    defineTool({
      name: "memory_get",
      description: "Read lines of a memory file found by memory_search.",
      groups: ["group:memory"],
      effect: "read",
      input: getInput,
      async run({ path, from = 1, lines = 200 }, context) {
        const part = await (await of(context)).get(path, { from, lines });
        const text = part.text || "(empty)";
        return textOutput(part.more ? `${text}\n(more follows from line ${from + lines})` : text);
      },
    }),
  ];
}
