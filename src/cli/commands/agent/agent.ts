import { UsageError } from "../../../core/errors.ts";
import { thinkingLevels } from "../../../core/conversation.ts";
import type { CommandBody, CommandContext } from "../../contract.ts";
import { choice, flag, integer, text } from "../../options.ts";

/** What the turn is asked to be, whichever process runs it. */
export interface TurnRequest {
  message: string;
  sessionKey?: string;
  sessionId?: string;
  agentId?: string;
  to?: string;
  channel?: string;
  thinking?: string;
  model?: string;
  deliver: boolean;
  timeoutMs: number;
  json: boolean;
  url?: string;
  token?: string;
}

export const run: CommandBody = async (context, _args, options) => {
  const request = await readRequest(context, options);
  if (flag(options, "local")) {
    const { runLocal } = await import("./local.ts");
    return runLocal(context, request);
  }
  if (request.model !== undefined) {
    throw new UsageError("--model works only with --local", {
      hint: `in a session of the gateway say it as a chat command: openclaw agent -m "/model ${request.model}"`,
    });
  }
  const { runThroughGateway } = await import("./remote.ts");
  return runThroughGateway(context, request);
};

async function readRequest(context: CommandContext, options: Record<string, unknown>): Promise<TurnRequest> {
  const given = text(options, "message");
  const piped = flag(options, "stdin") ? await readAll(context) : undefined;
  const message = [given, piped].filter((part) => part?.trim()).join("\n\n");
  if (!message) {
    throw new UsageError("there is nothing to say", {
      hint: 'openclaw agent --message "…"; add --stdin to append standard input',
    });
  }
  const timeout = integer(options, "timeout", { min: 1, max: 86_400, default: 600 });
  const optional = {
    sessionKey: text(options, "session"),
    sessionId: text(options, "sessionId"),
    agentId: text(options, "agent"),
    to: text(options, "to"),
    channel: text(options, "channel"),
    thinking: choice(options, "thinking", thinkingLevels),
    model: text(options, "model"),
    url: text(options, "url"),
    token: text(options, "token"),
  };
  const present = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return {
    message,
    deliver: flag(options, "deliver"),
    timeoutMs: timeout * 1000,
    json: flag(options, "json"),
    ...present,
  };
}

const maxStdinBytes = 5_000_000;

async function readAll({ stdin }: CommandContext): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    const buffer = Buffer.from(chunk as Uint8Array | string);
    bytes += buffer.length;
    if (bytes > maxStdinBytes) throw new UsageError(`standard input is larger than ${maxStdinBytes} bytes`);
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}
