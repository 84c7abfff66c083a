import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { sign } from "../../src/channels/webhook/signature.ts";

export type DoorName = "chat.send" | "agent" | "responses" | "webhook" | "change";
export const doorNames: readonly DoorName[] = ["chat.send", "agent", "responses", "webhook", "change"];
/** Where `change` takes messages back: nobody else writes there, so that it finds the session at rest now and then. */
export const changedSession = "changes";

export interface Message {
  /** Idempotency key or platform id; the same on every try. */
  key: string;
  door: DoorName;
  session: string;
  token: string;
  text: string;
}

export interface DoorOptions {
  port: number;
  token: string;
  secret: string;
}

/** Resolves true when the gateway has said that it accepted the message; false when it said no or said nothing. */
export function send(message: Message, options: DoorOptions): Promise<boolean> {
  if (message.door === "responses") return sendResponses(message, options);
  if (message.door === "webhook") return sendWebhook(message, options);
  return sendRpc(message, options);
}

async function sendRpc(message: Message, options: DoorOptions): Promise<boolean> {
  const socket = new WebSocket(`ws://127.0.0.1:${options.port}/`);
  try {
    return await new Promise<boolean>((resolve) => {
      const give = setTimeout(() => resolve(false), 8000);
      const end = (accepted: boolean) => {
        clearTimeout(give);
        resolve(accepted);
      };
      const ask = (replaces: string | null) => {
        const params = {
          sessionKey: message.session,
          message: message.text,
          idempotencyKey: message.key,
          ...(message.door === "agent" ? { deliver: false } : {}),
          ...(replaces === null ? {} : { replaces }),
        };
        const method = message.door === "agent" ? "agent" : "chat.send";
        socket.send(JSON.stringify({ type: "req", id: "m", method, params }));
      };
      socket.on("error", () => end(false));
      socket.on("close", () => end(false));
      socket.on("message", (data: Buffer) => {
        const frame = JSON.parse(data.toString("utf8")) as {
          type: string;
          event?: string;
          id?: string;
          ok?: boolean;
          payload?: { runId?: string; messages?: Array<{ role: string; id: string }> };
        };
        if (frame.event === "connect.challenge") {
          socket.send(
            JSON.stringify({
              type: "req",
              id: "c",
              method: "connect",
              params: {
                minProtocol: 3,
                maxProtocol: 3,
                client: { id: "test", mode: "test", version: "1", platform: "linux" },
                role: "operator",
                scopes: ["operator.admin"],
                auth: { token: options.token },
              },
            }),
          );
        } else if (frame.type === "res" && frame.id === "c") {
          if (!frame.ok) return end(false);
          if (message.door !== "change") return ask(null);
          const params = { sessionKey: message.session, limit: 40 };
          socket.send(JSON.stringify({ type: "req", id: "h", method: "chat.history", params }));
        } else if (frame.type === "res" && frame.id === "h") {
          // One of its last messages; the first of a conversation replaces nothing.
          const said = frame.payload?.messages?.filter(({ role }) => role === "user") ?? [];
          ask(said[Number.parseInt(message.key.slice(0, 6), 16) % Math.max(1, said.length)]?.id ?? null);
        } else if (frame.type === "res" && frame.id === "m") end(frame.ok === true);
      });
    });
  } finally {
    socket.terminate();
  }
}

/** The whole answer is awaited: this door acknowledges only by answering, and a repeat with the same key must not run twice. */
async function sendResponses(message: Message, options: DoorOptions): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${options.port}/v1/responses`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${options.token}`,
        "content-type": "application/json",
        "idempotency-key": message.key,
        "x-openclaw-session-key": message.session,
      },
      body: JSON.stringify({ model: "openclaw:main", input: message.text }),
      signal: AbortSignal.timeout(8000),
    });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}

async function sendWebhook(message: Message, options: DoorOptions): Promise<boolean> {
  const body = Buffer.from(
    JSON.stringify({ id: message.key, sender: { id: message.session }, text: message.text, ts: Date.now() }),
  );
  try {
    const response = await fetch(`http://127.0.0.1:${options.port}/channels/webhook/default`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-openclaw-signature": sign(options.secret, body, Date.now()),
      },
      body,
      signal: AbortSignal.timeout(8000),
    });
    await response.text();
    return response.status === 202;
  } catch {
    return false;
  }
}

export const newKey = (): string => randomUUID();
