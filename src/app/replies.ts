import type { ChannelManifest } from "../channels/contract.ts";
import { channelCatalog } from "../channels/catalog.ts";
import type { OpenClawConfig } from "../config/index.ts";
import { UserError } from "../core/errors.ts";
import type { GuardedFetch } from "../guard/index.ts";
import type { DeliveryTarget } from "../ledger/contract.ts";
import type { LiveReplySettings, MediaSource, ReplyStyle } from "../routing/index.ts";
import type { SessionStore } from "../sessions/index.ts";
import { speechMode } from "./media.ts";

// From the configuration to how answers look where they go.

/** Shorter messages than this cannot carry a link or a code block whole. */
const shortestLimit = 200;
/** Of a channel that this build does not know; nothing is sent there, but what is kept for it has to fit somewhere. */
const unknownLimit = 2000;
/** Between the messages of somebody who types. */
const naturalPause = { minMs: 800, maxMs: 2500 };

type Defaults = OpenClawConfig["agents"]["defaults"];

/** How an answer looks at a place: limits of platform and account, quotes, previews. */
export function replyStyle(
  config: OpenClawConfig,
  target: DeliveryTarget,
  catalog: readonly ChannelManifest[] = channelCatalog,
): ReplyStyle {
  const entry = config.channels[target.channel];
  const { accounts, ...shared } = entry ?? {};
  const keys = { ...shared, ...accounts?.[target.account] };
  const capabilities = catalog.find(({ id }) => id === target.channel)?.capabilities;
  const platform = capabilities?.maxTextLength ?? unknownLimit;
  const streaming = keys.streaming ?? "partial";
  const { defaults } = config.agents;
  const hasBlocks = keys.blockStreaming ?? defaults.blockStreamingDefault === "on";
  return {
    prefix: config.messages.responsePrefix ?? "",
    limit: Math.min(platform, Math.max(shortestLimit, keys.textChunkLimit ?? platform)),
    replyTo: keys.replyToMode ?? "off",
    speech: speechMode(config, target, catalog),
    ...(hasBlocks ? { blocks: blockSettings(defaults) } : {}),
    ...pauseOf(defaults.humanDelay),
    preview: !hasBlocks && streaming === "partial" && capabilities?.can.includes("edit") === true,
    ...(keys.streamingIntervalMs === undefined ? {} : { previewEveryMs: keys.streamingIntervalMs }),
  };
}

/** Chunk and coalesce are one rule: neighbouring blocks that are joined are one longer block. */
function blockSettings(defaults: Defaults): NonNullable<ReplyStyle["blocks"]> {
  const { blockStreamingBreak, blockStreamingChunk: chunk, blockStreamingCoalesce: join } = defaults;
  const minChars = Math.max(1, chunk.minChars, join.minChars);
  return {
    when: blockStreamingBreak,
    minChars,
    maxChars: Math.max(minChars, chunk.maxChars, join.maxChars),
    prefer: chunk.breakPreference,
    idleMs: join.idleMs,
  };
}

function pauseOf({ mode, minMs, maxMs }: Defaults["humanDelay"]): Pick<ReplyStyle, "pause"> {
  if (mode === "off") return {};
  return { pause: mode === "natural" ? naturalPause : { minMs, maxMs: Math.max(minMs, maxMs) } };
}

/** What people see before the answer is there. */
export function liveReplySettings(
  config: OpenClawConfig,
  catalog: readonly ChannelManifest[] = channelCatalog,
): LiveReplySettings {
  const { ackReaction, ackReactionScope, removeAckAfterReply } = config.messages;
  return {
    ack: { emoji: ackReaction ?? "", scope: ackReactionScope, removeAfterReply: removeAckAfterReply },
    typingIntervalMs: config.agents.defaults.typingIntervalSeconds * 1000,
    styleOf: (target) => replyStyle(config, target, catalog),
  };
}

/** Files that channels bring and take: the media store, and a guarded fetch for what lies elsewhere. */
export function mediaSource(
  sessions: Pick<SessionStore, "putMedia" | "getMedia">,
  guardedFetch: GuardedFetch,
  speak?: NonNullable<MediaSource["speak"]>,
): MediaSource {
  return {
    ...(speak ? { speak } : {}),
    put: (bytes) => sessions.putMedia(bytes),
    get: (digest) => sessions.getMedia(digest),
    async fetch(url, { maxBytes, signal }) {
      if (!/^https?:\/\//i.test(url))
        throw new UserError("MEDIA_ADDRESS", "files to send are given by an http(s) address");
      const response = await guardedFetch(url, { signal });
      if (!response.ok) {
        await response.body?.cancel();
        const said = `${new URL(url).host} answered ${response.status}`;
        if (response.status >= 500 || response.status === 429) throw new Error(said);
        throw new UserError("MEDIA_FETCH", said);
      }
      const parts: Uint8Array[] = [];
      let bytes = 0;
      for await (const part of response.body ?? []) {
        bytes += part.byteLength;
        if (bytes > maxBytes)
          throw new UserError("MEDIA_TOO_LARGE", `more than ${maxBytes} bytes at ${new URL(url).host}`);
        parts.push(part);
      }
      const fileName = decodeURIComponentOr(new URL(url).pathname.split("/").at(-1) ?? "");
      return {
        bytes: Buffer.concat(parts),
        mimeType: response.headers.get("content-type")?.split(";")[0]?.trim() || "application/octet-stream",
        ...(fileName === "" ? {} : { fileName }),
      };
    },
  };
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text).slice(0, 120);
  } catch {
    return text.slice(0, 120);
  }
}
