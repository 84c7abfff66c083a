import { UserError } from "../../../core/errors.ts";
import { outcomeReasons } from "../../../core/outcome.ts";
import type { LocalState } from "../../../app/contract.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { count, dateTime } from "../../format.ts";
import { flag } from "../../options.ts";
import { printableLine, truncate } from "../../terminal.ts";

type Record = ReturnType<LocalState["why"]>;

export const run: CommandBody = async (context, [id = ""], options) => {
  const { app, paths, env, out } = context;
  const state = await (await app()).openLocalState({ paths, env });
  try {
    const record = candidatesOf(id)
      .map((subject) => state.why(subject))
      .find((found) => !isEmpty(found));
    if (!record) {
      throw new UserError("UNKNOWN_SUBJECT", `nothing is recorded about ${JSON.stringify(id)}`, {
        hint: "ids are in `openclaw logs`, in --json answers, and session keys in `openclaw sessions list`",
      });
    }
    if (flag(options, "json")) return out.json(record);
    printRecord(context, record);
  } finally {
    await state.close();
  }
};

/** What people call a conversation: `main` is `agent:main:main`, `telegram:123` a sender or group of a channel. */
function candidatesOf(id: string): string[] {
  if (!id.includes(":")) return [id, `agent:main:${id}`];
  if (!/^[\w-]+:[^:]+$/.test(id)) return [id];
  const [channel, peer] = id.split(":");
  return [id, `agent:main:${channel}:dm:${peer}`, `agent:main:${channel}:group:${peer}`];
}

function isEmpty(record: Record): boolean {
  const { messages, run: ended, steps, deliveries, trace } = record;
  return messages.length + steps.length + deliveries.length + trace.length === 0 && ended === null;
}

function printRecord({ out }: CommandContext, record: Record): void {
  for (const message of record.messages) {
    const meaning = message.outcome ? outcomeReasons[message.outcome] : "it waits or is being answered";
    out.line(out.style.bold(`Message ${message.runId}`));
    out.pairs([
      ["  Received", `${dateTime(message.receivedAt)} by ${message.door}`],
      ["  Session", message.sessionKey],
      ["  Text", truncate(printableLine(message.text), 100)],
      ["  State", message.state],
      ["  Outcome", `${message.outcome ?? "none yet"}: ${meaning}`],
      ...(message.outcomeDetail ? [["  Because", message.outcomeDetail] as [string, string]] : []),
      ...(message.takenByRunId && message.takenByRunId !== message.runId
        ? [["  Answered by", message.takenByRunId] as [string, string]]
        : []),
    ]);
  }
  if (record.run) {
    const { run: ended } = record;
    out.line(out.style.bold(`Run ${ended.runId}`));
    out.pairs([
      ["  Status", `${ended.status} (${ended.reason}: ${outcomeReasons[ended.reason]})`],
      ["  Model", ended.model ? `${ended.provider ?? "?"}/${ended.model}` : "-"],
      ["  Took", `${count(ended.endedAt - ended.startedAt)} ms`],
      ["  Tokens", `${count(ended.usage.input)} in, ${count(ended.usage.output)} out`],
      ...(ended.error
        ? [["  Error", `${ended.error.code}: ${ended.error.message}`] as [string, string]]
        : []),
    ]);
  }
  for (const step of record.steps)
    out.line(`Tool ${step.name} (${step.effect}) ${step.state} at ${dateTime(step.startedAt)}`);
  for (const delivery of record.deliveries) {
    const error = delivery.lastError ? `: ${delivery.lastError}` : "";
    out.line(
      `Delivery ${delivery.key} to ${delivery.target.channel}:${delivery.target.to} ${delivery.state} after ${delivery.attempts} attempts${error}`,
    );
  }
  for (const row of record.trace)
    out.line(`${dateTime(row.at)}  ${row.stage}  ${row.rule}${row.detail ? `  ${row.detail}` : ""}`);
}
