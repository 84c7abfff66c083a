// The identity of this browser: an Ed25519 key that never leaves it (the private key is not extractable).

const databaseName = "openclaw-device";
const storeName = "keys";

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(databaseName, 1);
    request.addEventListener("upgradeneeded", () => request.result.createObjectStore(storeName));
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

function ask(database, mode, work) {
  return new Promise((resolve, reject) => {
    const request = work(database.transaction(storeName, mode).objectStore(storeName));
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
}

/** The key pair of this browser, made on first use; null where the browser cannot (no secure context, old engine). */
export async function loadDevice() {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle || !globalThis.indexedDB) return null;
  try {
    const database = await open();
    let keys = await ask(database, "readonly", (store) => store.get("ed25519"));
    if (!keys) {
      keys = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
      await ask(database, "readwrite", (store) => store.put(keys, "ed25519"));
    }
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
    const id = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", raw)));
    return { id, publicKey: base64url(raw), privateKey: keys.privateKey };
  } catch (error) {
    console.info("no device identity in this browser", error);
    return null;
  }
}

/** The `device` member of `connect` (protocol: v2 text, signed directly). */
export async function signDevice(device, { clientId, mode, role, scopes, token, nonce }) {
  const signedAt = Date.now();
  const text = ["v2", device.id, clientId, mode, role, scopes.join(","), String(signedAt), token, nonce].join(
    "|",
  );
  const signature = await crypto.subtle.sign("Ed25519", device.privateKey, new TextEncoder().encode(text));
  return {
    id: device.id,
    publicKey: device.publicKey,
    signature: base64url(new Uint8Array(signature)),
    signedAt,
    nonce,
  };
}
