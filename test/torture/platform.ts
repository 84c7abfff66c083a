import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { verify } from "../../src/channels/webhook/signature.ts";
import type { Random } from "./random.ts";

export interface PlatformMessage {
  key: string;
  to: string;
  text: string;
}

/**
 * The other side of the webhook channel: a platform that drops repeats by idempotency key, answers slowly, fails, and
 * sometimes takes a message and dies before it answers.
 */
export interface FakePlatform {
  url: string;
  /** Messages people would see: one per key, in order of arrival. */
  shown: PlatformMessage[];
  /** Requests that repeated a key. */
  repeats: number;
  close(): Promise<void>;
}

export async function startFakePlatform(options: { secret: string; random: Random }): Promise<FakePlatform> {
  const seen = new Set<string>();
  const platform: FakePlatform = { url: "", shown: [], repeats: 0, close: () => Promise.resolve() };
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const body = Buffer.concat(parts);
      const signature = String(request.headers["x-openclaw-signature"] ?? "");
      if (!verify(options.secret, signature, body, Date.now())) return void response.writeHead(401).end();
      if (options.random.chance(0.05)) return void response.writeHead(503, { "retry-after": "1" }).end();
      const key = String(request.headers["idempotency-key"]);
      if (seen.has(key)) platform.repeats++;
      else {
        seen.add(key);
        const { to, text } = JSON.parse(body.toString("utf8")) as PlatformMessage;
        platform.shown.push({ key, to, text });
      }
      if (options.random.chance(0.05)) return void request.socket.destroy();
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ messageId: `p-${key}` }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  platform.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/in`;
  platform.close = () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return platform;
}
