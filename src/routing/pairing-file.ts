import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../core/json.ts";
import { openJsonFile, type JsonFile } from "../state/index.ts";

/** A stranger who asked to be let in. */
export interface PairingRequest {
  /** Sender id. */
  id: string;
  code: string;
  /** Epoch milliseconds. */
  createdAt: number;
  lastSeenAt: number;
  /** Where the sender can be answered. */
  chatId: string;
  name: string | null;
}

/** What pairing knows of one account. */
export interface AccountPairing {
  allowFrom: string[];
  /** Those of `allowFrom` that are the owner of this gateway. */
  owners: string[];
  requests: PairingRequest[];
}

/** `channels/<channel>/pairing.json` (STATE-010, CONF-12), by account. */
export type PairingDocument = Record<string, AccountPairing>;

export const noPairing: AccountPairing = { allowFrom: [], owners: [], requests: [] };

/** Opens the document of one channel. Read again only when the file changed. */
export function openPairingFile(channelsDir: string, channel: string) {
  const path = join(channelsDir, channel, "pairing.json");
  const file: JsonFile<PairingDocument> = openJsonFile({ path, parse: parseDocument, empty: () => ({}) });
  let cached: { seen: string; document: PairingDocument } | null = null;
  return {
    /** @throws UserError STATE_FILE_INVALID */
    read(): PairingDocument {
      const seen = stampOf(path);
      if (cached?.seen !== seen) cached = { seen, document: file.read() };
      return cached.document;
    },
    write(document: PairingDocument): void {
      cached = null;
      file.write({ version: 1, accounts: formatAccounts(document) } as unknown as PairingDocument);
    },
  };
}

/** Channels that have such a document. */
export function pairingChannels(channelsDir: string): string[] {
  try {
    return readdirSync(channelsDir)
      .filter((name) => stampOf(join(channelsDir, name, "pairing.json")) !== "")
      .sort();
  } catch {
    return []; // nothing was ever paired
  }
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stat ? `${stat.ino} ${stat.size} ${stat.mtimeNs}` : "";
}

/** Takes the file of today, and what older versions wrote: one list or one account without a name. */
function parseDocument(value: unknown): PairingDocument {
  if (Array.isArray(value)) return { default: parseAccount({ allowFrom: value }) };
  if (!isObject(value)) throw new TypeError("it is not an object");
  const accounts = value["accounts"];
  if (accounts === undefined) return { default: parseAccount(value) };
  if (!isObject(accounts)) throw new TypeError("`accounts` is not an object");
  return Object.fromEntries(
    Object.entries(accounts).map(([account, entry]) => {
      if (!isObject(entry)) throw new TypeError(`account ${JSON.stringify(account)} is not an object`);
      return [account, parseAccount(entry)];
    }),
  );
}

function parseAccount(entry: Record<string, unknown>): AccountPairing {
  return {
    allowFrom: ids(entry["allowFrom"]),
    owners: ids(entry["owners"]),
    requests: (Array.isArray(entry["requests"]) ? entry["requests"] : []).flatMap(parseRequest),
  };
}

/** `"*"` would let everybody in; only the configuration may say that. */
function ids(value: unknown): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TypeError("a list of senders is not a list");
  const texts = value.map((id: unknown) => (typeof id === "number" ? String(id) : id));
  return texts.filter((id): id is string => typeof id === "string" && id !== "" && id !== "*");
}

function parseRequest(value: unknown): PairingRequest[] {
  if (!isObject(value)) return [];
  const { id, code, createdAt, lastSeenAt, chatId, meta } = value;
  const created = Date.parse(String(createdAt));
  if (typeof id !== "string" || typeof code !== "string" || !Number.isFinite(created)) return [];
  const seen = Date.parse(String(lastSeenAt));
  return [
    {
      id,
      code,
      createdAt: created,
      lastSeenAt: Number.isFinite(seen) ? seen : created,
      chatId: typeof chatId === "string" ? chatId : id,
      name: nameOf(meta),
    },
  ];
}

function nameOf(meta: unknown): string | null {
  if (!isObject(meta)) return null;
  const parts = [meta["name"], meta["firstName"], meta["username"]];
  return parts.find((part): part is string => typeof part === "string" && part !== "") ?? null;
}

function formatAccounts(document: PairingDocument): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(document).map(([account, { allowFrom, owners, requests }]) => [
      account,
      {
        allowFrom,
        owners,
        requests: requests.map(({ createdAt, lastSeenAt, name, ...rest }) => ({
          ...rest,
          createdAt: new Date(createdAt).toISOString(),
          lastSeenAt: new Date(lastSeenAt).toISOString(),
          meta: name === null ? {} : { name },
        })),
      },
    ]),
  );
}
