import { uuid } from "../../../core/ids.ts";
import { isObject } from "../../../core/json.ts";
import { UsageError } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { flag, integer, text } from "../../options.ts";
import { findNode, whilePeopleAnswer } from "./nodes.ts";

/** The status a shell gives a command that could not be run to its end. */
const notFinished = 124;

export const run: CommandBody = async (context, [typed = "", ...command], options) => {
  const { out } = context;
  const seconds = integer(options, "timeout", { min: 1, max: 600, default: 60 });
  const timeoutMs = seconds * 1000;
  const cwd = text(options, "cwd");
  const env = variables(options.env);
  const client = await context.connect();
  try {
    const nodeId = await findNode(client, typed);
    const params = { command, ...(cwd === undefined ? {} : { cwd }), ...(env ? { env } : {}) };
    const call = { nodeId, command: "system.run", params, timeoutMs, idempotencyKey: uuid() };
    const answer = await whilePeopleAnswer(context, client, { call, timeoutMs });
    const payload = isObject(answer) && isObject(answer.payload) ? answer.payload : {};
    const status = payload.timedOut === true ? notFinished : Number(payload.exitCode ?? 1);
    if (flag(options, "json")) {
      out.json(payload);
      return status;
    }
    const [stdout, stderr] = [textOf(payload.stdout), textOf(payload.stderr)];
    // On a terminal through the encoder: they are another machine's words.
    if (!out.isTTY) out.write(stdout);
    else if (stdout !== "") out.line(stdout.replace(/\n$/, ""));
    if (stderr !== "") out.note(stderr.replace(/\n$/, ""));
    if (typeof payload.error === "string") out.note(`(${payload.error})`);
    return status;
  } finally {
    client.close();
  }
};

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function variables(given: unknown): Record<string, string> | null {
  if (!Array.isArray(given)) return null;
  return Object.fromEntries(
    given.map((pair) => {
      const word = String(pair);
      const at = word.indexOf("=");
      if (at < 1) throw new UsageError(`--env ${JSON.stringify(word)} is not NAME=value`);
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}
