import { createHash } from "node:crypto";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "../core/clock.ts";
import type { Logger } from "../core/logger.ts";
import type { ResolvedBind } from "./bind.ts";
import { listenAll } from "./listen.ts";
import type { ServerSettings } from "./settings.ts";

/** Who takes what arrives: one life of the gateway. */
export interface Keeper {
  onRequest: RequestListener;
  onUpgrade: (request: IncomingMessage, stream: Duplex, head: Buffer) => void;
}

/**
 * The listening sockets of the process. They outlive a restart inside it: between two lives what arrives waits, for a
 * bounded time, instead of being refused.
 */
export interface Doors {
  /**
   * Hands what waits and what comes to `keeper`. Listens anew only where address, port or TLS are not those that are
   * open already.
   * @throws UserError PORT_IN_USE, BIND_INVALID, TLS_INVALID.
   */
  open(
    options: { bind: ResolvedBind; port: number; tls: ServerSettings["tls"]; logger: Logger } & Keeper,
  ): Promise<{ port: number }>;
  /** From now on what arrives waits for the next keeper. */
  hold(): void;
  /** Takes a hold back: the last keeper goes on, with what waited. */
  resume(): void;
  /** Resolves when the last keeper has answered its requests (`all`: and its sockets are closed), or after `ms`. */
  settled(options: { ms: number; all: boolean }): Promise<void>;
  /** Cuts what the last keeper was given and did not end. */
  cut(): void;
  /** Stops listening; idle connections close at once, those still busy after `budgetMs` are cut. */
  close(budgetMs: number): Promise<void>;
}

/** Milliseconds one request waits for the next life before it is told to come again. */
const patienceMs = 5000;
/** Requests and upgrades that wait at a time; a restart is short, more than this is an attack. */
const mostWaiting = 1024;

interface Waiting {
  give(keeper: Keeper): void;
  turnAway(): void;
}

export function createDoors(clock: Clock): Doors {
  let open: { key: string; servers: Server[]; port: number } | null = null;
  let keeper: Keeper | null = null;
  let last: Keeper | null = null;
  let closed = false;
  /** What the keepers were given and is still open. */
  const answers = new Set<ServerResponse>();
  const sockets = new Set<Duplex>();
  const waiting = new Set<Waiting>();
  let onLeft: (() => void) | null = null;

  function track<T extends ServerResponse | Duplex>(thing: T, among: Set<T>): void {
    among.add(thing);
    thing.once("close", () => {
      among.delete(thing);
      onLeft?.();
    });
  }
  const cut = () => {
    for (const thing of [...answers, ...sockets]) thing.destroy();
  };
  const resume = () => {
    if (closed || last === null) return;
    keeper = last;
    for (const each of waiting) each.give(keeper);
  };
  const wait = (stream: ServerResponse | Duplex, what: Waiting) => {
    if (closed || waiting.size >= mostWaiting) return what.turnAway();
    const leave = () => {
      cancel();
      waiting.delete(entry);
      stream.off("close", leave);
    };
    const cancel = clock.after(patienceMs, () => {
      leave();
      what.turnAway();
    });
    const entry: Waiting = {
      give(to) {
        leave();
        what.give(to);
      },
      turnAway() {
        leave();
        what.turnAway();
      },
    };
    waiting.add(entry);
    stream.once("close", leave);
  };

  const onRequest: RequestListener = (request, response) => {
    const give = (to: Keeper) => {
      track(response, answers);
      to.onRequest(request, response);
    };
    if (keeper) return give(keeper);
    wait(response, {
      give,
      turnAway() {
        const body = "the gateway is restarting\n";
        response
          .writeHead(503, {
            "content-type": "text/plain; charset=utf-8",
            "content-length": Buffer.byteLength(body),
            "retry-after": "1",
            connection: "close",
          })
          .end(body);
      },
    });
  };
  const onUpgrade: Keeper["onUpgrade"] = (request, stream, head) => {
    const give = (to: Keeper) => {
      track(stream, sockets);
      to.onUpgrade(request, stream, head);
    };
    if (keeper) return give(keeper);
    // Until somebody takes it, a reset has no other listener; the close that follows removes it from the queue.
    const ignoreReset = () => {};
    stream.on("error", ignoreReset);
    wait(stream, {
      give(to) {
        stream.off("error", ignoreReset);
        give(to);
      },
      turnAway: () =>
        void stream.end(
          "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        ),
    });
  };

  return {
    async open({ bind, port, tls, logger, ...next }) {
      const key = keyOf({ bind, port, tls });
      if (open && open.key !== key) {
        // What waits came through the old doors and is answered all the same.
        for (const server of open.servers) {
          server.close();
          server.closeIdleConnections();
        }
        open = null;
      }
      open ??= { key, ...(await listenAll({ bind, port, tls, logger, onRequest, onUpgrade })) };
      last = next;
      resume();
      return { port: open.port };
    },
    hold() {
      keeper = null;
    },
    resume,
    settled({ ms, all }) {
      const left = () => answers.size + (all ? sockets.size : 0);
      if (left() === 0) return Promise.resolve();
      return new Promise((resolve) => {
        const finish = () => {
          cancel();
          onLeft = null;
          resolve();
        };
        const cancel = clock.after(ms, finish);
        onLeft = () => {
          if (left() === 0) finish();
        };
      });
    },
    cut,
    async close(budgetMs) {
      const servers = open?.servers ?? [];
      open = null;
      keeper = null;
      closed = true;
      for (const each of waiting) each.turnAway();
      const cancel = clock.after(budgetMs, () => {
        cut();
        for (const server of servers) server.closeAllConnections();
      });
      await Promise.all(servers.map(closeServer));
      cancel();
    },
  };
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

/** The key pair and CA count by their contents: a renewed certificate opens the doors anew. */
function keyOf({
  bind,
  port,
  tls,
}: {
  bind: ResolvedBind;
  port: number;
  tls: ServerSettings["tls"];
}): string {
  return createHash("sha256")
    .update(JSON.stringify([bind.listen, port, tls]))
    .digest("hex");
}
