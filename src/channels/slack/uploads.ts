import { sleep } from "../../core/clock.ts";
import { isObject, type JsonObject, type JsonValue } from "../../core/json.ts";
import type { ChannelContext, OutboundMedia } from "../contract.ts";
import { fields, listOf, text } from "../shared/index.ts";
import type { SlackApi } from "./api.ts";
import { SlackFailure } from "./failure.ts";

const keptMost = 100;
const lookEveryMs = 500;
const looks = 8;

export interface UploadDeps {
  api: SlackApi;
  context: Pick<ChannelContext, "clock" | "store">;
}

/**
 * Files by the three steps of Slack: an address, the content, and sharing. Sharing is what people see; the ids of the
 * files are written down before it, so that Slack can be asked whether it happened.
 */
export function createUploads({ api, context }: UploadDeps) {
  const { clock, store } = context;

  /** Ids of the files of a delivery that may be shared; undefined when sharing was never tried. */
  function fileIds(key: string): string[] | undefined {
    const ids = fields(store.get("uploads"))[key];
    return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === "string") : undefined;
  }

  async function remember(key: string, ids: string[] | null): Promise<void> {
    const known = store.get("uploads") ?? {};
    const { [key]: _old, ...others } = isJsonObject(known) ? known : {};
    const kept = Object.fromEntries(Object.entries(others).slice(-keptMost));
    await store.set("uploads", ids === null ? kept : { ...kept, [key]: ids });
  }

  /** Time of the message in which a file is shared there; "" when it is not. */
  async function sharedAt(id: string, channel: string, signal: AbortSignal): Promise<string> {
    const shares = fields(fields((await api.call("files.info", { file: id }, { signal }))["file"])["shares"]);
    for (const scope of ["private", "public"])
      for (const share of listOf(fields(shares[scope])[channel])) {
        const ts = text(share["ts"]);
        if (ts !== "") return ts;
      }
    return "";
  }

  async function uploaded(media: OutboundMedia, signal: AbortSignal): Promise<string> {
    const content = await media.read();
    const place = await api.call(
      "files.getUploadURLExternal",
      { filename: safeName(media.fileName), length: String(content.length) },
      { signal },
    );
    await api.upload(text(place["upload_url"]), content, signal);
    return text(place["file_id"]);
  }

  return {
    /** Time of the message that shares the files of a delivery; null when they were not shared. */
    async find(key: string, channel: string, signal: AbortSignal): Promise<string | null> {
      const [first] = fileIds(key) ?? [];
      if (first === undefined) return null;
      return (await sharedAt(first, channel, signal)) || null;
    },
    /** Shares the files as one message; gives its time, or "" when Slack does not tell it soon. */
    async share(
      message: {
        key: string;
        channel: string;
        threadTs: string;
        comment: string;
        media: readonly OutboundMedia[];
      },
      signal: AbortSignal,
    ): Promise<string> {
      const ids: string[] = [];
      for (const media of message.media) ids.push(await uploaded(media, signal));
      await remember(message.key, ids);
      const files = ids.map((id, index) => ({ id, title: message.media[index]?.fileName ?? id }));
      await api.call(
        "files.completeUploadExternal",
        {
          files,
          channel_id: message.channel,
          ...(message.threadTs === "" ? {} : { thread_ts: message.threadTs }),
          ...(message.comment === "" ? {} : { initial_comment: message.comment }),
        },
        { signal },
      );
      const [first = ""] = ids;
      // The answer comes before the message is there.
      for (let look = 0; look < looks; look++) {
        const ts = await sharedAt(first, message.channel, signal).catch((error: unknown) => {
          if (error instanceof SlackFailure) return "";
          throw error;
        });
        if (ts !== "") return ts;
        await sleep(clock, lookEveryMs, signal).catch(() => undefined);
      }
      return "";
    },
    fileId: (key: string): string => fileIds(key)?.[0] ?? "",
  };
}

function isJsonObject(value: JsonValue): value is JsonObject {
  return isObject(value);
}

/** A name without folders and line breaks. */
function safeName(name: string): string {
  const plain = name
    .replace(/[\p{Cc}\\/]/gu, "_")
    .trim()
    .slice(0, 200)
    .toWellFormed();
  return plain === "" ? "file" : plain;
}

export type Uploads = ReturnType<typeof createUploads>;
