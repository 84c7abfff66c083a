import { codeOf } from "../../core/errors.ts";
import type { ImageBlock, TextBlock, TranscriptEntry } from "../../core/conversation.ts";
import type { JsonValue } from "../../core/json.ts";
import type { RunOutcome } from "../../core/outcome.ts";
import type { MediaRef } from "../../ledger/contract.ts";
import type { Submission } from "../../routing/contract.ts";
import type { GatewayServices } from "../contract.ts";
import { throwIfRefused } from "../methods/run-requests.ts";
import { badRequest } from "./reply.ts";

/** Both HTTP dialects are read into this; one function makes a turn of it. */
export interface NeutralMessage {
  role: "system" | "user" | "assistant" | "tool";
  parts: NeutralPart[];
}
export type NeutralPart =
  | { type: "text"; text: string }
  | { type: "image"; bytes: Uint8Array; mimeType: string }
  | { type: "tool_call"; id: string; name: string; arguments: string }
  | { type: "tool_result"; id: string; output: string };

export interface Turn {
  system: string;
  text: string;
  media: MediaRef[];
  history: TranscriptEntry[];
  toolResults: Array<{ callId: string; output: string }>;
}

const longestWaitMs = 25 * 60 * 60 * 1000;

/**
 * The last user message, or the tool results at the end, is what is said now; what came before is history; system and
 * developer texts are collected wherever they stand.
 * @throws ApiError 400 when nothing is said.
 */
export async function turnOf(
  services: Pick<GatewayServices, "sessions" | "clock">,
  messages: NeutralMessage[],
): Promise<Turn> {
  const system = messages
    .filter((message) => message.role === "system")
    .map(plainText)
    .filter((text) => text !== "")
    .join("\n\n");
  const talk = messages.filter((message) => message.role !== "system");
  const lastUser = talk.findLastIndex((message) => message.role === "user");
  const lastTool = talk.findLastIndex((message) => message.role === "tool");
  const last = Math.max(lastUser, lastTool);
  if (last < 0) throw badRequest("Missing user message: the last message must be from the user or a tool");
  if (lastTool === last) {
    let first = last;
    while (first > 0 && talk[first - 1]?.role === "tool") first -= 1;
    const toolResults = talk
      .slice(first, last + 1)
      .flatMap((message) =>
        message.parts.flatMap((part) =>
          part.type === "tool_result" ? [{ callId: part.id, output: part.output }] : [],
        ),
      );
    return {
      system,
      text: "",
      media: [],
      toolResults,
      history: await historyOf(services, talk.slice(0, first)),
    };
  }
  const current = talk[last];
  const text = current === undefined ? "" : plainText(current);
  const media = current === undefined ? [] : await mediaOf(services, current);
  if (text.trim() === "" && media.length === 0)
    throw badRequest("Missing user message: its content is empty");
  return { system, text, media, toolResults: [], history: await historyOf(services, talk.slice(0, last)) };
}

function plainText(message: NeutralMessage): string {
  return message.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
}

async function mediaOf(
  services: Pick<GatewayServices, "sessions">,
  message: NeutralMessage,
): Promise<MediaRef[]> {
  const media: MediaRef[] = [];
  for (const part of message.parts) {
    if (part.type !== "image") continue;
    const digest = await services.sessions.putMedia(part.bytes);
    media.push({ digest, mimeType: part.mimeType, bytes: part.bytes.length });
  }
  return media;
}

async function historyOf(
  services: Pick<GatewayServices, "sessions" | "clock">,
  messages: NeutralMessage[],
): Promise<TranscriptEntry[]> {
  const ts = services.clock.now();
  const entries: TranscriptEntry[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role === "system") continue;
    const base = { id: `history-${index}`, ts, role: message.role };
    if (message.role === "tool") {
      const content = message.parts.flatMap((part) =>
        part.type === "tool_result"
          ? [
              {
                type: "tool_result" as const,
                tool_use_id: part.id,
                content: [{ type: "text" as const, text: part.output }],
              },
            ]
          : [],
      );
      entries.push({ ...base, content });
      continue;
    }
    const images: ImageBlock[] = (await mediaOf(services, message)).map(({ digest, mimeType, bytes }) => ({
      type: "image",
      digest,
      mimeType,
      bytes,
    }));
    const texts: TextBlock[] = message.parts.flatMap((part) =>
      part.type === "text" && part.text !== "" ? [part] : [],
    );
    const calls = message.parts.flatMap((part) =>
      part.type === "tool_call"
        ? [{ type: "tool_use" as const, id: part.id, name: part.name, input: parsed(part.arguments) }]
        : [],
    );
    entries.push({ ...base, content: [...texts, ...images, ...calls] });
  }
  return entries;
}

/** Arguments come back as the text we once sent; anything else is kept as it is. */
function parsed(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

/** Collects what a run says into one growing text: messages of one run are joined by a blank line. */
export interface TextSink {
  text: string;
  onDelta: (delta: string) => void;
}

/**
 * Submits, follows and awaits one run. A caller that goes away stops it. `sink` receives text as it is said.
 * `onAccepted` runs once the message is committed: from then on failures belong to the run.
 */
export async function followRun(
  services: GatewayServices,
  submission: Submission,
  options: { signal: AbortSignal; sink?: TextSink; onAccepted?: () => void },
): Promise<RunOutcome> {
  const { runs } = services;
  const { sink, signal } = options;
  const runId = submission.key;
  const unsubscribe = runs.subscribe((event) => {
    if (event.runId !== runId || event.type !== "text" || sink === undefined) return;
    const startsAnew = event.text === event.delta && sink.text !== "";
    const delta = startsAnew ? `\n\n${event.delta}` : event.delta;
    sink.text += delta;
    sink.onDelta(delta);
  });
  const stop = () => {
    // A gateway that stops leaves the run journaled: it goes on after the restart. Only a client that left ends it.
    if (codeOf(signal.reason) !== "CONNECTION_CLOSED") return;
    runs.abort({ runId, reason: "the HTTP client went away" }).catch((error: unknown) => {
      services.logger.warn("stopping the run of a client that went away failed", {
        runId,
        error: String(error),
      });
    });
  };
  try {
    const submitted = await runs.submit(submission);
    throwIfRefused(submitted);
    options.onAccepted?.();
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
    const outcome = submitted.outcome ?? (await runs.wait(runId, longestWaitMs));
    if (outcome === null) throw new Error(`run ${runId} did not end`);
    return outcome;
  } finally {
    signal.removeEventListener("abort", stop);
    unsubscribe();
  }
}

/** The text of an outcome as a client sees it. */
export function answerText(outcome: RunOutcome): string {
  return outcome.payloads
    .map((payload) => payload.text)
    .filter((text) => text !== "")
    .join("\n\n");
}
