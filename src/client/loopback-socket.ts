import { isUtf8 } from "node:buffer";
import { connect } from "node:net";
import { acceptKey } from "./accept-key.ts";
import { createFrameReader, encodeFrame, FrameError, opcodes, type Frame } from "./frames.ts";
import type { WebSocketLike } from "./options.ts";

type EventName = "open" | "message" | "close" | "error";

/** Bytes an answer to the upgrade may take. */
const maxHead = 16_384;
/** How long the other side may take to answer our close. */
const closeWaitMs = 2_000;

/**
 * The client side of RFC 6455 for `ws:` on this machine: text messages, no extensions. A command needs no HTTP, TLS or
 * compression for that, and loading those is a tenth of its time; every other address goes through `ws`.
 */
export function openLoopbackSocket(url: string, options: { maxPayload: number }): WebSocketLike {
  const { hostname, port, pathname, search, host } = new URL(url);
  const listeners: Array<[EventName, (event: unknown) => void]> = [];
  const emit = (name: EventName, event: unknown) => {
    for (const [wanted, listener] of listeners) if (wanted === name) listener(event);
  };
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 80), noDelay: true });
  const key = Buffer.from(Array.from({ length: 16 }, () => Math.floor(Math.random() * 256))).toString(
    "base64",
  );
  const reader = createFrameReader(options.maxPayload);
  let state: "opening" | "open" | "closing" | "closed" = "opening";
  let head = Buffer.alloc(0);
  /** Payloads of a message that comes in parts. */
  let parts: Buffer[] | null = null;
  let partsSize = 0;
  let closed = { code: 1006, reason: "" };
  let timer: NodeJS.Timeout | undefined;

  const fail = (error: Error) => {
    emit("error", { error, message: error.message });
    socket.destroy();
  };
  const sendClose = (code: number, reason: string) => {
    if (state !== "open") return;
    state = "closing";
    const payload = Buffer.alloc(2 + Buffer.byteLength(reason));
    payload.writeUInt16BE(code);
    payload.write(reason, 2);
    socket.write(encodeFrame(opcodes.close, payload));
    timer = setTimeout(() => socket.destroy(), closeWaitMs);
    timer.unref();
  };

  const onHead = (bytes: Buffer) => {
    head = Buffer.concat([head, bytes]);
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) {
      if (head.length > maxHead) fail(new Error("the answer to the upgrade does not end"));
      return;
    }
    const problem = upgradeProblem(head.toString("latin1", 0, end), key);
    if (problem) return fail(new Error(problem));
    state = "open";
    const rest = head.subarray(end + 4);
    emit("open", {});
    if (rest.length > 0) onFrames(rest);
  };
  const onFrames = (bytes: Buffer) => {
    try {
      reader.add(bytes);
      for (let frame = reader.take(); frame && state !== "closed"; frame = reader.take()) onFrame(frame);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      sendClose(error.code, "");
      fail(error);
    }
  };
  const onFrame = ({ opcode, payload, final }: Frame) => {
    if (opcode === opcodes.ping) {
      if (state === "open") socket.write(encodeFrame(opcodes.pong, payload));
    } else if (opcode === opcodes.close) {
      closed = closeOf(payload);
      sendClose(closed.code === 1005 ? 1000 : closed.code, closed.reason);
      socket.end();
    } else if (opcode === opcodes.text || opcode === opcodes.continuation) {
      if ((opcode === opcodes.text) !== (parts === null))
        throw new FrameError(1002, "parts are out of order");
      parts ??= [];
      parts.push(payload);
      partsSize += payload.length;
      if (partsSize > options.maxPayload)
        throw new FrameError(1009, `a message is longer than ${options.maxPayload} bytes`);
      if (!final) return;
      const message = Buffer.concat(parts);
      parts = null;
      partsSize = 0;
      if (!isUtf8(message)) throw new FrameError(1007, "a message is no UTF-8 text");
      emit("message", { data: message.toString("utf8") });
    } else if (opcode !== opcodes.pong) throw new FrameError(1003, `opcode ${opcode} is not understood`);
  };

  socket.on("connect", () =>
    socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    ),
  );
  socket.on("data", (bytes: Buffer) => (state === "opening" ? onHead(bytes) : onFrames(bytes)));
  socket.on("error", (error) => emit("error", { error, message: error.message }));
  socket.on("close", () => {
    state = "closed";
    clearTimeout(timer);
    emit("close", closed);
  });

  return {
    send(data) {
      if (state === "open") socket.write(encodeFrame(opcodes.text, Buffer.from(data, "utf8")));
    },
    close(code = 1000, reason = "") {
      if (state === "opening") socket.destroy();
      else sendClose(code, reason);
    },
    addEventListener: (name, listener) => void listeners.push([name, listener]),
  };
}

/** What is wrong with the answer to the upgrade, or null. */
function upgradeProblem(head: string, key: string): string | null {
  const [first = "", ...lines] = head.split("\r\n");
  const status = /^HTTP\/1\.1 (\d{3})/.exec(first)?.[1];
  if (status !== "101") return status ? `Unexpected server response: ${status}` : "the answer is not HTTP";
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  if (headers.get("upgrade")?.toLowerCase() !== "websocket") return "the server did not switch to WebSocket";
  if (headers.get("sec-websocket-accept") !== acceptKey(key)) return "Invalid Sec-WebSocket-Accept header";
  // Nothing was offered, so nothing may be chosen.
  if (headers.has("sec-websocket-extensions") || headers.has("sec-websocket-protocol"))
    return "the server chose an extension nobody offered";
  return null;
}

function closeOf(payload: Buffer): { code: number; reason: string } {
  if (payload.length === 0) return { code: 1005, reason: "" };
  const code = payload.length === 1 ? 0 : payload.readUInt16BE(0);
  const allowed =
    (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) || (code >= 3000 && code < 5000);
  if (!allowed || !isUtf8(payload.subarray(2))) throw new FrameError(1002, "a close frame is not valid");
  return { code, reason: payload.toString("utf8", 2) };
}
