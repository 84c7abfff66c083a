import { WebSocket, type RawData } from "ws";
import type { Clock } from "../../core/clock.ts";
import { UserError } from "../../core/errors.ts";
import { isObject, type JsonObject } from "../../core/json.ts";
import type { DiscordSettings } from "./settings.ts";

/** One payload of the gateway. */
export interface Payload {
  op: number;
  d: unknown;
  s: number | null;
  t: string | null;
}

export interface GatewaySocket {
  send(payload: JsonObject): void;
  /** Ends the connection, waiting a moment for the other side's farewell. Idempotent. */
  close(code: number): void;
}

const openWithinMs = 15_000;
const farewellMs = 2000;
/** A server with thousands of channels tells of all of them in one payload. */
const maxPayload = 32 * 1024 * 1024;

/**
 * Opens a connection to the gateway. `onEnd` is called once, with the code it was closed with, or 1006 and what went
 * wrong. Nothing of what `ws` does by the wall clock is used.
 */
export function openGatewaySocket(options: {
  url: string;
  clock: Clock;
  onPayload: (payload: Payload) => void;
  onEnd: (code: number, reason: string) => void;
}): GatewaySocket {
  const { url, clock, onPayload, onEnd } = options;
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload, followRedirects: false });
  let problem = "";
  let ended = false;
  const cancelOpening = clock.after(openWithinMs, () => {
    problem ||= "the gateway did not answer in time";
    socket.terminate();
  });
  let cancelFarewell: (() => void) | null = null;

  const end = (code: number, reason: string) => {
    if (ended) return;
    ended = true;
    cancelOpening();
    cancelFarewell?.();
    onEnd(code, reason);
  };
  socket.on("open", cancelOpening);
  socket.on("message", (data: RawData) => {
    if (ended) return;
    const payload = parse(data);
    if (payload) onPayload(payload);
  });
  socket.on("error", (error) => {
    problem ||= error.message;
    socket.terminate();
  });
  socket.on("close", (code, reason) =>
    end(code, problem || reason.toString("utf8").slice(0, 200) || `closed with ${code}`),
  );

  return {
    send(payload) {
      // What a closing socket does not take is told by its end.
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(payload), () => undefined);
    },
    close(code) {
      if (ended || cancelFarewell) return;
      cancelFarewell = clock.after(farewellMs, () => {
        socket.terminate();
        end(1006, "the other side said no farewell");
      });
      if (socket.readyState === WebSocket.OPEN) socket.close(code);
      else socket.terminate();
    },
  };
}

function parse(data: RawData): Payload | null {
  const text = Array.isArray(data)
    ? Buffer.concat(data).toString("utf8")
    : data instanceof ArrayBuffer
      ? Buffer.from(data).toString("utf8")
      : data.toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || typeof value["op"] !== "number") return null;
  return {
    op: value["op"],
    d: value["d"],
    s: typeof value["s"] === "number" ? value["s"] : null,
    t: typeof value["t"] === "string" ? value["t"] : null,
  };
}

/**
 * The address to connect to. Discord's own gateways are below discord.gg and encrypted, whose certificate no private
 * host has; those of a configured `apiRoot` are on its host. Anything else is refused.
 */
export function gatewayAddress(raw: string, settings: Pick<DiscordSettings, "official" | "apiRoot">): string {
  const url = URL.canParse(raw) ? new URL(raw) : null;
  const fits =
    url &&
    url.username === "" &&
    url.password === "" &&
    (settings.official
      ? url.protocol === "wss:" && /(?:^|\.)discord\.gg$/.test(url.hostname)
      : /^wss?:$/.test(url.protocol) && url.hostname === new URL(settings.apiRoot).hostname);
  if (!fits)
    throw new UserError("DIAL_REFUSED", `"${raw.slice(0, 100)}" is no gateway of Discord's`, {
      hint: "openclaw config get channels.discord.apiRoot",
    });
  url.searchParams.set("v", "10");
  url.searchParams.set("encoding", "json");
  return url.href;
}
