import { textOf, type TranscriptEntry } from "../../../core/conversation.ts";
import type { CommandBody } from "../../contract.ts";
import { ago, count, dateTime, tildePath } from "../../format.ts";
import { flag, integer } from "../../options.ts";
import { printable } from "../../terminal.ts";
import { findSession } from "./find.ts";

export const run: CommandBody = async (context, [key = ""], options) => {
  const { app, paths, env, out, clock } = context;
  const limit = integer(options, "limit", { min: 1, max: 1000, default: 20 });
  const state = await (await app()).openLocalState({ paths, env });
  try {
    const record = await findSession(context, state, key);
    const entries = state.sessions.tail(record.key, limit);
    const transcript = state.sessions.transcriptPath(record.key);
    if (flag(options, "json")) return out.json({ session: record, transcript, entries });
    out.pairs([
      ["Key", record.key],
      ["Session id", record.sessionId],
      ["Label", record.label ?? "-"],
      ["Updated", `${dateTime(record.updatedAt)} (${ago(record.updatedAt, clock.now())})`],
      ["Model", record.model ?? "-"],
      [
        "Tokens",
        `${count(record.usage.total)} (in ${count(record.usage.input)}, out ${count(record.usage.output)})`,
      ],
      ["Transcript", tildePath(transcript, paths.home)],
    ]);
    for (const entry of entries) {
      out.line();
      out.line(out.style.bold(`${entry.role}  ${dateTime(entry.ts)}`));
      for (const line of printable(entryText(entry)).split("\n")) out.line(line);
    }
  } finally {
    await state.close();
  }
};

const maxShown = 2000;

function entryText(entry: TranscriptEntry): string {
  const parts = entry.content.map((block) => {
    if (block.type === "text") return block.text;
    if (block.type === "thinking") return `(thinking: ${block.thinking.length} characters)`;
    if (block.type === "image") return `(image ${block.mimeType}, ${block.bytes} bytes)`;
    if (block.type === "tool_use") return `→ ${block.name} ${JSON.stringify(block.input)}`;
    return `← ${block.is_error ? "failed: " : ""}${textOf(block.content)}`;
  });
  const whole = parts.join("\n");
  return whole.length > maxShown
    ? `${whole.slice(0, maxShown)}\n(… ${whole.length - maxShown} characters more: openclaw sessions export)`
    : whole;
}
