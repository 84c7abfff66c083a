import { messageOf } from "../../core/errors.ts";
import type { ChannelContext, ChannelTrouble } from "../contract.ts";
import type { LoginState } from "./auth-state.ts";
import { explainDisconnect } from "./disconnects.ts";
import type { Intake } from "./intake.ts";
import { openSocket, type OpenSocket, type SocketSettings } from "./socket.ts";
import type { BinaryNode } from "./library.ts";

export interface ConnectionDeps {
  context: Pick<ChannelContext, "account" | "clock" | "logger" | "signal" | "proved" | "trouble">;
  login: LoginState;
  settings: SocketSettings;
  intake: Intake;
  /** Every stanza, before the library sees it. */
  onStanza(node: BinaryNode): void;
  /** A new connection, before anything came over it. */
  onSocket(socket: OpenSocket): void;
  /** It ended: whoever waits for an answer on it waits in vain. */
  onClosed(): void;
}

export interface Connection {
  /** The open connection, or null while there is none. */
  open(): OpenSocket | null;
  /** Why there is none; null when nothing is wrong. */
  trouble(): ChannelTrouble | null;
  /** Asks WhatsApp over the open connection; false when nothing came back in time. */
  ping(): Promise<boolean>;
  /** Ends this connection as broken; a new one follows. */
  drop(reason: string): void;
  stop(): Promise<void>;
}

const firstDelayMs = 1000;
const longestDelayMs = 60_000;
/** How long a connection may take until WhatsApp has accepted the login. */
const openTimeoutMs = 40_000;
const pingEveryMs = 25_000;
const pingTimeoutMs = 15_000;
/** So often "connect again" is followed at once before it counts as a fault. */
const restartsAtOnce = 3;

/**
 * Keeps one account connected. What counts is what came over the wire: a ping every 25 s of the context's clock must be
 * answered, whatever the socket says about itself. Gives up only where trying again cannot help.
 */
export function keepConnected(deps: ConnectionDeps): Connection {
  const { context, login } = deps;
  const { clock, logger, signal } = context;
  let socket: OpenSocket | null = null;
  let accepted = false;
  let trouble: ChannelTrouble | null = null;
  let failures = 0;
  let restarts = 0;
  let lastStanzaAt = clock.monotonic();
  let stopped = false;
  let cancelTimer = (): void => {};
  let dropReason: string | null = null;

  function connect(): void {
    if (stopped) return;
    accepted = false;
    dropReason = null;
    const mine = openSocket(deps.settings, login, deps.intake, logger);
    socket = mine;
    mine.onStanza((node) => {
      if (socket !== mine) return;
      lastStanzaAt = clock.monotonic();
      deps.intake.notice(node);
      deps.onStanza(node);
    });
    mine.onUpdate(({ connection, lastDisconnect }) => {
      if (socket !== mine) return;
      if (connection === "open") onAccepted();
      if (connection === "close") onClosed(lastDisconnect?.error);
    });
    deps.onSocket(mine);
    cancelTimer = clock.after(openTimeoutMs, () => drop("WhatsApp did not answer the login in time"));
  }

  function onAccepted(): void {
    accepted = true;
    failures = 0;
    trouble = null;
    context.proved("receive");
    logger.info("connected to WhatsApp");
    schedulePing();
  }

  function schedulePing(): void {
    cancelTimer();
    cancelTimer = clock.after(pingEveryMs, () => {
      void ping().then((answered) => {
        if (!socket || !accepted) return;
        if (answered) {
          restarts = 0;
          schedulePing();
        } else drop("WhatsApp does not answer any more");
      });
    });
  }

  /** Anything WhatsApp says meanwhile answers the question as well. */
  function ping(): Promise<boolean> {
    const asked = socket;
    if (!asked || !accepted) return Promise.resolve(false);
    const before = lastStanzaAt;
    return new Promise((resolve) => {
      const cancel = clock.after(pingTimeoutMs, () => settle(lastStanzaAt > before));
      const settle = (answered: boolean): void => {
        cancel();
        if (answered && asked === socket) context.proved("receive");
        resolve(answered && asked === socket);
      };
      asked.ping().then(
        () => settle(true),
        () => settle(false),
      );
    });
  }

  function onClosed(error: unknown): void {
    cancelTimer();
    const ended = socket;
    socket = null;
    accepted = false;
    ended?.kill();
    deps.onClosed();
    if (stopped) return;
    const status = (error as { output?: { statusCode?: number } } | undefined)?.output?.statusCode;
    const text = dropReason ?? (error === undefined ? "closed" : messageOf(error));
    const known = explainDisconnect(dropReason === null ? status : undefined, text, context.account);
    if (known.atOnce && restarts < restartsAtOnce) {
      restarts += 1;
      logger.info("WhatsApp asked to connect again");
      connect();
      return;
    }
    if (known.trouble.fatal) {
      trouble = known.trouble;
      context.trouble(trouble);
      return;
    }
    const longest = Math.min(longestDelayMs, firstDelayMs * 2 ** failures);
    failures += 1;
    const delay = Math.round(longest * (0.5 + Math.random() / 2));
    trouble = { ...known.trouble, retryAt: clock.now() + delay };
    context.trouble(trouble);
    cancelTimer = clock.after(delay, connect);
  }

  /** Nothing is waited for: a dead peer answers no closing handshake either. */
  function drop(reason: string): void {
    if (!socket) return;
    dropReason = reason;
    const dropped = socket;
    onClosed(undefined);
    dropped.kill();
  }

  const onAbort = (): void => halt();
  function halt(): void {
    if (stopped) return;
    stopped = true;
    cancelTimer();
    socket?.kill();
    socket = null;
    accepted = false;
    deps.onClosed();
  }

  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) halt();
  connect();
  return {
    open: () => (accepted ? socket : null),
    trouble: () => trouble,
    ping,
    drop,
    async stop() {
      signal.removeEventListener("abort", onAbort);
      halt();
      await login.settled();
    },
  };
}
