import type { Server } from "node:http";
import {
  aesDecryptGCM,
  aesEncryptGCM,
  Curve,
  decodeBinaryNode,
  encodeBinaryNode,
  hkdf,
  NOISE_MODE,
  NOISE_WA_HEADER,
  proto,
  sha256,
  type BinaryNode,
} from "baileys";
import { WebSocketServer, type WebSocket } from "ws";
import { intermediate, root } from "./authority.ts";

// The transport of WhatsApp's multi-device clients, from the server's side: frames of three length bytes inside
// WebSocket messages, Noise_XX_25519_AESGCM_SHA256 as responder, binary stanzas.

/** One connection of a client. */
export interface Wire {
  payload: proto.ClientPayload;
  send(node: BinaryNode): void;
  /** Resets the connection. */
  destroy(): void;
  readonly gone: boolean;
}

export interface WireHandlers {
  /** The handshake is done: the client has said who it is. */
  hello(wire: Wire): void;
  node(wire: Wire, node: BinaryNode): Promise<void>;
  closed(wire: Wire): void;
  failed(error: unknown): void;
}

const never = 4_102_444_800;
const empty = Buffer.alloc(0);

function certificate(leafKey: Uint8Array): Uint8Array {
  const { Details } = proto.CertChain.NoiseCertificate;
  const sign = (details: Uint8Array, key: Buffer) => ({ details, signature: Curve.sign(key, details) });
  const above = { notBefore: 0, notAfter: never };
  const middle = Details.encode({ ...above, serial: 1, issuerSerial: 0, key: intermediate.public }).finish();
  const leaf = Details.encode({ ...above, serial: 2, issuerSerial: 1, key: leafKey }).finish();
  return proto.CertChain.encode({
    intermediate: sign(middle, root.private),
    leaf: sign(leaf, intermediate.private),
  }).finish();
}

const nonce = (count: number): Buffer => {
  const iv = Buffer.alloc(12);
  iv.writeUInt32BE(count, 8);
  return iv;
};

/** Serves clients on the upgrade requests of `server`. */
export function serveWire(server: Server, handlers: WireHandlers): void {
  const identity = Curve.generateKeyPair();
  const chain = certificate(identity.public);
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => accept(socket, identity, chain, handlers));
}

function accept(
  socket: WebSocket,
  identity: { public: Uint8Array; private: Uint8Array },
  chain: Uint8Array,
  handlers: WireHandlers,
): void {
  let hash: Buffer = Buffer.from(NOISE_MODE);
  let salt: Buffer = hash;
  let key: Buffer = hash;
  let count = 0;
  let received: Buffer = empty;
  let stage: "intro" | "hello" | "finish" | "open" = "intro";
  let ephemeral: { public: Uint8Array; private: Uint8Array } = { public: empty, private: empty };
  let clientEphemeral: Uint8Array = empty;
  let outKey: Buffer = empty;
  let inKey: Buffer = empty;
  let outCount = 0;
  let inCount = 0;
  let gone = false;
  let work: Promise<void> = Promise.resolve();

  const mixHash = (data: Uint8Array): void => void (hash = sha256(Buffer.concat([hash, data])));
  const mixKey = (secret: Uint8Array): void => {
    const derived = Buffer.from(hkdf(Buffer.from(secret), 64, { salt, info: "" }));
    salt = derived.subarray(0, 32);
    key = derived.subarray(32);
    count = 0;
  };
  const seal = (plain: Uint8Array): Buffer => {
    const sealed = aesEncryptGCM(plain, key, nonce(count++), hash);
    mixHash(sealed);
    return sealed;
  };
  const open = (sealed: Uint8Array): Buffer => {
    const plain = aesDecryptGCM(sealed, key, nonce(count++), hash);
    mixHash(sealed);
    return plain;
  };
  const frame = (data: Uint8Array): void => {
    const head = Buffer.alloc(3);
    head.writeUIntBE(data.length, 0, 3);
    if (!gone) socket.send(Buffer.concat([head, data]));
  };

  const wire: Wire = {
    payload: new proto.ClientPayload(),
    send: (node) => {
      if (!gone) frame(aesEncryptGCM(encodeBinaryNode(node), outKey, nonce(outCount++), empty));
    },
    destroy: () => socket.terminate(),
    get gone() {
      return gone;
    },
  };

  async function onFrame(data: Buffer): Promise<void> {
    if (stage === "hello") {
      clientEphemeral = proto.HandshakeMessage.decode(data).clientHello?.ephemeral ?? empty;
      mixHash(clientEphemeral);
      ephemeral = Curve.generateKeyPair();
      mixHash(ephemeral.public);
      mixKey(Curve.sharedKey(ephemeral.private, clientEphemeral));
      const sealedIdentity = seal(identity.public);
      mixKey(Curve.sharedKey(identity.private, clientEphemeral));
      const serverHello = { ephemeral: ephemeral.public, static: sealedIdentity, payload: seal(chain) };
      frame(proto.HandshakeMessage.encode({ serverHello }).finish());
      stage = "finish";
    } else if (stage === "finish") {
      const { clientFinish } = proto.HandshakeMessage.decode(data);
      mixKey(Curve.sharedKey(ephemeral.private, open(clientFinish?.static ?? empty)));
      wire.payload = proto.ClientPayload.decode(open(clientFinish?.payload ?? empty));
      const derived = Buffer.from(hkdf(empty, 64, { salt, info: "" }));
      inKey = derived.subarray(0, 32);
      outKey = derived.subarray(32);
      stage = "open";
      handlers.hello(wire);
    } else {
      const node = await decodeBinaryNode(aesDecryptGCM(data, inKey, nonce(inCount++), empty));
      await handlers.node(wire, node);
    }
  }

  async function onData(data: Buffer): Promise<void> {
    received = Buffer.concat([received, data]);
    if (stage === "intro") {
      if (received.length < NOISE_WA_HEADER.length) return;
      const intro = received.subarray(0, NOISE_WA_HEADER.length);
      if (!intro.equals(NOISE_WA_HEADER)) return socket.terminate();
      mixHash(intro);
      received = received.subarray(NOISE_WA_HEADER.length);
      stage = "hello";
    }
    while (received.length >= 3) {
      const length = received.readUIntBE(0, 3);
      if (received.length < length + 3) break;
      const data = received.subarray(3, length + 3);
      received = received.subarray(length + 3);
      await onFrame(data);
    }
  }

  socket.on("message", (data: Buffer) => {
    work = work
      .then(() => onData(data))
      .catch((error: unknown) => {
        if (!gone) handlers.failed(error);
        socket.terminate();
      });
  });
  socket.on("error", () => socket.terminate());
  socket.on("close", () => {
    gone = true;
    handlers.closed(wire);
  });
}
