import { isObject } from "../core/json.ts";
import { UserError } from "../core/errors.ts";
import type { GuardedFetch } from "../guard/index.ts";
import { extensionOf, runMediaCommand, type CommandHost } from "./command.ts";
import type { MediaSettings } from "./contract.ts";
import { postAudio } from "./service.ts";

const maxTextChars = 100_000;

/**
 * The words of a recording. A program gets it as `{input}` and prints the words; a service is asked as OpenAI's
 * `POST /audio/transcriptions` (platform.openai.com, "Create transcription").
 * @throws UserError MEDIA_COMMAND, MEDIA_SERVICE, or what the guarded fetch throws
 */
export async function transcribe(
  audio: { bytes: Uint8Array; mimeType: string },
  settings: NonNullable<MediaSettings["transcription"]>,
  host: CommandHost & { fetch: GuardedFetch },
  signal: AbortSignal,
): Promise<string> {
  const { engine, language } = settings;
  if (engine.kind === "unusable") throw new UserError("MEDIA_SERVICE", engine.reason);
  const extension = extensionOf(audio.mimeType);
  if (engine.kind === "command") {
    const { argv, timeoutMs } = engine;
    const input = { bytes: audio.bytes, extension };
    const { stdout } = await runMediaCommand({ argv, input, timeoutMs }, host, signal);
    return cleaned(stdout);
  }
  const form = new FormData();
  form.set("file", new Blob([Buffer.from(audio.bytes)], { type: audio.mimeType }), `audio.${extension}`);
  form.set("model", engine.model);
  form.set("response_format", "json");
  if (language !== null) form.set("language", language);
  const response = await postAudio(engine, { path: "/audio/transcriptions", body: form }, host, signal);
  const answer: unknown = await response.json().catch(() => null);
  const text = isObject(answer) ? answer["text"] : undefined;
  if (typeof text !== "string")
    throw new UserError("MEDIA_SERVICE", "the transcription service answered without a text");
  return cleaned(text);
}

const cleaned = (text: string): string => text.toWellFormed().trim().slice(0, maxTextChars);
