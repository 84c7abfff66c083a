import { join } from "node:path";
import { defaultAgentId, type OpenClawConfig } from "../config/index.ts";
import { UserError, OpenClawError } from "../core/errors.ts";
import type { SpeechDesk, SpeechProvider } from "../gateway/contract.ts";
import { modelSettings, providerOf, type Models } from "../models/index.ts";
import type { SessionStore } from "../sessions/index.ts";
import type { MediaParts } from "./media.ts";
import type { SpeechPreferences } from "./speech-preferences.ts";

export interface SpeechDeps {
  /** The configuration as it stands in the file. */
  config: () => OpenClawConfig;
  preferences: SpeechPreferences;
  credentials: Models["credentials"];
  media: Pick<MediaParts, "speak">;
  sessions: Pick<SessionStore, "putMedia">;
  mediaDir: string;
}

/** What OpenAI's `/audio/speech` offers (platform.openai.com, "Text to speech"). */
const openai = {
  models: ["gpt-4o-mini-tts", "tts-1", "tts-1-hd"],
  voices: ["alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse"],
};
const formats: Readonly<Record<string, string>> = {
  "audio/ogg": "opus",
  "audio/mpeg": "mp3",
  "audio/wav": "wav",
  "audio/mp4": "m4a",
};
/** Each costs money or a processor. */
const maxAtOnce = 4;

/** Spoken text for clients of the gateway, and the switch for spoken answers (protocol.md 3.11, `tts.*`). */
export function createSpeechDesk(deps: SpeechDeps): SpeechDesk {
  const { config, preferences, credentials, media, sessions } = deps;
  let busy = 0;

  function isReachable(provider: string): boolean {
    const now = config();
    const agentId = defaultAgentId(now);
    try {
      const { baseUrl } = providerOf(provider, modelSettings(now, agentId));
      if (now.tts.provider === provider && now.tts.apiKey !== undefined) return true;
      const origin = baseUrl === null ? null : (URL.parse(baseUrl)?.origin ?? null);
      if (origin === null) return false;
      return credentials
        .profiles(provider, agentId)
        .some((profile) => !profile.problem && (profile.origin === null || profile.origin === origin));
    } catch (error) {
      if (error instanceof OpenClawError) return false;
      throw error;
    }
  }

  function list(): SpeechProvider[] {
    const { tts } = config();
    const named = [...new Set(["openai", ...(tts.provider === undefined ? [] : [tts.provider])])];
    return [
      ...(tts.command.length > 0
        ? [{ id: "command", name: tts.command[0] ?? "command", configured: true, models: [] }]
        : []),
      ...(tts.baseUrl === undefined
        ? []
        : [
            {
              id: "custom",
              name: URL.parse(tts.baseUrl)?.host ?? tts.baseUrl,
              configured: URL.canParse(tts.baseUrl),
              models: [tts.model],
            },
          ]),
      ...named.map((id) =>
        id === "openai"
          ? { id, name: "OpenAI", configured: isReachable(id), ...openai }
          : { id, name: id, configured: isReachable(id), models: [tts.model] },
      ),
    ];
  }

  /** Who speaks: chosen, else what the configuration names first. */
  function active(): string {
    const { tts } = config();
    const named = tts.command.length > 0 ? "command" : tts.baseUrl === undefined ? tts.provider : "custom";
    return preferences.read().provider ?? named ?? "openai";
  }

  return {
    status() {
      const { tts } = preferences.applyTo(config());
      const providers = list();
      const provider = active();
      return {
        enabled: tts.mode !== "off" && providers.some(({ id, configured }) => id === provider && configured),
        auto: tts.mode,
        provider,
        fallbackProvider: null,
        fallbackProviders: [],
        prefsPath: preferences.path,
        hasOpenAIKey: isReachable("openai"),
        hasElevenLabsKey: false,
        edgeEnabled: false,
      };
    },
    providers: () => ({ providers: list(), active: active() }),
    enable(enabled) {
      const provider = active();
      if (enabled && !list().some(({ id, configured }) => id === provider && configured))
        throw new UserError("SPEECH_OFF", `nobody can speak here: ${provider} is not set up`, {
          hint: "openclaw models auth add --provider openai; or openclaw config set tts.command '[…]'",
        });
      preferences.write({ enabled });
      return { enabled };
    },
    setProvider(provider) {
      const found = list().find(({ id }) => id === provider);
      if (!found?.configured)
        throw new UserError(
          "SPEECH_PROVIDER",
          found
            ? `${found.name} is not set up: it has no login`
            : `nobody here speaks as ${JSON.stringify(provider.slice(0, 40))}`,
          {
            hint: found
              ? `openclaw models auth add --provider ${found.id}`
              : `there is: ${list()
                  .map(({ id }) => id)
                  .join(", ")}`,
          },
        );
      preferences.write({ provider });
      return { provider };
    },
    async convert(text, signal) {
      const { maxChars } = config().tts;
      if (text.length > maxChars)
        throw new UserError("SPEECH_TOO_LONG", `${text.length} characters are more than ${maxChars}`, {
          hint: `openclaw config set tts.maxChars ${text.length}`,
        });
      if (busy >= maxAtOnce)
        throw new OpenClawError("UNAVAILABLE", `${busy} texts are being spoken already`, { retryable: true });
      busy += 1;
      try {
        // Which engine: asked before, it may change while it speaks.
        const provider = active();
        const { bytes, mimeType } = await media.speak(text, signal);
        const digest = await sessions.putMedia(bytes);
        return {
          audioPath: join(deps.mediaDir, digest.slice(0, 2), digest),
          provider,
          outputFormat: formats[mimeType] ?? mimeType,
          voiceCompatible: mimeType === "audio/ogg",
        };
      } finally {
        busy -= 1;
      }
    },
  };
}
