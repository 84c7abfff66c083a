import type { DeviceIdentity, DeviceTokenStore } from "../../../src/client/index.ts";

// The identity of this browser: an Ed25519 key that never leaves it (the private key cannot be exported), and the token
// the gateway gave to that key. The token is worth nothing without the key.

const databaseName = "openclaw-device";
const storeName = "keys";

export interface BrowserDevice {
  identity: DeviceIdentity;
  tokens: DeviceTokenStore;
}

/** This browser's identity, made on first use; null where the page has no WebCrypto (plain HTTP from another machine). */
export async function loadDevice(): Promise<BrowserDevice | null> {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle || !globalThis.indexedDB) return null;
  try {
    const database = await open();
    const keys = (await ask(database, "readonly", (store) => store.get("ed25519"))) as
      | CryptoKeyPair
      | undefined;
    const pair = keys ?? (await makeKeys(database));
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const id = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", raw)));
    return {
      identity: {
        id,
        publicKey: base64url(raw),
        async sign(text) {
          const signature = await crypto.subtle.sign(
            "Ed25519",
            pair.privateKey,
            new TextEncoder().encode(text),
          );
          return base64url(new Uint8Array(signature));
        },
      },
      tokens: await openTokens(database),
    };
  } catch (error) {
    // An old engine or a private window without storage: the page then connects as one without a device.
    console.info("no device identity in this browser", error);
    return null;
  }
}

async function makeKeys(database: IDBDatabase): Promise<CryptoKeyPair> {
  const made = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
  await ask(database, "readwrite", (store) => store.put(made, "ed25519"));
  return made;
}

/** Tokens by role and address; read once, because the client asks for them without waiting. */
async function openTokens(database: IDBDatabase): Promise<DeviceTokenStore> {
  const stored = (await ask(database, "readonly", (store) => store.get("tokens"))) as
    | Record<string, { token: string; url: string }>
    | undefined;
  const tokens = new Map(Object.entries(stored ?? {}));
  const save = () =>
    void ask(database, "readwrite", (store) => store.put(Object.fromEntries(tokens), "tokens")).catch(
      (error: unknown) => console.info("the device token could not be kept", error),
    );
  return {
    load({ role, url }) {
      const known = tokens.get(role);
      return known?.url === url ? known.token : null;
    },
    save({ role, token, url }) {
      tokens.set(role, { token, url });
      save();
    },
    erase({ role }) {
      tokens.delete(role);
      save();
    },
  };
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(databaseName, 1);
    request.addEventListener("upgradeneeded", () => request.result.createObjectStore(storeName));
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("no database")));
  });
}

function ask(
  database: IDBDatabase,
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = work(database.transaction(storeName, mode).objectStore(storeName));
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("the database refused")));
  });
}

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const base64url = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
