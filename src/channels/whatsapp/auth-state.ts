import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, messageOf, UserError } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import { sweepTemporaryFiles, writeFileAtomicAsync } from "../../state/index.ts";
import {
  BufferJSON,
  initAuthCreds,
  proto,
  type AuthenticationCreds,
  type SignalDataSet,
  type SignalKeyStore,
} from "./library.ts";

export interface LoginState {
  creds: AuthenticationCreds;
  keys: SignalKeyStore;
  /** Writes the credentials as they are now; calls that meet share the last write. */
  save(): Promise<void>;
  /** Resolves when nothing is being written any more. */
  settled(): Promise<void>;
  /** Writes nothing from now on, whatever a connection that is closing still asks; resolves when nothing is in flight. */
  end(): Promise<void>;
}

const credsFile = "creds.json";
/** What was read whole the last time: a file torn by the program that wrote it before us costs no login. */
const lastGoodFile = "creds.json.bak";

/**
 * Opens the login in `dir`, `credentials/whatsapp/<account>/` (STATE-008): one JSON file per key beside `creds.json`, the
 * format existing installations have, so that their logins carry on. Every file is replaced in one step, those of one name
 * one after the other. Without a login it starts an empty one, of which nothing is written before it says so.
 * @throws UserError WHATSAPP_LOGIN_DAMAGED when neither the credentials nor their last good copy can be read
 */
export async function openLogin(dir: string, logger: Logger): Promise<LoginState> {
  await sweep(dir);
  const { creds, text } = await readCreds(dir, logger);
  let saved = text;
  const queues = new Map<string, Promise<void>>();
  let ended = false;

  /** One after the other per file: two writes in flight would let the older one win. */
  function queued(name: string, task: () => Promise<void>): Promise<void> {
    if (ended) return Promise.resolve();
    const before = queues.get(name);
    const done = before ? before.catch(() => undefined).then(task) : task();
    queues.set(name, done);
    const forget = (): void => {
      if (queues.get(name) === done) queues.delete(name);
    };
    done.then(forget, forget);
    return done;
  }

  async function settled(): Promise<void> {
    while (queues.size > 0) await Promise.allSettled(queues.values());
  }

  async function read(name: string): Promise<unknown> {
    await queues.get(name)?.catch(() => undefined);
    try {
      return JSON.parse(await readFile(join(dir, name), "utf8"), BufferJSON.reviver);
    } catch (error) {
      // A key that cannot be read is one we do not have: the protocol then makes a new session.
      if (codeOf(error) !== "ENOENT")
        logger.warn("a WhatsApp key cannot be read", { error: messageOf(error) });
      return null;
    }
  }

  const keys: SignalKeyStore = {
    async get(type, ids) {
      const found: Record<string, never> = {};
      await Promise.all(
        ids.map(async (id) => {
          let value = await read(fileOf(type, id));
          if (value === null || value === undefined) return;
          if (type === "app-state-sync-key") value = proto.Message.AppStateSyncKeyData.fromObject(value);
          found[id] = value as never;
        }),
      );
      return found;
    },
    async set(data: SignalDataSet) {
      const writes: Array<Promise<void>> = [];
      for (const [type, entries] of Object.entries(data)) {
        for (const [id, value] of Object.entries(entries)) {
          const name = fileOf(type, id);
          const path = join(dir, name);
          const content = value ? JSON.stringify(value, BufferJSON.replacer) : null;
          writes.push(
            queued(name, () =>
              content === null
                ? rm(path, { force: true })
                : // A key lost to a power cut is negotiated anew; waiting for the disk for each would take seconds.
                  writeFileAtomicAsync(path, content, { durable: false }),
            ),
          );
        }
      }
      await Promise.all(writes);
    },
  };

  return {
    creds,
    keys,
    save: () =>
      queued(credsFile, async () => {
        const next = JSON.stringify(creds, BufferJSON.replacer);
        if (next === saved) return;
        await writeFileAtomicAsync(join(dir, credsFile), next);
        // The copy follows only once the file itself is whole.
        await writeFileAtomicAsync(join(dir, lastGoodFile), next);
        saved = next;
      }),
    settled,
    async end() {
      ended = true;
      await settled();
    },
  };
}

/** A login is complete once the phone has vouched for this device; a pairing code that was never typed leaves less. */
export function isComplete(creds: AuthenticationCreds): boolean {
  return creds.me?.id !== undefined && creds.account !== undefined && creds.account !== null;
}

/** Removes what a login left. Resolves with whether there was anything. */
export async function clearLogin(dir: string): Promise<boolean> {
  let names: string[];
  try {
    names = await readdir(dir);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw error;
  }
  const ours = names.filter((name) => /\.json(\.bak)?$/.test(name) || name.endsWith(".tmp"));
  // The credentials first: whatever stops us then, no half login is left that looks like a whole one.
  ours.sort((a, b) => Number(b.startsWith(credsFile)) - Number(a.startsWith(credsFile)));
  for (const name of ours) await rm(join(dir, name), { force: true });
  return ours.length > 0;
}

async function readCreds(
  dir: string,
  logger: Logger,
): Promise<{ creds: AuthenticationCreds; text: string | null }> {
  let damaged: string | null = null;
  for (const name of [credsFile, lastGoodFile]) {
    let text: string;
    try {
      text = await readFile(join(dir, name), "utf8");
    } catch (error) {
      if (codeOf(error) === "ENOENT") continue;
      throw new UserError("STORAGE_DENIED", `cannot read ${join(dir, name)}: ${messageOf(error)}`);
    }
    const creds = parseCreds(text);
    if (creds) {
      if (damaged)
        logger.warn("the WhatsApp credentials were damaged; their last good copy is used", { file: damaged });
      return { creds, text: name === credsFile ? text : null };
    }
    damaged ??= name;
  }
  if (damaged)
    throw new UserError(
      "WHATSAPP_LOGIN_DAMAGED",
      `${join(dir, damaged)} cannot be read, and there is no good copy`,
      {
        hint: "openclaw channels login --channel whatsapp --force",
      },
    );
  return { creds: initAuthCreds(), text: null };
}

function parseCreds(text: string): AuthenticationCreds | null {
  try {
    const value = JSON.parse(text, BufferJSON.reviver) as Partial<AuthenticationCreds> | null;
    return value?.noiseKey?.private && value.signedIdentityKey?.private && value.signedPreKey
      ? (value as AuthenticationCreds)
      : null;
  } catch {
    return null;
  }
}

async function sweep(dir: string): Promise<void> {
  try {
    sweepTemporaryFiles(dir);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

/** Names as existing installations have them. */
function fileOf(type: string, id: string): string {
  return `${type}-${id}.json`.replaceAll("/", "__").replaceAll(":", "-");
}
