import { open } from "node:fs/promises";
import { textOf, type TranscriptEntry } from "../../../core/conversation.ts";
import { UserError, codeOf } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { printable } from "../../terminal.ts";
import { findSession } from "./find.ts";

export const run: CommandBody = async (context, [key = ""], options) => {
  const { app, paths, env, out, signal } = context;
  const markdown = text(options, "format") !== "jsonl";
  const path = text(options, "output");
  const withSuperseded = flag(options, "superseded");
  const state = await (await app()).openLocalState({ paths, env });
  try {
    const record = await findSession(context, state, key);
    const sink = path === undefined ? null : await openNew(path);
    const write = async (chunk: string) => {
      if (sink) await sink.write(chunk);
      else out.write(out.isTTY ? printable(chunk) : chunk);
    };
    let entries = 0;
    try {
      if (markdown) await write(`# Conversation ${record.key}\n`);
      for await (const { entry, isSuperseded } of state.sessions.everything(record.key)) {
        signal.throwIfAborted();
        if (isSuperseded && !withSuperseded) continue;
        entries++;
        const marked = isSuperseded ? { ...entry, superseded: true } : entry;
        await write(markdown ? asMarkdown(entry, isSuperseded) : `${JSON.stringify(marked)}\n`);
      }
    } finally {
      await sink?.close();
    }
    if (path !== undefined) out.note(`Wrote ${entries} entries to ${path}`);
  } finally {
    await state.close();
  }
};

/** A conversation is private, and a file that is there already is somebody's. */
async function openNew(path: string) {
  try {
    return await open(path, "wx", 0o600);
  } catch (cause) {
    if (codeOf(cause) !== "EEXIST") throw cause;
    throw new UserError("FILE_EXISTS", `${JSON.stringify(path)} exists already`, {
      hint: "give another name; nothing was overwritten",
      cause,
    });
  }
}

function asMarkdown(entry: TranscriptEntry, isSuperseded: boolean): string {
  const when = new Date(entry.ts).toISOString();
  const parts = entry.content.flatMap((block) => {
    if (block.type === "text") return [block.text];
    if (block.type === "image") return [`*(image ${block.mimeType}, sha256 ${block.digest})*`];
    if (block.type === "tool_use") return [fenced(`${block.name} ${JSON.stringify(block.input, null, 2)}`)];
    if (block.type === "tool_result") return [fenced(textOf(block.content))];
    return [];
  });
  return parts.length === 0
    ? ""
    : `\n## ${entry.role}, ${when}${isSuperseded ? " (superseded)" : ""}\n\n${parts.join("\n\n")}\n`;
}

/** A code fence longer than any run of backticks inside. */
function fenced(body: string): string {
  const longest = Math.max(2, ...[...body.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${body}\n${fence}`;
}
