import { WebSocket, type RawData } from "ws";
import type { Clock } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import { count, fields, type Fields, text } from "../shared/index.ts";

/** Why a connection is of no more use. */
export type SocketEnd =
  | { kind: "closed"; message: string }
  /** Slack will close it soon: a new one first, then nothing is missed. */
  | { kind: "refresh" }
  /** Socket Mode was switched off in the app's settings. */
  | { kind: "disabled" };

/** One connection of Socket Mode. */
export interface SlackSocket {
  /** Connections of this app, ours included, when this one began. */
  readonly connections: number | undefined;
  /** Settles once, never rejects. */
  readonly over: Promise<SocketEnd>;
  isOpen(): boolean;
  acknowledge(envelopeId: string): void;
  /** Idempotent. */
  close(): void;
}

const helloTimeoutMs = 20_000;
const pingEveryMs = 30_000;
const pongTimeoutMs = 10_000;
const maxFrameBytes = 4 * 1024 * 1024;

/**
 * Connects to an address of `apps.connections.open`; resolves when Slack has said hello. Own pings prove that the
 * connection carries something, by the injected clock: the library of Slack keeps timers of its own and cannot be
 * simulated. Rejects when there is no hello.
 */
export function openSocket(options: {
  url: string;
  clock: Clock;
  signal: AbortSignal;
  onEnvelope: (envelope: Fields) => void;
  /** Something came: the connection lives. */
  onProof: () => void;
}): Promise<SlackSocket> {
  const { clock, signal } = options;
  const { promise: over, resolve: end } = Promise.withResolvers<SocketEnd>();
  const socket = new WebSocket(options.url, { maxPayload: maxFrameBytes, followRedirects: false });
  let open = false;
  let cancelTimer = () => {};

  const finish = (reason: SocketEnd) => {
    open = false;
    cancelTimer();
    signal.removeEventListener("abort", stop);
    socket.terminate();
    end(reason);
  };
  const stop = () => finish({ kind: "closed", message: "stopped" });
  const within = (ms: number, what: string) => {
    cancelTimer();
    cancelTimer = clock.after(ms, () => finish({ kind: "closed", message: what }));
  };
  const pingLater = () => {
    cancelTimer();
    cancelTimer = clock.after(pingEveryMs, () => {
      socket.ping();
      within(pongTimeoutMs, "Slack did not answer a ping");
    });
  };

  return new Promise<SlackSocket>((resolve, reject) => {
    if (signal.aborted) {
      stop();
      return reject(new Error("stopped"));
    }
    signal.addEventListener("abort", stop, { once: true });
    within(helloTimeoutMs, "Slack said no hello");
    over.then(
      (reason) => reject(new Error(reason.kind === "closed" ? reason.message : `Slack said ${reason.kind}`)),
      () => undefined,
    );
    socket.on("error", (error) => finish({ kind: "closed", message: messageOf(error) }));
    socket.on("close", (code) =>
      finish({ kind: "closed", message: `Slack closed the connection (${code})` }),
    );
    socket.on("pong", () => {
      if (!open) return;
      options.onProof();
      pingLater();
    });
    socket.on("message", (data) => {
      const frame = frameOf(data);
      const type = text(frame["type"]);
      if (type === "hello") {
        open = true;
        options.onProof();
        pingLater();
        resolve({
          connections: count(frame["num_connections"]),
          over,
          isOpen: () => open,
          acknowledge(envelopeId) {
            if (socket.readyState === WebSocket.OPEN)
              socket.send(JSON.stringify({ envelope_id: envelopeId }));
          },
          close: () => finish({ kind: "closed", message: "closed by us" }),
        });
      } else if (type === "disconnect") {
        // The connection stays usable for some seconds, which is what a warning is for.
        if (text(frame["reason"]) === "link_disabled") finish({ kind: "disabled" });
        else end({ kind: "refresh" });
      } else if (text(frame["envelope_id"]) !== "") options.onEnvelope(frame);
    });
  });
}

function frameOf(data: RawData): Fields {
  try {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
    return fields(JSON.parse(bytes.toString("utf8")));
  } catch {
    // Nothing that can be acted upon; the next frame is another.
    return {};
  }
}
