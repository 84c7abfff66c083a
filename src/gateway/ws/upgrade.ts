import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { Secret } from "../../core/secret.ts";
import { closeCodes, policy } from "../../protocol/index.ts";
import type { UpgradeFacts } from "../auth/admit.ts";
import { clientAddress, hostName } from "../auth/client-address.ts";
import { tailscaleClaim } from "../auth/tailscale-identity.ts";
import { checkHost, checkOrigin } from "../http/origin.ts";
import { canonicalSegments, splitTarget } from "../http/path.ts";
import { limitsOf, type ServerSettings } from "../settings.ts";
import { closeSocket } from "./close.ts";
import { newSocketIds } from "./handshake.ts";

export interface Upgrader {
  handle(request: IncomingMessage, stream: Duplex, head: Buffer): void;
  /** A socket left the state before `hello-ok`. */
  settled(socket: WebSocket, limitKey: string): void;
  /** Closes the sockets that have not signed in. */
  close(): void;
  /** Cuts those that did not answer. */
  cut(): void;
}

/**
 * Turns upgrade requests into sockets: Host, budgets for sockets that have not signed in, then `ws`. Any path is the
 * gateway socket (protocol.md 1) except those reserved under `/__openclaw__/`.
 */
export function createUpgrader(options: {
  settings: () => ServerSettings;
  stopping: () => boolean;
  accept: (socket: WebSocket, raw: Socket, facts: UpgradeFacts) => void;
}): Upgrader {
  const socketOptions = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: policy.maxPayload,
    // Milliseconds a peer has to answer a close frame; known to ws 8.19, not yet to its types.
    closeTimeout: 2000,
  };
  const server = new WebSocketServer(socketOptions);
  const perAddress = new Map<string, number>();
  const waitingSockets = new Set<WebSocket>();
  let pending = 0;

  const release = (limitKey: string) => {
    pending -= 1;
    const left = (perAddress.get(limitKey) ?? 1) - 1;
    if (left > 0) perAddress.set(limitKey, left);
    else perAddress.delete(limitKey);
  };

  return {
    settled(socket, limitKey) {
      waitingSockets.delete(socket);
      release(limitKey);
    },
    close() {
      for (const socket of waitingSockets) closeSocket(socket, closeCodes.serviceRestart, "service restart");
      server.close();
    },
    cut() {
      for (const socket of waitingSockets) socket.terminate();
    },
    handle(request, stream, head) {
      stream.on("error", ignoreReset);
      const settings = options.settings();
      const limits = limitsOf(settings);
      if (options.stopping()) return refuse(stream, 503, "the gateway is stopping");
      const { pathname, query } = splitTarget(request.url ?? "/");
      const segments = canonicalSegments(pathname);
      if (segments === null || segments[0] === "__openclaw__") return refuse(stream, 404, "Not Found");
      const host = checkHost(request, settings);
      if (!host.allowed) return refuse(stream, 403, `${host.message}; to allow it: ${host.hint}`);
      const address = clientAddress(request, settings);
      const waiting = perAddress.get(address.limitKey) ?? 0;
      const origin = checkOrigin(request, settings);
      // This machine's own programs share one address, so only the budget of all holds for them; pages of other
      // sites that reach for loopback count as strangers.
      const counted = !(address.direct && origin.allowed);
      if (pending >= limits.pendingSockets || (counted && waiting >= limits.pendingSocketsPerAddress)) {
        return refuse(stream, 503, "too many connections are waiting to sign in");
      }
      pending += 1;
      perAddress.set(address.limitKey, waiting + 1);
      const token = query.get("token");
      const facts: UpgradeFacts = {
        ...newSocketIds(),
        address,
        origin,
        hostName: hostName(request.headers.host),
        tailscale: tailscaleClaim(request, settings),
        queryToken: token === null || token === "" ? null : new Secret(token),
      };
      let accepted = false;
      // `ws` refuses malformed upgrades itself and then only ends the stream.
      stream.once("close", () => {
        if (!accepted) release(address.limitKey);
      });
      // The answer to the upgrade and the challenge behind it leave in one packet.
      stream.cork();
      server.handleUpgrade(request, stream, head, (socket) => {
        accepted = true;
        waitingSockets.add(socket);
        stream.off("error", ignoreReset);
        options.accept(socket, stream as Socket, facts);
      });
      stream.uncork();
    },
  };
}

/** A peer that resets before the socket is ours: the close that follows does the book-keeping. */
function ignoreReset(): void {}

function refuse(stream: Duplex, status: 403 | 404 | 503, text: string): void {
  const names = { 403: "Forbidden", 404: "Not Found", 503: "Service Unavailable" };
  const body = `${text}\n`;
  stream.end(
    `HTTP/1.1 ${status} ${names[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `${status === 503 ? "Retry-After: 1\r\n" : ""}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
