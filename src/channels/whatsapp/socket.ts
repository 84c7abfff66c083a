import { messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";
import type { LoginState } from "./auth-state.ts";
import { isAudience } from "./ids.ts";
import type { Intake } from "./intake.ts";
import {
  libraryLogger,
  makeWASocket,
  type BinaryNode,
  type ConnectionState,
  type GroupMetadata,
  type UserFacingSocketConfig,
  type WASocket,
} from "./library.ts";

export interface SocketSettings {
  /** Null for WhatsApp's own. */
  webSocketUrl: string | null;
  /** Groups known, so that sending to one need not ask for its members each time. */
  groups?: ReadonlyMap<string, GroupMetadata>;
  /** A message of ours that a phone could not read and asks for again. */
  sentMessage?: UserFacingSocketConfig["getMessage"];
}

/** One connection of the library, made safe: its timers are not used, and none of its failures goes unhandled. */
export interface OpenSocket {
  readonly library: WASocket;
  onStanza(listener: (node: BinaryNode) => void): void;
  onUpdate(listener: (update: Partial<ConnectionState>) => void): void;
  /** Resolves when WhatsApp has answered. */
  ping(): Promise<void>;
  /** Closes without waiting for the other side. Idempotent. */
  kill(): void;
}

/** The library's own keep-alive runs by the wall clock; ours runs by the context's. Longest a timer can take. */
const never = 2_000_000_000;
const queryTimeoutMs = 30_000;

interface Transport {
  socket: { terminate(): void } | null;
}
interface Emitter {
  eventNames(): Array<string | symbol>;
  rawListeners(name: string | symbol): Array<(...args: unknown[]) => unknown>;
  removeAllListeners(name: string | symbol): void;
  on(name: string | symbol, listener: (...args: unknown[]) => unknown): void;
}

/** Opens a connection with the login's keys; its end is told by an update. */
export function openSocket(
  settings: SocketSettings,
  login: LoginState,
  intake: Intake | null,
  logger: Logger,
): OpenSocket {
  let dead = false;
  const library = makeWASocket({
    auth: { creds: login.creds, keys: login.keys },
    logger: libraryLogger(logger),
    ...(settings.webSocketUrl === null ? {} : { waWebSocketUrl: settings.webSocketUrl }),
    ...(intake ? { makeSignalRepository: intake.makeSignalRepository } : {}),
    browser: ["OpenClaw", "Chrome", "1.0"],
    keepAliveIntervalMs: never,
    defaultQueryTimeoutMs: queryTimeoutMs,
    // The phone goes on ringing for what arrives: we are no second pair of eyes.
    markOnlineOnConnect: false,
    syncFullHistory: false,
    shouldSyncHistoryMessage: () => false,
    emitOwnEvents: false,
    shouldIgnoreJid: (jid) => isAudience(jid),
    cachedGroupMetadata: (jid) => Promise.resolve(settings.groups?.get(jid)),
    ...(settings.sentMessage ? { getMessage: settings.sentMessage } : {}),
  });
  const stanzas: Array<(node: BinaryNode) => void> = [];
  const events = library.ws as unknown as Emitter;
  containFailures(events, logger);
  events.on("frame", (frame) => {
    if (dead || frame instanceof Uint8Array) return;
    for (const listener of stanzas) listener(frame as BinaryNode);
  });
  library.ev.on("creds.update", () => {
    if (!dead)
      login
        .save()
        .catch((error: unknown) =>
          logger.error("the WhatsApp login cannot be saved", { error: messageOf(error) }),
        );
  });

  return {
    library,
    onStanza: (listener) => stanzas.push(listener),
    onUpdate: (listener) => library.ev.on("connection.update", listener),
    async ping() {
      const answer: unknown = await library.query({
        tag: "iq",
        attrs: { to: "@s.whatsapp.net", type: "get", xmlns: "w:p" },
        content: [{ tag: "ping", attrs: {} }],
      });
      if (answer === undefined) throw new Error("no answer");
    },
    kill() {
      if (dead) return;
      dead = true;
      const transport = library.ws as unknown as Transport;
      const ended = Promise.resolve(library.end(undefined));
      ended.catch((error: unknown) =>
        logger.debug("a WhatsApp connection did not end cleanly", { error: messageOf(error) }),
      );
      transport.socket?.terminate();
    },
  };
}

/**
 * The library's listeners are async functions nobody awaits: a rejection would end the process. Messages are also taken
 * one after the other: handled at once, two first messages of one person race for the session that both make, and what
 * was kept for us while we were away would be overtaken by what is said now.
 */
function containFailures(events: Emitter, logger: Logger): void {
  let messages: Promise<void> = Promise.resolve();
  for (const name of events.eventNames()) {
    const listeners = events.rawListeners(name);
    events.removeAllListeners(name);
    for (const listener of listeners) {
      const run = async (args: unknown[]): Promise<void> => {
        try {
          await listener(...args);
        } catch (error) {
          logger.debug("a WhatsApp stanza could not be handled", {
            stanza: String(name),
            error: messageOf(error),
          });
        }
      };
      if (name !== "CB:message") {
        events.on(name, (...args) => void run(args));
        continue;
      }
      events.on(name, (...args) => {
        const [node] = args as [BinaryNode];
        // Marked so, they would go through a queue of the library's own, beside this one.
        delete node.attrs["offline"];
        messages = messages.then(() => run(args));
      });
    }
  }
}
