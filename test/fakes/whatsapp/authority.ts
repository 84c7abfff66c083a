import { createHash, createPrivateKey, createPublicKey } from "node:crypto";

// The double's certificate authority: a fixed key, so that a gateway in a process of its own can be told to trust it.

const x25519Pkcs8 = Buffer.from("302e020100300506032b656e04220420", "hex");

function keyPair(name: string): { private: Buffer; public: Buffer } {
  const secret = createHash("sha256").update(`fake whatsapp ${name}`).digest();
  const key = createPrivateKey({ key: Buffer.concat([x25519Pkcs8, secret]), format: "der", type: "pkcs8" });
  return {
    private: secret,
    public: createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32),
  };
}

export const root = keyPair("root");
export const intermediate = keyPair("intermediate");

/** WhatsApp's own root key, as the library has it in its source. */
export const realRootHex = "142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b";
