import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Random } from "../random.ts";
import type { PlainKind } from "./plain-channel.ts";

interface Shown {
  key: string;
  to: string;
  text: string;
  messageId: string;
}

/** One platform with its people: it fails, dawdles, tells things twice, and takes messages without saying so. */
export interface PlainPlatform {
  kind: PlainKind;
  url: string;
  /** What people see, in order; edits change it in place. */
  shown: Shown[];
  /** Sends whose answer was lost on purpose, and repeats that were dropped. */
  lostAnswers: number;
  dropped: number;
  /** Somebody writes. */
  say(message: { id: string; from: string; text: string }): void;
  /** Messages nobody has acknowledged yet. */
  waiting(): number;
  /** From now on everything works. */
  calm(): void;
  close(): Promise<void>;
}

const pollMs = 200;

export async function startPlainPlatform(kind: PlainKind, random: Random): Promise<PlainPlatform> {
  const shown: Shown[] = [];
  const inbox: Array<{ id: string; from: string; text: string }> = [];
  let wild = true;
  let wake = () => {};
  const chance = (probability: number) => wild && random.chance(probability);

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://x");
    const answer = (status: number, body: unknown) =>
      void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (url.pathname === "/sent") {
      if (chance(0.05)) return answer(500, {});
      const found = shown.find(({ key }) => key === url.searchParams.get("key"));
      return found ? answer(200, { messageId: found.messageId }) : answer(404, {});
    }
    const body = await readJson(request);
    if (url.pathname === "/updates") return answer(200, await updates(body as { done: string[] }));
    const sent = body as { key: string; to: string; text: string; messageId?: string };
    if (chance(0.05)) return answer(503, {});
    if (chance(0.1)) await new Promise((resolve) => setTimeout(resolve, random.int(20, 200)));
    const messageId = take(sent);
    if (chance(0.06)) {
      platform.lostAnswers++;
      return void request.socket.destroy();
    }
    return messageId === null ? answer(404, {}) : answer(200, { messageId });
  }

  function take({ key, to, text, messageId }: { key: string; to: string; text: string; messageId?: string }) {
    const earlier = shown.find((each) =>
      messageId === undefined ? kind === "dedupes" && each.key === key : each.messageId === messageId,
    );
    if (messageId !== undefined) {
      if (earlier) earlier.text = text;
      return earlier?.messageId ?? null;
    }
    if (earlier) {
      platform.dropped++;
      return earlier.messageId;
    }
    const made = `m${shown.length + 1}`;
    shown.push({ key, to, text, messageId: made });
    return made;
  }

  async function updates({ done }: { done: string[] }): Promise<unknown[]> {
    for (const id of done) {
      const at = inbox.findIndex((each) => each.id === id);
      if (at >= 0) inbox.splice(at, 1);
    }
    if (inbox.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, pollMs);
      });
    const batch = inbox.slice(0, 10);
    // A platform may tell the same thing twice in one breath.
    return chance(0.1) ? [...batch, ...batch.slice(0, 1)] : batch;
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const platform: PlainPlatform = {
    kind,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    shown,
    lostAnswers: 0,
    dropped: 0,
    say(message) {
      inbox.push(message);
      wake();
    },
    waiting: () => inbox.length,
    calm: () => void (wild = false),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return platform;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString("utf8"));
}
