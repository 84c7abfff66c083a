import { readFileSync, statSync } from "node:fs";
import { basename } from "node:path";
import { UsageError, UserError } from "../../../core/errors.ts";
import { uuid } from "../../../core/ids.ts";
import { isObject } from "../../../core/json.ts";
import type { CommandContext, OptionDefinition } from "../../contract.ts";
import { flag, text } from "../../options.ts";
import { callGateway } from "../../remote-options.ts";

/** Where something is sent or read. */
export const placeOptions: OptionDefinition[] = [
  { flags: "-t, --target <id>", description: "person, chat or group at the channel: its id, or its name" },
  { flags: "--channel <id>", description: "channel, when more than one is configured" },
  { flags: "--account <id>", description: "account of the channel" },
  { flags: "--thread <id>", description: "topic or thread in that chat" },
];
export const sendOptions: OptionDefinition[] = [
  { flags: "--idempotency-key <key>", description: "the same key is never sent twice" },
  { flags: "--dry-run", description: "only say what would be sent, and where" },
];
export const jsonOption: OptionDefinition = { flags: "--json", description: "the answer as JSON" };

type Options = Record<string, unknown>;

/** Parameters every request of this group shares. @throws UsageError when `--target` is wanted and missing. */
export function placeOf(options: Options, wantsTarget = true): Record<string, unknown> {
  const to = text(options, "target");
  if (wantsTarget && !to) throw missing("--target");
  const channel = text(options, "channel");
  const accountId = text(options, "account");
  const threadId = text(options, "thread");
  return {
    ...(to === undefined ? {} : { to }),
    ...(channel === undefined ? {} : { channel }),
    ...(accountId === undefined ? {} : { accountId }),
    ...(threadId === undefined ? {} : { threadId }),
    ...(flag(options, "dryRun") ? { dryRun: true } : {}),
  };
}

export function required(options: Options, name: string, words: string): string {
  const value = text(options, name);
  if (value === undefined || value === "") throw missing(words);
  return value;
}

const missing = (words: string) =>
  new UsageError(`${words} is missing`, {
    hint: "openclaw message --help shows the options of each command",
  });

/** Calls the gateway with an idempotency key, and prints what came of it: as JSON where wanted, else one line. */
export async function sendAndTell(
  context: CommandContext,
  options: Options,
  request: {
    method: string;
    params: Record<string, unknown>;
    done: (receipt: Record<string, unknown>) => string;
  },
): Promise<void> {
  const answer = await callGateway(context, {
    method: request.method,
    params: { ...request.params, idempotencyKey: text(options, "idempotencyKey") ?? uuid() },
    options: { timeout: "60000" },
  });
  const receipt = isObject(answer) ? answer : {};
  if (flag(options, "json")) return context.out.json(receipt);
  if (receipt.dryRun === true) {
    context.out.line(
      `Would go to ${String(receipt.to)} on ${String(receipt.channel)}/${String(receipt.accountId)}`,
    );
    for (const part of Array.isArray(receipt.parts) ? receipt.parts : []) context.out.line(String(part));
    return;
  }
  context.out.line(request.done(receipt));
  if (typeof receipt.key === "string")
    context.out.note(`delivery ${receipt.key} (openclaw why ${receipt.key})`);
}

/** ` on telegram (message 7)`: what a receipt adds to a sentence. */
export function whereOf(receipt: Record<string, unknown>): string {
  const id = typeof receipt.messageId === "string" ? ` (message ${receipt.messageId})` : "";
  return `${typeof receipt.channel === "string" ? ` on ${receipt.channel}` : ""}${id}`;
}

/** What fits a request beside its other members. */
const maxFileBytes = 360 * 1024;
const types: Record<string, string> = {
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  mp3: "audio/mpeg",
  ogg: "audio/ogg",
  wav: "audio/wav",
  mp4: "video/mp4",
  pdf: "application/pdf",
  txt: "text/plain",
};

/** An address as it is; a file of this machine as what it holds. */
export function mediaAddress(given: string): string {
  if (/^(https?|data):/i.test(given)) return given;
  let bytes: Buffer;
  try {
    if (statSync(given).size > maxFileBytes)
      throw new UserError("MEDIA_TOO_LARGE", `${JSON.stringify(given)} has more than ${maxFileBytes} bytes`, {
        hint: "give an http(s) address instead",
      });
    bytes = readFileSync(given);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError("MEDIA_FILE", `${JSON.stringify(given)} cannot be read`, {
      hint: "--media takes an http(s) address or a file",
      cause: error,
    });
  }
  const type = types[given.split(".").at(-1)?.toLowerCase() ?? ""] ?? "application/octet-stream";
  return `data:${type};name=${encodeURIComponent(basename(given))};base64,${bytes.toString("base64")}`;
}
