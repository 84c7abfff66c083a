import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { sign } from "../../src/channels/webhook/signature.ts";

export type DoorName = "chat.send" | "agent" | "responses" | "webhook";
export const doorNames: readonly DoorName[] = ["chat.send", "agent", "responses", "webhook"];

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
      socket.on("error", () => end(false));
      socket.on("close", () => end(false));
      socket.on("message", (data: Buffer) => {
        const frame = JSON.parse(data.toString("utf8")) as {
          type: string;
          event?: string;
          id?: string;
          ok?: boolean;
          payload?: { runId?: string };
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
          const params =
            message.door === "chat.send"
              ? { sessionKey: message.session, message: message.text, idempotencyKey: message.key }
              : {
                  sessionKey: message.session,
                  message: message.text,
                  idempotencyKey: message.key,
                  deliver: false,
                };
          socket.send(JSON.stringify({ type: "req", id: "m", method: message.door, params }));
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
