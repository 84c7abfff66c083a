import { createHash } from "node:crypto";
import { isObject } from "../../core/json.ts";
import type { GatewayOptions } from "./gateway.ts";
import { openGatewaySocket, type Payload } from "./socket.ts";
import type { WireReady } from "./types.ts";
import { closeCode, closeKeepingSession, intentsOf, op } from "./wire.ts";

export type Connected = "new" | "resumed";

/** How a connection ended. */
export type ConnectionEnd =
  | {
      kind: "closed";
      code: number;
      reason: string;
      /** The gateway asked for it. */
      asked: boolean;
      waitMs: number;
      /** A session stood. */
      established: boolean;
      /** An event was dealt with. */
      progress: boolean;
    }
  | { kind: "not-stored"; error: unknown }
  | { kind: "failed"; error: unknown };

const helloWithinMs = 20_000;
/** More than this waiting for the ledger is left with Discord, which sends it again. */
const mostWaiting = 5000;
const sessionEnding = new Set<number>([
  closeCode.notAuthenticated,
  closeCode.tokenRefused,
  closeCode.invalidSequence,
  closeCode.sessionTimedOut,
  closeCode.invalidShard,
  closeCode.shardingRequired,
  closeCode.invalidVersion,
  closeCode.invalidIntents,
  closeCode.disallowedIntents,
]);

/**
 * One connection: HELLO, IDENTIFY or RESUME, heartbeats, events one after another. Resolves when it has ended and no
 * event is being dealt with. A heartbeat that is not answered by the next one means that the connection is dead.
 */
export function connect(
  options: GatewayOptions & { url: string; connected: (how: Connected) => void },
): Promise<ConnectionEnd> {
  const { context, settings, state, signal } = options;
  const { clock, logger } = context;
  const { promise, resolve } = Promise.withResolvers<ConnectionEnd>();
  const life = new AbortController();
  const within = AbortSignal.any([life.signal, signal]);
  let chain = Promise.resolve();
  let waiting = 0;
  let heartbeat: (() => void) | null = null;
  let answered = true;
  let ended = false;
  let established = false;
  let progress = false;
  let interrupted = false;
  let asked: { waitMs: number } | null = null;
  let failure: { error: unknown } | null = null;
  /** Short name of the session in the ids of its events. */
  let sessionName = nameOf(state.session()?.id ?? "");

  const cancelHello = clock.after(helloWithinMs, () => socket.close(closeKeepingSession));
  const onAbort = () => socket.close(closeKeepingSession);
  const socket = openGatewaySocket({ url: options.url, clock, onPayload, onEnd });
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  return promise;

  function onEnd(code: number, reason: string): void {
    if (ended) return;
    ended = true;
    cancelHello();
    heartbeat?.();
    signal.removeEventListener("abort", onAbort);
    life.abort(new Error("the connection ended"));
    if (sessionEnding.has(code)) state.setSession(null);
    void chain.then(() =>
      resolve(
        failure
          ? { kind: "not-stored", error: failure.error }
          : {
              kind: "closed",
              code,
              reason,
              asked: asked !== null,
              waitMs: asked?.waitMs ?? 0,
              established,
              progress,
            },
      ),
    );
  }

  function onPayload(payload: Payload): void {
    switch (payload.op) {
      case op.hello:
        return hello(payload.d);
      case op.heartbeat:
        return beat();
      case op.heartbeatAck:
        answered = true;
        return established ? context.proved("receive") : undefined;
      case op.reconnect:
        asked = { waitMs: 0 };
        return socket.close(closeKeepingSession);
      case op.invalidSession:
        // Discord wants clients not to come back in step.
        asked = { waitMs: 1000 + Math.random() * 4000 };
        if (payload.d !== true) state.setSession(null);
        return socket.close(closeKeepingSession);
      case op.dispatch:
        return dispatch(payload);
      default:
    }
  }

  function hello(data: unknown): void {
    const interval = isObject(data) ? Number(data["heartbeat_interval"]) : Number.NaN;
    if (heartbeat || !(interval >= 1000)) return;
    cancelHello();
    const next = (ms: number) => {
      heartbeat = clock.after(ms, () => {
        if (!answered) {
          logger.info("the gateway no longer answers; connecting anew");
          return socket.close(closeKeepingSession);
        }
        answered = false;
        beat();
        next(interval);
      });
    };
    next(interval * Math.random());
    const session = state.session();
    socket.send(
      session
        ? { op: op.resume, d: { token: settings.token, session_id: session.id, seq: session.seq } }
        : { op: op.identify, d: identity() },
    );
  }

  function identity() {
    const { token, presence, activity } = settings;
    return {
      token,
      intents: intentsOf(settings),
      properties: { os: process.platform, browser: "openclaw", device: "openclaw" },
      // Of large servers only who is there is told, and not even that is asked for.
      large_threshold: 50,
      presence: {
        status: presence,
        afk: false,
        since: null,
        // A custom status: the words and nothing before them.
        activities: activity === "" ? [] : [{ type: 4, name: "Custom Status", state: activity }],
      },
    };
  }

  function beat(): void {
    // What was dealt with, not what came: Discord may let go of what it was told has arrived.
    socket.send({ op: op.heartbeat, d: state.session()?.seq ?? null });
  }

  function dispatch({ t: name, d: data, s: seq }: Payload): void {
    if (name === null || ended) return;
    if (waiting >= mostWaiting) return socket.close(closeKeepingSession);
    waiting += 1;
    chain = chain.then(async () => {
      waiting -= 1;
      if (interrupted || signal.aborted) return;
      try {
        await take(name, data, seq);
      } catch (error) {
        // What comes after an event that was not dealt with comes again, too.
        interrupted = true;
        if (signal.aborted || ended) return;
        failure = { error };
        socket.close(closeKeepingSession);
      }
    });
  }

  async function take(name: string, data: unknown, seq: number | null): Promise<void> {
    if (name === "READY") {
      const ready = data as WireReady;
      sessionName = nameOf(ready.session_id);
      // It hears: reading what was missed may take longer than silence is put up with.
      established = true;
      context.proved("receive");
      // The session counts from here on only: what was missed before it has to be there first.
      await options.onReady(ready, within);
      state.setSession({ id: ready.session_id, url: ready.resume_gateway_url, seq: seq ?? 1 });
      stands("new");
      return;
    }
    if (name === "RESUMED") stands("resumed");
    else {
      await options.onEvent({ name, data, id: `${sessionName}:${seq ?? 0}` }, within);
      progress = true;
    }
    if (seq !== null) state.dealtWith(seq);
  }

  function stands(how: Connected): void {
    established = true;
    context.proved("receive");
    options.connected(how);
  }
}

function nameOf(sessionId: string): string {
  return createHash("sha256").update(sessionId).digest("hex").slice(0, 12);
}
