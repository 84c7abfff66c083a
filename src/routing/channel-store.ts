import { join } from "node:path";
import { isObject, type JsonObject, type JsonValue } from "../core/json.ts";
import type { ChannelStore } from "../channels/contract.ts";
import { readTextIfExists, writeFileAtomicAsync } from "../state/index.ts";

/**
 * Opens the durable facts of one account: `channels/<channel>/<account>.state.json` (STATE-011). A file that cannot be
 * read counts as empty: whatever an adapter keeps here it can find out anew, and the ledger drops what it sees twice.
 */
export function openChannelStore(channelsDir: string, channel: string, account: string): ChannelStore {
  const path = join(channelsDir, channel, `${account}.state.json`);
  const values = new Map<string, JsonValue>(Object.entries(readObject(path)));
  let written: Promise<void> | null = null;
  let next: Promise<void> | null = null;
  const write = () => writeFileAtomicAsync(path, `${JSON.stringify(Object.fromEntries(values), null, 2)}\n`);

  /** One write at a time; those who ask meanwhile share the one after it, which has what they set. */
  function save(): Promise<void> {
    if (!written) {
      written = write().finally(() => (written = null));
      return written;
    }
    next ??= written
      .catch(() => undefined)
      .then(() => {
        next = null;
        written = write().finally(() => (written = null));
        return written;
      });
    return next;
  }

  return {
    get: (key) => values.get(key),
    set(key, value) {
      values.set(key, value);
      return save();
    },
  };
}

function readObject(path: string): JsonObject {
  try {
    const value: unknown = JSON.parse(readTextIfExists(path) ?? "{}");
    return isObject(value) ? (value as JsonObject) : {};
  } catch {
    return {};
  }
}
