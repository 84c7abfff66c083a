import { UserError } from "../core/errors.ts";
import type { GuardedFetch } from "../guard/index.ts";
import { runMediaCommand, type CommandHost } from "./command.ts";
import type { SpeechSettings } from "./contract.ts";
import { postAudio } from "./service.ts";
import { familyOf, sniffType } from "./sniff.ts";

/**
 * Plain text as a recording, Ogg Opus where the engine can: what chat apps show as a voice message. A program reads the
 * text from standard input and writes `{output}`; a service is asked as OpenAI's `POST /audio/speech`
 * (platform.openai.com, "Create speech").
 * @throws UserError MEDIA_COMMAND, MEDIA_SERVICE, or what the guarded fetch throws
 */
export async function speak(
  text: string,
  { engine, voice }: SpeechSettings,
  host: CommandHost & { fetch: GuardedFetch },
  signal: AbortSignal,
): Promise<{ bytes: Uint8Array; mimeType: string; fileName: string }> {
  if (engine.kind === "unusable") throw new UserError("MEDIA_SERVICE", engine.reason);
  let bytes: Uint8Array | null;
  if (engine.kind === "command") {
    const argv = engine.argv.map((arg) => arg.replaceAll("{voice}", voice));
    ({ output: bytes } = await runMediaCommand(
      { argv, stdin: text, timeoutMs: engine.timeoutMs },
      host,
      signal,
    ));
    if (!bytes) throw new UserError("MEDIA_COMMAND", `${argv[0]} wrote no {output}`);
  } else {
    const body = JSON.stringify({ model: engine.model, voice, input: text, response_format: "opus" });
    const response = await postAudio(engine, { path: "/audio/speech", body }, host, signal);
    bytes = new Uint8Array(await response.arrayBuffer());
  }
  const mimeType = sniffType(bytes, "audio/ogg");
  if (familyOf(mimeType) !== "audio")
    throw new UserError("MEDIA_SERVICE", `what came is no recording but ${mimeType}`);
  const extension = { "audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/wav": "wav", "audio/mp4": "m4a" }[
    mimeType
  ];
  return { bytes, mimeType, fileName: `voice.${extension ?? "audio"}` };
}
