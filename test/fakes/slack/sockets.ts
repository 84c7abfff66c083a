import type { IncomingMessage, Server } from "node:http";
import { WebSocketServer, type WebSocket } from "ws";
import type { Envelope, Platform } from "./platform.ts";

/** An event that waits to be acknowledged. */
interface Due {
  envelope: Envelope;
  attempt: number;
  acknowledged: boolean;
  copies: number;
}

const answerWithinMs = 3000;
/** After so long the second, third and fourth try follow; then the event is forgotten. */
const triesAfterMs = [0, 60_000, 300_000];

/** Socket Mode: connections, envelopes, what is sent again and what is forgotten. */
export function createSockets(platform: Platform) {
  const { clock } = platform;
  const wire = new WebSocketServer({ noServer: true, autoPong: false });
  const open = new Set<WebSocket>();
  const mute = new WeakSet<WebSocket>();
  const waiting = new Map<string, Due>();
  const tickets = new Set<string>();
  const state = { slowMs: 0, others: 0, repeats: 0, number: 0, turn: 0 };

  const later = (task: () => void) => {
    if (state.slowMs > 0) clock.after(state.slowMs, task);
    else task();
  };
  function say(socket: WebSocket, frame: unknown): void {
    later(() => {
      if (!mute.has(socket) && socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
    });
  }

  function accept(socket: WebSocket): void {
    open.add(socket);
    socket.on("error", () => socket.terminate());
    socket.on("close", () => open.delete(socket));
    socket.on("ping", (data) =>
      later(() => {
        if (!mute.has(socket) && socket.readyState === socket.OPEN) socket.pong(data);
      }),
    );
    socket.on("message", (data) => {
      if (mute.has(socket)) return;
      const { envelope_id: id } = JSON.parse((data as Buffer).toString("utf8")) as { envelope_id?: string };
      later(() => {
        const due = waiting.get(id ?? "");
        if (due) due.acknowledged = true;
        waiting.delete(id ?? "");
      });
    });
    say(socket, {
      type: "hello",
      num_connections: open.size + state.others,
      connection_info: { app_id: "A0APP0001" },
      debug_info: { host: "double", approximate_connection_time: 18_060 },
    });
  }

  function deliver(due: Due): void {
    const sockets = [...open].filter((socket) => socket.readyState === socket.OPEN);
    const socket = sockets[state.turn++ % Math.max(1, sockets.length)];
    const id = `envelope-${++state.number}`;
    waiting.set(id, due);
    if (socket)
      say(socket, {
        envelope_id: id,
        type: due.envelope.type,
        payload: due.envelope.payload,
        accepts_response_payload: due.envelope.type !== "events_api",
        ...(due.attempt > 0 ? { retry_attempt: due.attempt, retry_reason: "timeout" } : {}),
      });
    clock.after(answerWithinMs, () => {
      waiting.delete(id);
      const wait = triesAfterMs[due.attempt];
      // What a person does by hand is not sent again.
      if (due.acknowledged || wait === undefined || due.envelope.type !== "events_api") return;
      due.attempt += 1;
      clock.after(wait, () => {
        if (!due.acknowledged) deliver(due);
      });
    });
  }

  platform.onEvent((envelope) => {
    const due: Due = { envelope, attempt: 0, acknowledged: false, copies: 1 };
    deliver(due);
    if (state.repeats > 0) {
      state.repeats -= 1;
      deliver({ ...due });
    }
  });

  return {
    attach(server: Server): void {
      server.on("upgrade", (request: IncomingMessage, socket, head) => {
        const ticket = new URL(request.url ?? "", "ws://x").searchParams.get("ticket") ?? "";
        if (!tickets.delete(ticket)) return void socket.destroy();
        wire.handleUpgrade(request, socket, head, accept);
      });
    },
    ticket(): string {
      const ticket = `ticket-${++state.number}`;
      tickets.add(ticket);
      return ticket;
    },
    slow: (ms: number) => void (state.slowMs = ms),
    repeat: (times: number) => void (state.repeats = times),
    halfOpen(): void {
      for (const socket of open) mute.add(socket);
    },
    /** Slack replaces connections now and then. */
    refresh(reason: "warning" | "refresh_requested" = "refresh_requested"): void {
      for (const socket of open) {
        say(socket, { type: "disconnect", reason, debug_info: { host: "double" } });
        clock.after(10_000, () => socket.close());
      }
    },
    /** Another program connects with the same app. */
    others(count: number): void {
      state.others = count;
      this.refresh();
    },
    endAll(): void {
      for (const socket of open) socket.terminate();
    },
    count: () => open.size,
  };
}
