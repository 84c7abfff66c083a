import { channelCatalog } from "../channels/catalog.ts";
import type { ChannelManifest } from "../channels/contract.ts";
import { defaultAgentId, type OpenClawConfig } from "../config/index.ts";
import type { Clock } from "../core/clock.ts";
import { messageOf, UserError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { Secret } from "../core/secret.ts";
import { createGuardedFetch } from "../guard/index.ts";
import type { DeliveryTarget } from "../ledger/contract.ts";
import {
  createMediaPreparer,
  speak,
  type CommandHost,
  type MediaSettings,
  type SpeechEngine,
  type SpeechSettings,
} from "../media/index.ts";
import { modelSettings, providerOf, type Models } from "../models/index.ts";
import type { MediaReader } from "../agent/index.ts";
import type { SessionStore } from "../sessions/index.ts";
import { configuredOrigins, localModelOrigins } from "./models.ts";

// From the configuration to who understands files and speaks.

interface MediaDeps {
  config: () => OpenClawConfig;
  credentials: Models["credentials"];
  sessions: Pick<SessionStore, "putMedia" | "getMedia">;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  logger: Logger;
}

export interface MediaParts {
  read: MediaReader;
  /** An answer (markdown) as a recording. @throws UserError SPEECH_OFF when nobody speaks here (any more). */
  speak(
    markdown: string,
    signal: AbortSignal,
  ): Promise<{ bytes: Uint8Array; mimeType: string; fileName: string }>;
}

export function createMediaParts(deps: MediaDeps): MediaParts {
  const { config, sessions, clock, logger } = deps;
  const fetch = createGuardedFetch({
    clock,
    allowOrigins: () => [...configuredOrigins(config()), ...localModelOrigins, ...speechOrigins(config())],
  });
  const host: CommandHost = {
    env: deps.env,
    clock,
    get pathPrepend() {
      return config().tools.exec.pathPrepend;
    },
  };
  const prepare = createMediaPreparer({
    store: { put: (bytes) => sessions.putMedia(bytes), get: (digest) => sessions.getMedia(digest) },
    host,
    fetch,
    logger: logger.child("media"),
  });
  return {
    read: (files, signal) => prepare(files, mediaSettings(deps), signal),
    async speak(markdown, signal) {
      const settings = speechSettings(deps);
      if (!settings)
        throw new UserError("SPEECH_OFF", "nobody speaks here: neither tts.provider nor tts.command is set");
      const { renderMarkdown } = await import("../channels/text/index.ts");
      return speak(renderMarkdown(markdown, "plain"), settings, { ...host, fetch }, signal);
    },
  };
}

function mediaSettings(deps: MediaDeps): MediaSettings {
  const { image, audio, documents } = deps.config().tools.media;
  const engine = engineOf(audio, deps);
  return {
    image: {
      maxSidePx: image.maxSidePx,
      maxBytes: image.maxKb * 1024,
      maxPixels: image.maxMegapixels * 1_000_000,
    },
    transcription: engine && {
      engine,
      language: audio.language ?? null,
      maxBytes: audio.maxMb * 1_048_576,
    },
    documents: {
      enabled: documents.enabled,
      maxChars: documents.maxChars,
      pdfCommand: documents.pdfCommand,
      timeoutMs: documents.timeoutSeconds * 1000,
    },
  };
}

function speechSettings(deps: MediaDeps): SpeechSettings | null {
  const { tts } = deps.config();
  const engine = engineOf(tts, deps);
  return engine && { engine, voice: tts.voice, maxChars: tts.maxChars };
}

interface EngineKeys {
  provider?: string | undefined;
  model: string;
  baseUrl?: string | undefined;
  apiKey?: string | undefined;
  command: readonly string[];
  timeoutSeconds: number;
}

/** Null when nothing is set up. */
function engineOf(keys: EngineKeys, deps: MediaDeps): SpeechEngine | null {
  const timeoutMs = keys.timeoutSeconds * 1000;
  if (keys.command.length > 0) return { kind: "command", argv: keys.command, timeoutMs };
  const { provider, apiKey, model } = keys;
  const agentId = defaultAgentId(deps.config());
  let baseUrl = keys.baseUrl ?? null;
  if (baseUrl === null && provider !== undefined) {
    try {
      ({ baseUrl } = providerOf(provider, modelSettings(deps.config(), agentId)));
    } catch (error) {
      // Found when a message comes: it must not lose the message.
      if (!(error instanceof UserError)) throw error;
      return { kind: "unusable", reason: messageOf(error) };
    }
  }
  if (baseUrl === null) return null;
  if (!URL.canParse(baseUrl)) return { kind: "unusable", reason: `${JSON.stringify(baseUrl)} is no address` };
  const { origin } = new URL(baseUrl);
  return {
    kind: "service",
    baseUrl,
    model,
    timeoutMs,
    async key(signal) {
      if (apiKey !== undefined) return new Secret(apiKey);
      if (provider === undefined) return null;
      // A login is for the address it was made for, and for no other.
      const login = deps.credentials
        .profiles(provider, agentId)
        .find((profile) => !profile.problem && (profile.origin === null || profile.origin === origin));
      return login ? deps.credentials.open(login, agentId, signal) : null;
    },
  };
}

function speechOrigins({ tools, tts }: OpenClawConfig): string[] {
  return [tools.media.audio.baseUrl, tts.baseUrl].flatMap((text) => {
    const url = text === undefined ? null : URL.parse(text);
    return url ? [url.origin] : [];
  });
}

/** Which answers are spoken at a place. */
export function speechMode(
  config: OpenClawConfig,
  target: DeliveryTarget,
  catalog: readonly ChannelManifest[] = channelCatalog,
): { mode: "off" | "inbound" | "always"; maxChars: number } {
  const { mode, provider, baseUrl, command, maxChars } = config.tts;
  const isSetUp = command.length > 0 || provider !== undefined || baseUrl !== undefined;
  const canSend = catalog.find(({ id }) => id === target.channel)?.capabilities.can.includes("media-out");
  return { mode: isSetUp && canSend === true ? mode : "off", maxChars };
}
