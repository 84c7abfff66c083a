import type { TlsTrust, WebSocketLike } from "./options.ts";
import { isLoopback } from "./url.ts";

/** Bytes of one frame the official Node client takes from a server (protocol.md 1). */
const maxPayload = 26_214_400;

/**
 * What opens sockets to an address on Node, loaded by need: the small client for this machine's gateway, else `ws`
 * (bundled it loads 20 ms sooner than Node's global WebSocket; measured, Node 24).
 */
export async function nodeOpener(url: string, trust?: TlsTrust): Promise<(url: string) => WebSocketLike> {
  if (trust !== undefined) {
    const { openPinnedSocket } = await import("./pinned-socket.ts");
    return (address) => openPinnedSocket(address, trust, maxPayload);
  }
  if (isLoopback(url)) {
    const { openLoopbackSocket } = await import("./loopback-socket.ts");
    return (address) => openLoopbackSocket(address, { maxPayload });
  }
  const { WebSocket } = await import("ws");
  return (address) => new WebSocket(address, { perMessageDeflate: false, maxPayload });
}
