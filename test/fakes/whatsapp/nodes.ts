import { encodeBigEndian, type BinaryNode } from "baileys";

/** Small helpers to read and write stanzas. */
export const node = (
  tag: string,
  attrs: Record<string, string> = {},
  content?: BinaryNode["content"],
): BinaryNode => ({ tag, attrs, ...(content === undefined ? {} : { content }) });

export function children(parent: BinaryNode | undefined, tag?: string): BinaryNode[] {
  const content = Array.isArray(parent?.content) ? parent.content : [];
  return tag === undefined ? content : content.filter((child) => child.tag === tag);
}

export const child = (parent: BinaryNode | undefined, tag: string): BinaryNode | undefined =>
  children(parent, tag)[0];

export function bytes(parent: BinaryNode | undefined, tag?: string): Buffer {
  const content = tag === undefined ? parent?.content : child(parent, tag)?.content;
  return content instanceof Uint8Array
    ? Buffer.from(content)
    : Buffer.from(typeof content === "string" ? content : "");
}

export interface Bundle {
  registrationId: number;
  identity: Uint8Array;
  signedPreKey: { keyId: number; public: Uint8Array; signature: Uint8Array };
}

/** A device's public keys as the server hands them out. */
export function bundleNode(jid: string, bundle: Bundle): BinaryNode {
  return node("user", { jid }, [
    node("registration", {}, encodeBigEndian(bundle.registrationId)),
    node("type", {}, Buffer.from([5])),
    node("identity", {}, Buffer.from(bundle.identity)),
    node("skey", {}, [
      node("id", {}, encodeBigEndian(bundle.signedPreKey.keyId, 3)),
      node("value", {}, Buffer.from(bundle.signedPreKey.public)),
      node("signature", {}, Buffer.from(bundle.signedPreKey.signature)),
    ]),
  ]);
}
