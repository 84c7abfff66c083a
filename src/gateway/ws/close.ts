import type { WebSocket } from "ws";

/** A close frame's reason holds 123 bytes; real servers cut at 120 (protocol.md, "Close codes"). */
const maxReasonBytes = 120;

/** Cuts at a character boundary, so the reason stays valid UTF-8. */
function closeReason(text: string): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= maxReasonBytes) return text;
  return new TextDecoder().decode(bytes.subarray(0, maxReasonBytes), { stream: true });
}

/** Starts the closing handshake; `ws` cuts the socket when the peer does not answer in time. */
export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState === socket.OPEN || socket.readyState === socket.CONNECTING) {
    socket.close(code, closeReason(reason));
  }
}
