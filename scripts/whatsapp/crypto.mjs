// In place of `whatsapp-rust-bridge` (2 MB of WebAssembly), of which the library uses these four: Node's own crypto.
import { createHash, hkdfSync } from "node:crypto";

export const md5 = (data) => new Uint8Array(createHash("md5").update(data).digest());

export function hkdf(key, length, { salt, info } = {}) {
  return new Uint8Array(hkdfSync("sha256", key, salt ?? new Uint8Array(0), info ?? "", length));
}

/** The five keys of app state, from one. */
export function expandAppStateKeys(key) {
  const all = hkdf(key, 160, { info: "WhatsApp Mutation Keys" });
  const part = (index) => all.slice(index * 32, index * 32 + 32);
  return {
    indexKey: part(0),
    valueEncryptionKey: part(1),
    valueMacKey: part(2),
    snapshotMacKey: part(3),
    patchMacKey: part(4),
  };
}

/** A sum over a set: what was added can be taken away in any order. 64 numbers of 16 bits, little-endian. */
export class LTHashAntiTampering {
  subtractThenAdd(base, subtract, add) {
    const sum = new Uint8Array(base);
    const view = new DataView(sum.buffer);
    const apply = (item, sign) => {
      const term = hkdf(item, sum.length, { info: "WhatsApp Patch Integrity" });
      const terms = new DataView(term.buffer);
      for (let at = 0; at < sum.length; at += 2)
        view.setUint16(at, view.getUint16(at, true) + sign * terms.getUint16(at, true), true);
    };
    for (const item of subtract) apply(item, -1);
    for (const item of add) apply(item, 1);
    return sum;
  }
}
