import { z } from "zod";
import type { RootFs } from "../../../guard/index.ts";
import type { Tool } from "../../contract.ts";
import type { ToolServices } from "../services.ts";
import { defineTool, textOutput } from "../../tool-kit/define-tool.ts";
import { binaryType } from "../../tool-kit/file-type.ts";
import { matchGlob } from "../../tool-kit/glob.ts";
import { walk } from "../../tool-kit/walk.ts";
import { workspaceOf } from "../../tool-kit/workspace.ts";
import { literalMatcher, type LineMatcher } from "./literal.ts";

const maxFileBytes = 2 * 1024 * 1024;
const maxTotalBytes = 128 * 1024 * 1024;
const maxLineLength = 300;
const regexTimeoutMs = 2000;

const input = z.strictObject({
  pattern: z.string().min(1).max(1000).describe("Text to look for, taken literally unless regex is set"),
  path: z.string().optional().describe("File or folder to search in; default the whole workspace"),
  glob: z.string().max(1000).optional().describe("Only files that match, e.g. *.ts"),
  regex: z.boolean().optional().describe("Take the pattern as a JavaScript regular expression"),
  ignore_case: z.boolean().optional(),
  context: z.int().min(0).max(10).optional().describe("Lines to show before and after each match"),
  limit: z.int().min(1).max(1000).optional().describe("Most matching lines, default 100"),
  include_ignored: z.boolean().optional().describe("Also look into .git, node_modules and the like"),
});

export function grepTool(services: Pick<ToolServices, "rootFor" | "denied" | "clock">): Tool {
  return defineTool({
    name: "grep",
    description: "Search the text of workspace files. Shows path:line: text.",
    groups: ["group:fs"],
    effect: "read",
    insideSandbox: true,
    input,
    async run(options, context) {
      const { pattern, path = ".", regex = false, ignore_case: ignoreCase = false, limit = 100 } = options;
      const root = await workspaceOf(services, context);
      await using matcher: LineMatcher = regex
        ? await (
            await import("./regex-worker.ts")
          ).regexMatcher(pattern, { ignoreCase, timeoutMs: regexTimeoutMs, clock: services.clock })
        : literalMatcher(pattern, ignoreCase);
      const lines: string[] = [];
      let matches = 0;
      let skippedLarge = 0;
      let budget = maxTotalBytes;
      const search = async (file: string) => {
        const found = await textFor(root, file);
        if (found === "large") skippedLarge++;
        if (found === "large" || found === null) return;
        const { text } = found;
        budget -= text.length;
        const hits = await matcher.match(text, limit - matches);
        matches += hits.length;
        lines.push(...show(file, text.split("\n"), hits, options.context ?? 0));
      };
      const info = await root.stat(path);
      let complete = true;
      if (info?.kind === "file") await search(root.display(path));
      else {
        const limits = {
          maxEntries: 100_000,
          maxDepth: 40,
          includeIgnored: options.include_ignored ?? false,
          signal: context.signal,
        };
        const entries = walk(root, path, limits);
        let step = await entries.next();
        for (; !step.done && matches < limit && budget > 0; step = await entries.next()) {
          const at = step.value.path;
          if (step.value.kind === "file" && (!options.glob || matchGlob(options.glob, at))) await search(at);
        }
        complete = step.done === true && step.value;
      }
      if (matches === 0) lines.push(`no line contains ${JSON.stringify(pattern)}`);
      if (matches >= limit) lines.push(`(stopped at ${limit} matches; narrow the search or raise limit)`);
      else if (!complete) lines.push("(not everything was searched; name a smaller folder)");
      if (skippedLarge > 0) lines.push(`(${skippedLarge} files over 2 MB were skipped)`);
      return textOutput(lines.join("\n"));
    },
  });
}

/** The text of a file; null for binary and unreadable ones, which a search passes over. */
async function textFor(root: RootFs, file: string): Promise<{ text: string } | "large" | null> {
  const read = await root.read(file, { length: maxFileBytes }).catch(() => null);
  if (!read) return null;
  if (read.size > maxFileBytes) return "large";
  return binaryType(read.bytes.subarray(0, 8192)) ? null : { text: new TextDecoder().decode(read.bytes) };
}

function show(file: string, lines: string[], hits: number[], context: number): string[] {
  const wanted = new Map<number, string>();
  for (const hit of hits) {
    for (let at = Math.max(0, hit - context); at <= Math.min(lines.length - 1, hit + context); at++) {
      if (!wanted.has(at) || at === hit) wanted.set(at, at === hit ? ":" : "-");
    }
  }
  return [...wanted.keys()]
    .sort((a, b) => a - b)
    .map((at) => {
      const mark = wanted.get(at) ?? ":";
      const line = (lines[at] ?? "").trimEnd();
      return `${file}${mark}${at + 1}${mark} ${line.length > maxLineLength ? `${line.slice(0, maxLineLength)}…` : line}`;
    });
}
